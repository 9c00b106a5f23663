/** Decides what `dev` works on, and starts it: given servers, real ones of its own, or memory. */
import { Effect, FileSystem, Path, Result, type Scope } from "effect"
import { Failure } from "../cli/Failure.ts"
import { say } from "../cli/terminal.ts"
import { isLoopback } from "../console/Address.ts"
import { because } from "../console/Actions.ts"
import type * as Table from "../define/Table.ts"
import type { ServerError, ServersMissing } from "../local/ServerError.ts"
import * as setting from "../setting.ts"
import type { SinkError } from "../sink/Sink.ts"
import * as Marks from "./Marks.ts"
import * as memory from "./memory.ts"
import type { Index, Place, Rows } from "./Place.ts"

export interface Options {
  readonly isMemory: boolean
  readonly endpoint: string | undefined
  readonly isRemote: boolean
  readonly isFresh: boolean
  /** The folder that keeps rows and marks between runs. */
  readonly folder: string
}

export interface Chosen extends Place {
  /** True where the table has no rows of an earlier run. */
  readonly isNew: boolean
}

/** The table's name, and what stands before aliases where others may have theirs. */
const tableName = "tablefold-dev"
const aliasPrefix = "tablefold-dev-"

type Start<A> = Effect.Effect<
  A,
  Failure | SinkError | setting.SettingError | ServerError | ServersMissing,
  Scope.Scope | FileSystem.FileSystem | Path.Path
>

export const choose = Effect.fnUntraced(function* (
  table: Table.Table,
  options: Options
): Effect.fn.Return<
  Chosen,
  Failure | SinkError | setting.SettingError,
  Scope.Scope | FileSystem.FileSystem | Path.Path
> {
  if (options.isMemory) return yield* inMemory(table, "as --memory asks")
  const endpoint =
    options.endpoint ?? (yield* setting.text("DYNAMODB_ENDPOINT")) ?? (yield* setting.text("AWS_ENDPOINT_URL_DYNAMODB"))
  const node = yield* setting.text("OPENSEARCH_NODE")
  yield* checkHosts([endpoint, ...(node?.split(",") ?? [])], options.isRemote)
  const Servers = yield* Effect.promise(() => import("../local/Servers.ts"))
  if (endpoint === undefined || node === undefined) {
    const located = yield* Effect.result(Servers.locate)
    if (Result.isFailure(located)) return yield* inMemory(table, located.failure.message)
    const { toFetch } = located.success
    if (toFetch.length > 0) say(`Fetching ${toFetch.join(" and ")} once by Maven …`)
  }
  const path = yield* Path.Path
  const files = yield* FileSystem.FileSystem
  yield* Effect.mapError(files.makeDirectory(path.join(options.folder, "dynamodb"), { recursive: true }), failure)
  const marks = yield* Marks.open(path.join(options.folder, "made.json"))
  const started = yield* Effect.result(
    Effect.all([rowsAt(table, endpoint, path, options, marks), indexAt(node, marks)], { concurrency: 2 })
  )
  if (Result.isFailure(started)) {
    const error = started.failure
    if (error._tag !== "ServersMissing" && error._tag !== "ServerError") return yield* Effect.fail(error)
    return yield* inMemory(table, error.message.split("\n")[0]!)
  }
  const [rows, index] = started.success
  return { rows, index, canEdit: !options.isRemote, isNew: rows.isNew }
})

const failure = ({ message }: { readonly message: string }) => new Failure({ message })

const inMemory = Effect.fnUntraced(function* (table: Table.Table, why: string) {
  say(`Running on a table and documents in memory: ${why}.`)
  const rows: Rows = yield* memory.rows(tableName, table)
  return { rows, index: memory.index, canEdit: true, isNew: true } satisfies Chosen
})

/** Fails at an address that others may use, unless that is meant. */
const checkHosts = Effect.fnUntraced(function* (addresses: ReadonlyArray<string | undefined>, isRemote: boolean) {
  for (const address of addresses) {
    if (address === undefined) continue
    if (!URL.canParse(address))
      return yield* new Failure({ message: `"${address}" is no address, http://localhost:8000` })
    const { host, hostname } = new URL(address)
    if (!isRemote && !isLoopback(hostname)) {
      const message = `${host} is not this machine: give --remote, and the page edits and breaks nothing`
      return yield* new Failure({ message })
    }
  }
})

const rowsAt = (
  table: Table.Table,
  given: string | undefined,
  path: Path.Path,
  { folder, isFresh }: Options,
  marks: Marks.Marks
): Start<Rows & { readonly isNew: boolean }> =>
  Effect.gen(function* () {
    const Servers = yield* Effect.promise(() => import("../local/Servers.ts"))
    const { rows } = yield* Effect.promise(() => import("./dynamodb.ts"))
    const dataFolder = path.join(folder, "dynamodb")
    const endpoint = given ?? (yield* Servers.dynamodb({ dataFolder })).endpoint
    const title = `DynamoDB${given === undefined ? " Local" : ""} at ${endpoint}`
    return yield* rows(table, { endpoint, title, at: given ?? "this folder", tableName, isFresh, marks })
  })

const indexAt = (given: string | undefined, marks: Marks.Marks): Start<Index> =>
  Effect.gen(function* () {
    const { index } = yield* Effect.promise(() => import("./openSearch.ts"))
    if (given !== undefined) {
      const { readConfig } = yield* Effect.promise(() => import("../sink/opensearch/OpenSearchSink.ts"))
      const connection = yield* readConfig
      const { host } = connection.nodes[0]!
      return yield* index({ connection, title: `OpenSearch at ${host}`, at: host, aliasPrefix, marks, stop: undefined })
    }
    const Servers = yield* Effect.promise(() => import("../local/Servers.ts"))
    const { kill, node, restart, version } = yield* Servers.openSearch()
    return yield* index({
      connection: { nodes: [new URL(node)], auth: { _tag: "none" } },
      title: `OpenSearch ${version} at ${node}`,
      at: node,
      aliasPrefix: "",
      marks,
      stop: { kill, restart: Effect.mapError(restart, because) }
    })
  })
