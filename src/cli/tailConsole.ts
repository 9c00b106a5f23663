/** The console of `tail`: its flags, and the server over what is followed. */
import { Clock, Effect, Layer, Option, Result } from "effect"
import { Flag } from "effect/cli"
import * as setting from "../setting.ts"
import type { Actions } from "../console/Actions.ts"
import { type Address, isLoopback, parse, urlOf } from "../console/Address.ts"
import { definitionOf } from "../console/definition.ts"
import type { Opened } from "../console/open.ts"
import type * as Table from "../define/Table.ts"
import type { Deliver } from "../pipeline/following.ts"
import { StoredDocuments } from "../maintain/StoredDocuments.ts"
import { Sink } from "../sink/Sink.ts"
import { Transport } from "../sink/opensearch/Transport.ts"
import type { Progress } from "../source/stream/Progress.ts"
import { Failure } from "./Failure.ts"
import { aliasPrefix } from "./openSearch.ts"
import { layerScan } from "./stream.ts"
import { say } from "./terminal.ts"
import { version } from "./version.ts"

const http = Flag.String("http").pipe(
  Flag.withMetavar("address"),
  Flag.withDescription(
    "Serve a page, /live, /ready and /metrics there, such as 127.0.0.1:9464; an address that others reach needs " +
      "TABLEFOLD_HTTP_TOKEN (default: serve nothing)"
  ),
  Flag.optional
)

const showData = Flag.Boolean("show-data").pipe(
  Flag.withoutNegation,
  Flag.withDescription("Show on the page what rows and documents hold, and let it search (default: keys alone)"),
  Flag.withDefault(false)
)

export const flags = { http, showData }

export interface Options {
  readonly tableName: string
  readonly memory: boolean
  readonly endpoint: Option.Option<string>
  readonly http: Option.Option<string>
  readonly showData: boolean
}

/** The ways in which following tells the console what happens. */
export interface Watching {
  readonly watch: (deliver: Deliver) => Deliver
  readonly report: (progress: Progress) => Effect.Effect<void>
}

const unwatched: Watching = { watch: (deliver) => deliver, report: () => Effect.void }

/** Serves where `--http` says, until the scope closes. */
export const serveFor = Effect.fnUntraced(function* (table: Table.Table, options: Options) {
  if (Option.isNone(options.http)) {
    if (options.showData) return yield* new Failure({ message: "--show-data is for the page of --http: give both" })
    return unwatched
  }
  const { address, token } = yield* addressOf(options.http.value)
  // Programs that serve nothing need not load it.
  const [{ open }, { load }, { serve }, { followDocuments, problemOf, sinkProblem, watched }] = yield* Effect.promise(
    () =>
      Promise.all([
        import("../console/open.ts"),
        import("../console/page.ts"),
        import("../console/server.ts"),
        import("../console/watch.ts")
      ])
  )
  const prefix = options.memory ? "" : yield* aliasPrefix
  const opened = yield* open({
    about: {
      version,
      program: "tail",
      canEdit: false,
      showsData: options.showData,
      table: options.tableName,
      tableTitle: "DynamoDB",
      searchTitle: options.memory ? "memory" : "OpenSearch"
    },
    table,
    definition: definitionOf(table, { revision: 1, file: undefined, aliasPrefix: prefix }),
    knowsAll: false
  })
  yield* followDocuments(opened, table)
  const actions = yield* actionsOf(opened, table, prefix, options)
  const problem = yield* problemOf(opened, Effect.provideService(sinkProblem(table), Sink, yield* Sink))
  const served = yield* Effect.mapError(
    serve({ address, token, page: yield* load, ...opened, actions, problem }),
    ({ message }) => new Failure({ message })
  )
  say(`serving ${urlOf(served)}`)
  const report = (progress: Progress) => Effect.map(Clock.currentTimeMillis, (now) => opened.view.note(progress, now))
  return { watch: watched(opened), report } satisfies Watching
})

/** The address of `--http`, and the token that it needs. */
export const addressOf = Effect.fnUntraced(function* (
  text: string
): Effect.fn.Return<{ readonly address: Address; readonly token: string | undefined }, Failure | setting.SettingError> {
  const address = parse(text)
  if (Result.isFailure(address)) return yield* new Failure({ message: address.failure })
  const token = yield* setting.text("TABLEFOLD_HTTP_TOKEN")
  if (token === undefined && !isLoopback(address.success.host)) {
    return yield* new Failure({ message: `others reach ${text}, so it needs a token: set TABLEFOLD_HTTP_TOKEN` })
  }
  return { address: address.success, token }
})

const statusEvery = "15 seconds"

/** The deeds of a page where it must not change anything. */
const actionsOf = Effect.fnUntraced(function* (
  { feed, view }: Opened,
  table: Table.Table,
  prefix: string,
  { endpoint, memory, showData, tableName }: Options
) {
  const none: Actions = {
    edit: undefined,
    search: undefined,
    explain: undefined,
    break: undefined,
    prove: undefined,
    redrive: undefined
  }
  const stored = yield* Effect.serviceOption(StoredDocuments)
  const transport = yield* Effect.serviceOption(Transport)
  if (memory || Option.isNone(stored) || Option.isNone(transport)) return none
  const { explain, generations, search } = yield* Effect.promise(() => import("../console/reading.ts"))
  const sink = yield* Sink
  const look = Effect.suspend(() => (feed.readers() === 0 ? Effect.void : Effect.ignore(status)))
  const status = Effect.map(generations(table, prefix), (all) => view.set({ generations: all })).pipe(
    Effect.provideService(Transport, transport.value)
  )
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(look, Effect.sleep(statusEvery))))
  const scan = yield* layerScan(Option.getOrUndefined(endpoint))
  const context = yield* Layer.build(scan)
  return {
    ...none,
    search: showData ? (request) => Effect.provideService(search(table, request), Sink, sink) : undefined,
    explain: (request) =>
      explain(table, tableName, request, showData).pipe(
        Effect.provideService(StoredDocuments, stored.value),
        Effect.provideContext(context)
      )
  } satisfies Actions
})
