/** `tablefold init`: a definition to begin with, out of a sample of the table's rows. */
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { infer, type Inferred, type KindReport, type Unplaced } from "../init/infer.ts"
import { exportPages } from "../source/export/exportPages.ts"
import { sample, sampleTable, segmentsFor } from "../source/scan/sample.ts"
import { keyNamesOf, ScanApi, type TableDescription } from "../source/scan/ScanApi.ts"
import { exported, exportOf, layerFiles } from "./exported.ts"
import { Failure, Findings } from "./Failure.ts"
import { exitCodes, json } from "./report.ts"
import { tableName, whole } from "./scanFlags.ts"
import { dynamodbEnvironment, endpoint, layerScan } from "./stream.ts"
import { count, printCode, printJson, say } from "./terminal.ts"

const rows = Flag.Int("rows").pipe(
  Flag.withDescription("How many rows are read, at most (default: 10000)"),
  Flag.filter(
    (n) => n >= 1 && n <= 1_000_000,
    () => "a number from 1 to 1000000"
  ),
  Flag.withDefault(10_000)
)

export const init = Command.make(
  "init",
  { tableName, rows, exported, json, endpoint },
  Effect.fnUntraced(function* ({ tableName, ...options }) {
    const scan = yield* layerScan(Option.getOrUndefined(options.endpoint))
    const described = yield* Effect.provide(
      Effect.flatMap(ScanApi, (api) => api.describe(tableName)),
      scan
    )
    const place = Option.getOrUndefined(options.exported)
    const found =
      place === undefined
        ? yield* Effect.provide(ofTable(tableName, described, options.rows), scan)
        : yield* Effect.provide(ofExport(described, options.rows), yield* layerFiles(place))
    if (found.rows.length === 0) {
      return yield* new Failure({ message: `${place ?? tableName} has no rows, of which a definition could be made` })
    }
    const inferred = infer(tableName, keyNamesOf(described), found.rows)
    const { unplaced } = inferred
    if (options.json) yield* printJson({ ...inferred, units: found.units })
    else {
      yield* printCode(inferred.source)
      for (const line of text(inferred, found.units)) say(line)
    }
    if (unplaced.length > 0) {
      const left = unplaced.reduce((sum, { rows }) => sum + rows, 0)
      return yield* new Findings({ message: `${count(left, "row")} of the sample can't be placed` })
    }
  }, Effect.scoped)
).pipe(
  Command.withDescription(
    `Read a sample of the table, spread over its segments, and print a definition to begin with: which kinds of rows it
  has by their keys or a type attribute, which of them is an aggregate's root, which are many or one, and their fields.
  It says no more than the sample does, and has a comment where it guesses. What is read costs read units, which are
  said first. On standard error it says how many rows of which kind it saw, and which rows it could not place. Nothing
  is changed.

  ${exitCodes("rows of the sample that the definition does not take")}

${dynamodbEnvironment}

  It needs dynamodb:DescribeTable and dynamodb:Scan on the table. With an export the table is asked only what it is.`
  ),
  Command.withShortDescription("Print a definition to begin with, out of a sample of the table"),
  Command.withExamples([
    { command: "tablefold init shop > table.ts", description: "A module that exports the table" },
    {
      command: "tablefold init shop --export s3://bucket/prefix > table.ts",
      description: "From a full export, which takes nothing of the table's capacity"
    }
  ])
)

const ofTable = Effect.fnUntraced(function* (tableName: string, { bytes, rows }: TableDescription, rowsMax: number) {
  const segments = segmentsFor(rowsMax)
  // Each page is rounded up to a whole unit.
  const units = Math.ceil((Math.min(rowsMax, rows) * (bytes / Math.max(1, rows))) / 4096) + segments
  const cost = rows === 0 ? "one read unit for each 4 KB" : `about ${whole(units)} read units`
  const all = rows === 0 ? "" : ` of about ${whole(rows)}`
  say(`reading up to ${whole(rowsMax)} rows${all} of ${tableName}, in ${count(segments, "segment")}: ${cost}`)
  return yield* sampleTable(tableName, rowsMax)
})

const ofExport = Effect.fnUntraced(function* (described: TableDescription, rowsMax: number) {
  const taken = yield* exportOf(described.tableArn)
  say(`reading up to ${whole(rowsMax)} rows of ${whole(taken.rows)} in ${taken.place}: no read units`)
  const { read, segments } = yield* exportPages(taken, described)
  return yield* sample(segments, rowsMax, read)
})

/** The kinds and their rows, as a table; then what could not be placed. */
const text = ({ kinds, rows, unplaced }: Inferred, units: number): ReadonlyArray<string> => [
  "",
  `${count(rows, "row")} read, ${whole(units)} read units`,
  ...columns(kinds.map((kind) => [whole(kind.rows), `${kind.aggregate}.${kind.field}`, keyText(kind)])),
  ...unplaced.map(unplacedText)
]

const keyText = ({ key, kind, type }: KindReport): string =>
  `${kind} ${key.join(" / ")}${type === undefined ? "" : ` of type ${type}`}`

const unplacedText = ({ example, key, reason, rows }: Unplaced): string => {
  const what = key.length === 0 ? "" : ` like ${key.join(" / ")}, such as ${example}`
  return `not placed: ${count(rows, "row")}${what}: ${reason}`
}

const columns = (lines: ReadonlyArray<readonly [string, string, string]>): ReadonlyArray<string> => {
  const [first, second] = [0, 1].map((i) => Math.max(...lines.map((line) => line[i]!.length)))
  return lines.map(([rows, name, key]) => `  ${rows.padStart(first ?? 0)}  ${name.padEnd(second ?? 0)}  ${key}`)
}
