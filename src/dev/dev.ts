/** Rows becoming documents while a definition is written: servers, a page, and each definition that is saved. */
import { Clock, Context, Effect, FileSystem, Layer, Path, Result, Schedule, type Scope } from "effect"
import { addressOf } from "../cli/tailConsole.ts"
import { Failure } from "../cli/Failure.ts"
import { say } from "../cli/terminal.ts"
import { version } from "../cli/version.ts"
import { ActionError, type Actions } from "../console/Actions.ts"
import { urlOf } from "../console/Address.ts"
import { definitionOf } from "../console/definition.ts"
import { open, type Opened } from "../console/open.ts"
import type * as requests from "../console/requests.ts"
import { load } from "../console/page.ts"
import * as reading from "../console/reading.ts"
import { serve } from "../console/server.ts"
import { problemOf } from "../console/watch.ts"
import type * as Table from "../define/Table.ts"
import { Transport } from "../sink/opensearch/Transport.ts"
import type { Attributes } from "../source/Change.ts"
import * as Checkpoints from "../source/stream/Checkpoints.ts"
import { items, tellDocuments } from "./beginning.ts"
import * as breaking from "./breaking.ts"
import { type Chosen, choose, type Options as ChooseOptions } from "./choose.ts"
import * as definitionFile from "./definitionFile.ts"
import { edit } from "./editing.ts"
import * as Follower from "./Follower.ts"
import { ofFile } from "./items.ts"
import { countedOf, prove, redrive } from "./proving.ts"

export interface Options extends ChooseOptions {
  readonly file: string
  /** The address of the page. Defaults to port 4680 of this machine, or to another where that is taken. */
  readonly http: string | undefined
  readonly seed: string | undefined
  /** Writes rows into a table that is new, once it is followed. Defaults to nothing. */
  readonly onNew?: ((write: Write) => Effect.Effect<void, ActionError>) | undefined
}

type Write = (request: requests.EditRequest) => Effect.Effect<unknown, ActionError>

/** Runs until it is interrupted. */
export const dev = Effect.fnUntraced(function* (options: Options) {
  const { address, token } = yield* addressOf(options.http ?? httpDefault)
  const definition = yield* definitionFile.open(options.file)
  const seeds = options.seed === undefined ? [] : yield* seedsOf(options.seed)
  const place = yield* choose(definition.table, options)
  const { index, rows } = place
  const opened = yield* open({
    about: {
      version,
      program: "dev",
      canEdit: place.canEdit,
      showsData: true,
      table: rows.tableName,
      tableTitle: rows.title,
      searchTitle: index.title
    },
    table: definition.table,
    definition: definitionOf(definition.table, { revision: 0, file: options.file, aliasPrefix: index.aliasPrefix }),
    knowsAll: true
  })
  for (const item of seeds) yield* Effect.mapError(rows.put(item), failure)
  const follower = yield* following(place, opened, options)
  const actions = yield* actionsOf(place, opened, follower)
  const problem = yield* problemOf(opened, follower.problem)
  const page = yield* load
  const served = yield* serve({ address, token, page, ...opened, actions, problem }).pipe(
    Effect.catch((error) =>
      options.http === undefined
        ? serve({ address: { ...address, port: 0 }, token, page, ...opened, actions, problem })
        : Effect.fail(error)
    ),
    Effect.mapError(failure)
  )
  say(`Table ${rows.tableName} in ${rows.title} → ${index.title}`)
  say(`Look at ${urlOf(served)}`)
  yield* follower.use(definition.table)
  yield* definition.onSave((saved) => takeUp(saved, follower, opened))
  const write: Write = (request) => edit(opened, rows, definition.table, request)
  if (place.isNew) yield* Effect.mapError(options.onNew?.(write) ?? Effect.void, failure)
  yield* Effect.never
}, Effect.scoped)

const httpDefault = "127.0.0.1:4680"

const failure = ({ message }: { readonly message: string }) => new Failure({ message })

const following = Effect.fnUntraced(function* (
  place: Chosen,
  opened: Opened,
  { file, folder, isMemory, isFresh }: Options
): Effect.fn.Return<Follower.Follower, Failure, Scope.Scope | FileSystem.FileSystem | Path.Path> {
  const path = yield* Path.Path
  const checkpoint = path.join(folder, "checkpoint.json")
  const isKept = !isMemory && place.rows.title !== "memory"
  const files = yield* FileSystem.FileSystem
  if (isKept && (isFresh || place.isNew)) yield* Effect.ignore(files.remove(checkpoint))
  const checkpoints = isKept ? Checkpoints.layerFile(checkpoint) : Checkpoints.layerMemory
  const sources: Context.Context<Follower.Sources> = yield* Layer.build(Layer.merge(place.rows.layer, checkpoints))
  let revision = 0
  const show: Follower.Options["show"] = (table, changes, context) =>
    Effect.gen(function* () {
      const { aliasPrefix } = place.index
      const definition = definitionOf(table, { revision: ++revision, file, aliasPrefix, changes })
      const rows = yield* items(place.rows.tableName)
      opened.view.define(table, definition, rows)
      yield* tellDocuments(opened, table, rows)
    }).pipe(Effect.provide(context))
  return yield* Follower.make({ place, opened, sources, show })
})

/** OpenSearch may be away just now, stopped by the page or by somebody. */
const whileAway = {
  while: (error: { readonly _tag: string; readonly reason?: unknown }) =>
    error._tag === "SinkError" && (error.reason as { readonly isRetryable: boolean }).isRetryable,
  schedule: Schedule.spaced("2 seconds"),
  times: 30
}

/** Takes a saved definition up, and says what it changes; what can't be taken leaves the one before. */
const takeUp = Effect.fnUntraced(function* (
  saved: Result.Result<Table.Table, Failure>,
  follower: Follower.Follower,
  { view }: Opened
) {
  const refuse = (message: string) => {
    say(`the definition is not taken up: ${message}`)
    view.noteProblem(message)
  }
  if (Result.isFailure(saved)) return refuse(saved.failure.message)
  const before = follower.current()?.table
  const next = saved.success
  if (before !== undefined && before.keyNames.join() !== next.keyNames.join()) {
    return refuse(`the table has the keys ${before.keyNames.join(", ")}; make it anew with --fresh`)
  }
  const used = yield* follower.use(next).pipe(Effect.retry(whileAway), Effect.result)
  if (Result.isFailure(used)) return refuse(used.failure.message)
  const changes = used.success
  const text = changes.length === 0 ? "nothing changes in the mappings" : changes.join("; ")
  say(`the definition is taken up: ${text}`)
  view.notice(`The definition is taken up: ${text}.`, yield* Clock.currentTimeMillis)
})

const actionsOf = Effect.fnUntraced(function* (
  place: Chosen,
  opened: Opened,
  follower: Follower.Follower
): Effect.fn.Return<Actions, never, Scope.Scope> {
  const { tableName } = place.rows
  const now = <A>(deed: (current: Follower.Current) => Effect.Effect<A, ActionError>) =>
    Effect.suspend(() => {
      const current = follower.current()
      if (current !== undefined) return deed(current)
      return Effect.fail(new ActionError({ message: "the documents are made anew: try again" }))
    })
  const { feed, view } = opened
  const { transport } = place.index
  const look = Effect.suspend(() => {
    const current = follower.current()
    if (current === undefined) return Effect.void
    view.setDeadLetters(countedOf(current.deadLetters.values()))
    if (transport === undefined || feed.readers() === 0) return Effect.void
    return reading.generations(current.table, place.index.aliasPrefix).pipe(
      Effect.map((generations) => view.set({ generations })),
      Effect.provideService(Transport, transport),
      Effect.ignore
    )
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(look, Effect.sleep("3 seconds"))))
  const broken = yield* breaking.make({ opened, place, follower })
  return {
    edit: place.canEdit ? (request) => now(({ table }) => edit(opened, place.rows, table, request)) : undefined,
    search: (request) => now(({ context, table }) => Effect.provide(reading.search(table, request), context)),
    explain: (request) =>
      now(({ context, table }) => Effect.provide(reading.explain(table, tableName, request, true), context)),
    break: place.canEdit ? broken : undefined,
    prove: () => now((current) => prove(opened, current, tableName)),
    redrive: place.canEdit ? () => now((current) => redrive(opened, current)) : undefined
  }
})

const seedsOf = Effect.fnUntraced(function* (
  file: string
): Effect.fn.Return<ReadonlyArray<Attributes>, Failure, FileSystem.FileSystem> {
  const files = yield* FileSystem.FileSystem
  const fail = (why: string) => new Failure({ message: `the rows of ${file} can't be read: ${why}` })
  const text = yield* Effect.mapError(files.readFileString(file), ({ message }) => fail(message))
  const rows = ofFile(text)
  return Result.isFailure(rows) ? yield* fail(rows.failure) : rows.success
})
