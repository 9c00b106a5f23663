/** `tablefold explain`: why is this document as it is? */
import { Effect, Layer, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { documentKey } from "../decode/rowKey.ts"
import * as Shape from "../define/Shape.ts"
import { aggregatesFor, explain as explained, type Explained, type ExplainedRow } from "../maintain/explain.ts"
import { inspect } from "../maintain/inspect.ts"
import { existing } from "./alias.ts"
import { Failure, Findings } from "./Failure.ts"
import * as LoadTable from "./loadTable.ts"
import { aliasPrefix, layerGeneration, openSearchEnvironment } from "./openSearch.ts"
import { reached } from "./reached.ts"
import { tableName } from "./scanFlags.ts"
import { dynamodbEnvironment, endpoint, layerScan } from "./stream.ts"
import { exitCodes, json, report } from "./report.ts"

const key = Argument.String("key").pipe(
  Argument.withDescription("The partition key, such as ORDER#12345, and for an aggregate with a pair the sort key too"),
  Argument.variadic({ min: 1, max: 2 })
)

const values = Flag.Boolean("values").pipe(
  Flag.withDescription("Show what rows hold, not the names of their fields alone (default: names)"),
  Flag.withDefault(false)
)

export const explain = Command.make(
  "explain",
  { tableName, key, table: LoadTable.flag, values, json, endpoint },
  Effect.fnUntraced(function* (options) {
    const table = yield* LoadTable.loadTable(options.table)
    const [partition = "", sort] = options.key
    const candidates = aggregatesFor(table, table.aggregates.map(Shape.of), partition, sort).map(
      ({ shape, values }) => ({
        shape,
        ...documentKey(shape, values)
      })
    )
    if (candidates.length === 0) {
      const templates = table.aggregates.map(({ key }) => (typeof key === "string" ? key : key.join(" and ")))
      return yield* new Failure({
        message: `no aggregate has the key ${options.key.join(" / ")}; the templates are ${templates.join(", ")}`
      })
    }
    const layers = Layer.mergeAll(layerGeneration, yield* layerScan(Option.getOrUndefined(options.endpoint)))
    const prefix = yield* aliasPrefix
    const inspected = yield* Effect.provide(
      Effect.gen(function* () {
        yield* reached(options.tableName, table)
        yield* existing(table, prefix)
        return yield* inspect(table, options.tableName, candidates)
      }),
      layers
    )
    const all = inspected.map(explained).map((one) => (options.values ? one : withoutValues(one)))
    yield* report(
      options.json,
      all,
      all.flatMap((one, i) => [...(i === 0 ? [] : [""]), ...lines(one)])
    )
    const found = all.flatMap(({ findings, rows }) => [...findings, ...rows.filter(isFinding)])
    if (found.length > 0) {
      const are = found.length === 1 ? "1 row or field is" : `${found.length} rows or fields are`
      return yield* new Findings({ message: `${are} not as the table has ${found.length === 1 ? "it" : "them"}` })
    }
  })
).pipe(
  Command.withDescription(
    `Show one aggregate as the table has it and as the index has it, row by row with the version that the index has of
  it, whether a newer one was refused, what differs, and what a repair would do. Nothing is changed. A difference may
  be a change that the stream has not told yet.

  ${exitCodes("a row or field that is not as the table has it, or is refused")}

${openSearchEnvironment("always")}

${dynamodbEnvironment}`
  ),
  Command.withShortDescription("Show one aggregate in table and index, row by row"),
  Command.withExamples([{ command: "tablefold explain shop ORDER#12345", description: "Why is this order wrong?" }])
)

const withoutValues = (explained: Explained): Explained => ({
  ...explained,
  findings: explained.findings.map((finding) => ({ ...finding, have: undefined, want: undefined })),
  rows: explained.rows.map((row) => ({ ...row, index: row.index && "{…}", table: row.table && "{…}" }))
})

const lines = ({ aggregate, document, findings, id, key, rows }: Explained): ReadonlyArray<string> => [
  `${aggregate} ${id} (${key}): ${document}${rows.length === 0 ? " in the index, and no row in the table" : ""}`,
  ...findings.map(
    ({ fields, kind, reason }) => `  ${kind}${named(fields)}${reason === undefined ? "" : `: ${reason}`}`
  ),
  ...rows.flatMap(rowText)
]

const rowText = (row: ExplainedRow): ReadonlyArray<string> => [
  `  ${row.key}: ${row.kind ?? "the same"}${named(row.fields)}${row.reason === undefined ? "" : `: ${row.reason}`}`,
  `    index: ${row.version === undefined ? "has no state of it" : `${row.index ?? "removed"}, by ${row.version}`}`,
  ...(row.unseen === undefined ? [] : [`    unseen: ${row.unseen}`]),
  ...(row.refused === undefined ? [] : [`    refused: ${row.refused}`]),
  `    table: ${row.table ?? (row.kind === "refused" ? "refused" : "not there")}`,
  ...(row.repair === undefined ? [] : [`    a repair would ${row.repair}`])
]

const isFinding = ({ kind, refused }: ExplainedRow): boolean => kind !== undefined || refused !== undefined

const named = (fields: ReadonlyArray<string>): string => (fields.length === 0 ? "" : ` in ${fields.join(", ")}`)
