/** `tablefold check`: what the rows of a table are by a definition, before anything is written. */
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import type { Table } from "../define/Table.ts"
import { type Checked, checkExport, checkTable, type Options, type Progress } from "../maintain/check.ts"
import type { ProblemCount } from "../maintain/CheckTally.ts"
import { type Counts, type Large, limits, shareOf } from "../maintain/DocumentTally.ts"
import { exported, exportOf, layerFiles } from "./exported.ts"
import { Findings } from "./Failure.ts"
import * as LoadTable from "./loadTable.ts"
import { reached } from "./reached.ts"
import { exitCodes, json, report } from "./report.ts"
import { fromOne, rate, segments, share, shower, tableName, whole } from "./scanFlags.ts"
import { dynamodbEnvironment, endpoint, layerScan } from "./stream.ts"
import { count, endStatus, type Line, whenStopped } from "./terminal.ts"

const sampled = Flag.Int("rows").pipe(
  Flag.withDescription("Read about so many rows, from all over the table (default: all)"),
  fromOne,
  Flag.optional
)

const values = Flag.Boolean("values").pipe(
  Flag.withDescription("Show what refused attributes hold, not their types alone (default: types)"),
  Flag.withDefault(false)
)

export const check = Command.make(
  "check",
  { tableName, table: LoadTable.flag, sampled, exported, values, json, segments, rate, endpoint },
  Effect.fnUntraced(function* (flags) {
    const table = yield* LoadTable.loadTable(flags.table)
    const { tableName } = flags
    const options: Options = {
      rowsMax: Option.getOrUndefined(flags.sampled),
      withValues: flags.values,
      onProgress: yield* shower(line(tableName))
    }
    const place = Option.getOrUndefined(flags.exported)
    const stopped = whenStopped(() => "nothing was written")
    const found =
      place === undefined
        ? yield* ofTable(table, flags, options).pipe(
            Effect.provide(yield* layerScan(Option.getOrUndefined(flags.endpoint))),
            stopped
          )
        : yield* ofExport(table, tableName, options).pipe(Effect.provide(yield* layerFiles(place)), stopped)
    endStatus()
    yield* report(flags.json, found, text(found, flags.sampled))
    const message = toLookAt(found)
    if (message !== undefined) return yield* new Findings({ message })
  }, Effect.scoped)
).pipe(
  Command.withDescription(
    `Read a table, about --rows rows of it, or an export, and say what its rows are by the definition. Nothing is
  written, and OpenSearch is not needed. It counts the rows of each kind and their documents; names keys that no
  template takes, by their pattern, such as ORDER#{…} / DETALS; all problems of refused rows, by field, with what was
  expected and the type that came; rows that wait for a root, or an outer row, which is not there; and the largest
  documents beside the limits of OpenSearch (10,000 nested objects; a request of 10 MiB on the smaller managed domains).
  Memory does not grow with the table. In a sample the rows of a very large partition may be there in part.

  ${exitCodes("refused rows, or documents beyond a limit")}

${dynamodbEnvironment}

  An export in S3 is found likewise; AWS_ENDPOINT_URL_S3 names another server than AWS. DynamoDB is not asked then.`
  ),
  Command.withShortDescription("Say what a table's rows are by the definition"),
  Command.withExamples([
    {
      command: "tablefold check shop --rows 10000",
      description: "A sample, which takes little of the table's capacity"
    },
    { command: "tablefold check shop --export ./export --values", description: "An export, with the refused values" },
    { command: "tablefold check shop --json | jq .unclaimedPatterns", description: "Keys that no template takes" }
  ])
)

const ofTable = Effect.fnUntraced(function* (
  table: Table,
  { rate, segments, tableName }: { readonly tableName: string } & Record<"rate" | "segments", Option.Option<number>>,
  options: Options
) {
  yield* reached(tableName, table)
  const [ofRate, ofSegments] = [rate, segments].map(Option.getOrUndefined)
  return yield* checkTable(table, { tableName, segments: ofSegments, unitsPerSecond: ofRate }, options)
})

const ofExport = Effect.fnUntraced(function* (table: Table, tableName: string, options: Options) {
  return yield* checkExport(table, yield* exportOf(tableName), options)
})

const toLookAt = ({ refused, tooLarge }: Checked): string | undefined => {
  const found = [
    ...(refused > 0 ? [`${count(refused, "row")} refused`] : []),
    ...(tooLarge > 0 ? [`${count(tooLarge, "document")} beyond a limit of OpenSearch`] : [])
  ]
  return found.length === 0 ? undefined : found.join("; ")
}

const line =
  (tableName: string) =>
  ({ refused, rows, rowsTotal, unclaimed }: Progress, millis: number): string => {
    const { begin, end } = share(rows, 0, rowsTotal, millis)
    return `${tableName}: ${begin} · ${whole(refused)} refused · ${whole(unclaimed)} unclaimed · ${end}`
  }

const text = (found: Checked, sampled: Option.Option<number>): ReadonlyArray<Line> => {
  const { rows, rowsTotal, units } = found
  const of = Option.isSome(sampled) && rowsTotal > rows ? ` of about ${whole(rowsTotal)}` : ""
  return [
    `${whole(rows)} rows${of} read (${whole(units)} read units)`,
    ...kindLines(found),
    ...unclaimedLines(found),
    ...refusedLines(found),
    ...largestLines(found)
  ]
}

const kindLines = ({ documents, kinds, leftOut }: Checked): ReadonlyArray<Line> =>
  Object.entries(documents).flatMap(([aggregate, counts]): ReadonlyArray<Line> => {
    const own = kinds.filter((one) => one.aggregate === aggregate)
    const out = leftOut[aggregate] ?? 0
    return [
      `${aggregate}: ${count(counts.documents, "document")} of ` +
        own.map(({ kind, rows }) => `${kind} ${whole(rows)}`).join(", "),
      ...(out > 0 ? [`  ${count(out, "row")} left out by \`where\` or \`type\``] : []),
      ...(counts.waitingRows > 0 ? [yellow(`  ${waiting(counts)}`)] : []),
      ...(counts.waitingInnerRows > 0 ? [yellow(`  ${waitingInner(counts)}`)] : [])
    ]
  })

const waiting = ({ waitingDocuments, waitingExample, waitingRows }: Counts): string =>
  `${count(waitingRows, "row")} of ${count(waitingDocuments, "document")} without a root, as ${waitingExample}`

const waitingInner = ({ waitingInnerExample, waitingInnerRows }: Counts): string =>
  `${count(waitingInnerRows, "row")} inside rows that are not there, as ${waitingInnerExample}`

const yellow = (text: string): Line => ({ style: "yellow", text })

const unclaimedLines = ({ unclaimed, unclaimedPatterns }: Checked): ReadonlyArray<Line> =>
  unclaimed === 0
    ? []
    : [
        yellow(`unclaimed: ${count(unclaimed, "row")} whose keys no template takes`),
        ...named(unclaimedPatterns, ({ example, pattern, rows }) => [`  ${whole(rows)}  ${pattern}  as ${example}`])
      ]

const refusedLines = ({ otherProblems, problems, refused }: Checked): ReadonlyArray<Line> =>
  refused === 0
    ? []
    : [
        { style: "red", text: `refused: ${count(refused, "row")}` },
        ...named(problems, (problem) => [problemLine(problem), ...(problem.values ?? []).map((one) => `      ${one}`)]),
        ...(otherProblems > 0 ? [`  … and ${whole(otherProblems)} times other problems`] : [])
      ]

const problemLine = ({ aggregate, examples, expected, field, got, kind, rows }: ProblemCount): string => {
  const whose = [aggregate ?? "nobody's", kind ?? []].flat().join(" ")
  const what = field === "" ? expected : `${field}: ${expected}`
  return `  ${whole(rows)}  ${whose}  ${what}${got === undefined ? "" : `, got ${got}`}  as ${examples.join(", ")}`
}

const namedMax = 30

const named = <T>(all: ReadonlyArray<T>, lines: (one: T) => ReadonlyArray<string>): ReadonlyArray<string> => [
  ...all.slice(0, namedMax).flatMap(lines),
  ...(all.length > namedMax ? [`  … and ${all.length - namedMax} more, all of them with --json`] : [])
]

const largestLines = ({ largest, tooLarge }: Checked): ReadonlyArray<Line> => [
  ...(largest.length === 0 ? [] : ["largest documents:"]),
  ...largest.map((one) => {
    const text = `  ${largeLine(one)}`
    return shareOf(one) > 1 ? ({ style: "red", text } as const) : text
  }),
  ...(tooLarge > largest.length ? [`  … ${whole(tooLarge)} in all are beyond a limit`] : [])
]

const largeLine = (one: Large): string => {
  const percent = (part: number) => `${Math.round(part * 100)} %`
  const { aggregate, bytes, key, nestedObjects, rows } = one
  return (
    `${aggregate} ${key}: ${count(rows, "row")}, ${whole(bytes / 1024)} KiB (${percent(bytes / limits.bytes)}), ` +
    `${whole(nestedObjects)} nested (${percent(nestedObjects / limits.nestedObjects)})`
  )
}
