/** The definition named on the command line: a module that exports a table, loaded by Node itself. */
import { Effect } from "effect"
import { Flag } from "effect/cli"
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import * as Table from "../define/Table.ts"
import { Failure } from "./Failure.ts"
import { begin, resolveTypeScript, type Version } from "./typeScriptImports.ts"

export const flag = Flag.String("table").pipe(
  Flag.withMetavar("module"),
  Flag.withDescription(
    "The module that exports what Table.make gave, .ts (Node 22.18, 24 or newer) or .js (default: ./table.ts)"
  ),
  Flag.withDefault("./table.ts")
)

/**
 * Takes the export `table`, else the default, else the only table among the exports. With a `version` the module and
 * what it imports by relative names are loaded as they are now, whatever was loaded before.
 */
export const loadTable = Effect.fnUntraced(function* (
  path: string,
  version?: Version
): Effect.fn.Return<Table.Table, Failure> {
  const file = resolve(path)
  if (!existsSync(file)) {
    return yield* new Failure({ message: `${path} does not exist; name the module of the definition with --table` })
  }
  resolveTypeScript()
  const { href } = pathToFileURL(file)
  const exported = yield* Effect.tryPromise({
    try: (): Promise<Exports> => import(version === undefined ? href : begin(href, version)),
    catch: (error) => new Failure({ message: `${path} can't be loaded: ${reasonOf(error)}` })
  })
  const table = tableOf(exported)
  if (table !== undefined) {
    return yield* Effect.try({
      try: () => own(table),
      catch: (error) => new Failure({ message: `${path}: ${reasonOf(error)}` })
    })
  }
  const names = Object.keys(exported)
  const tables = names.filter((name) => Table.isTable(exported[name]))
  const what = names.length === 0 ? "exports nothing" : `exports ${names.join(", ")}`
  return yield* new Failure({
    message:
      tables.length > 1
        ? `${path} exports several tables: ${tables.join(", ")}; call the one that is meant "table"`
        : `${path} exports no table, it ${what}; write: export const table = Table.make({ … })`
  })
})

/** Built again: the module has a copy of tablefold of its own, whose kinds of rows a bundled command does not know. */
const own = ({ aggregates, partitionKey, previous, sortKey, typeAttribute }: Table.Table): Table.Table =>
  Table.make({
    partitionKey,
    ...(sortKey === undefined ? {} : { sortKey }),
    ...(typeAttribute === undefined ? {} : { typeAttribute }),
    aggregates,
    previous: previous?.aggregates ?? []
  })

interface Exports {
  readonly [name: string]: unknown
}

const tableOf = (exported: Exports): Table.Table | undefined => {
  const tables = [exported["table"], exported["default"]].filter(Table.isTable)
  const all = [...new Set(Object.values(exported).filter(Table.isTable))]
  return tables[0] ?? (all.length === 1 ? all[0] : undefined)
}

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const code = "code" in error ? error.code : undefined
  if (code === "ERR_UNKNOWN_FILE_EXTENSION") {
    return (
      `Node ${process.versions.node} does not run TypeScript; use Node 22.18, 24 or newer, ` +
      "or compile the module and give its .js"
    )
  }
  // The first line of a syntax error's stack is the place, which its message lacks.
  const place = error instanceof SyntaxError ? /^file:\S+/.exec(error.stack ?? "")?.[0] : undefined
  return `${error.message}${place === undefined ? "" : ` (${place})`}`
}
