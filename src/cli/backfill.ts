/** `tablefold backfill`: fills the index from the table as it is, while the stream is live. */
import { Clock, Effect, Layer, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { backfill as fill } from "../maintain/backfill.ts"
import type { Progress, Report } from "../maintain/BackfillTally.ts"
import { exportProblem } from "../maintain/exportProblem.ts"
import { ExportFiles } from "../source/export/ExportFiles.ts"
import type { TableDescription } from "../source/scan/ScanApi.ts"
import * as ScanProgress from "../source/scan/ScanProgress.ts"
import { exported, exportOf, layerFiles } from "./exported.ts"
import { Failure, Findings } from "./Failure.ts"
import * as LoadTable from "./loadTable.ts"
import { layerGeneration, openSearchEnvironment } from "./openSearch.ts"
import { reached } from "./reached.ts"
import { duration, rate, segments, share, shower, tableName, whole } from "./scanFlags.ts"
import { dynamodbEnvironment, endpoint, layerScan } from "./stream.ts"
import { exitCodes, json, report } from "./report.ts"
import { count, endStatus, type Line, say, whenStopped } from "./terminal.ts"

const state = Flag.String("state").pipe(
  Flag.withMetavar("file"),
  Flag.withDescription(
    "The file that keeps how far each segment is, until all is through (default: ./<name>.backfill.json)"
  ),
  Flag.optional
)

export const backfill = Command.make(
  "backfill",
  { tableName, table: LoadTable.flag, segments, rate, state, exported, json, endpoint },
  Effect.fnUntraced(function* (options) {
    const table = yield* LoadTable.loadTable(options.table)
    const file = Option.getOrElse(options.state, () => `./${options.tableName}.backfill.json`)
    const began = yield* Clock.currentTimeMillis
    const scan = yield* layerScan(Option.getOrUndefined(options.endpoint))
    const place = Option.getOrUndefined(options.exported)
    const described = yield* Effect.provide(reached(options.tableName, table), scan)
    const taken =
      place === undefined ? undefined : yield* Effect.provide(takenFrom(described), yield* layerFiles(place))
    const filled = yield* fill(table, {
      tableName: options.tableName,
      from: taken,
      segments: Option.getOrUndefined(options.segments),
      unitsPerSecond: Option.getOrUndefined(options.rate),
      onSaved: (sentence) => Effect.sync(() => say(sentence)),
      onProgress: yield* shower(backfillLine(options.tableName))
    }).pipe(
      Effect.provide(Layer.mergeAll(ScanProgress.layerFile(file), layerGeneration, scan)),
      whenStopped(() => `${file} says where to go on`)
    )
    endStatus()
    yield* report(options.json, filled, text(filled, (yield* Clock.currentTimeMillis) - began))
    const due = filled.verificationDue.length > 0 ? ["a verification is due (tablefold verify)"] : []
    const refused = filled.refused > 0 ? [`${count(filled.refused, "row or document")} refused`] : []
    if (due.length + refused.length > 0) return yield* new Findings({ message: [...refused, ...due].join("; ") })
  })
).pipe(
  Command.withDescription(
    `Read the whole table and write its documents to OpenSearch, while the stream is live: what the stream said of a row
  stands, whenever its page was read. Stopped at any moment it goes on where it was, on another machine too if the
  state file is copied there, and says so; a state older than a day, or than the index, begins anew. Documents that
  hold the same state already are not written again. At the end it says what was written, what was refused, and what is
  better verified.

  ${exitCodes("refused rows, or a verification that is due")}

${openSearchEnvironment("always")}

${dynamodbEnvironment}

  An export in S3 is found likewise; AWS_ENDPOINT_URL_S3 names another server than AWS. It needs s3:ListBucket on the
  bucket and s3:GetObject on the export, and the table is asked only what it is (dynamodb:DescribeTable).`
  ),
  Command.withShortDescription("Fill the index from the table as it is"),
  Command.withExamples([
    {
      command: "OPENSEARCH_NODE=http://localhost:9200 tablefold backfill shop --endpoint http://localhost:8000",
      description: "From DynamoDB Local into an OpenSearch on this machine"
    },
    {
      command: "tablefold backfill shop --export s3://bucket/prefix",
      description: "From a full export, which takes nothing of the table's capacity"
    },
    { command: "tablefold backfill shop --rate 500", description: "Leave the table's other readers their share" }
  ])
)

/** The progress of a backfill, in one line. */
export const backfillLine =
  (tableName: string) =>
  ({ documents, rows, rowsBefore, rowsTotal }: Progress, millis: number): string => {
    const { begin, end } = share(rows, rowsBefore, rowsTotal, millis)
    return `${tableName}: ${begin} · ${whole(documents)} documents · ${end}`
  }

const text = (report: Report, millis: number): ReadonlyArray<Line> => {
  const { documents, outdated, unclaimed, refusals, refused, rows, units, writesPerDocument, written } = report
  const speed = whole((rows * 1000) / Math.max(1, millis))
  const yellow = (text: string): Line => ({ style: "yellow", text })
  return [
    `${count(rows, "row")} made ${count(documents, "document")} in ${duration(millis / 1000)} (${speed} rows/s, ` +
      `${whole(units)} read units): ${written} written, ${documents - written} as they were; ` +
      `${writesPerDocument.toFixed(2)} writes per document`,
    ...(unclaimed > 0 ? [`${count(unclaimed, "row")} belong to no aggregate`] : []),
    ...(outdated > 0 ? [`${count(outdated, "row")} lost to newer versions that the stream had told`] : []),
    ...refusals.map((reason) => yellow(`refused: ${reason}`)),
    ...(refused > refusals.length ? [yellow(`${count(refused, "row or document")} refused in all`)] : []),
    ...report.verificationDue.map((why) => yellow(`a verification is due (tablefold verify): ${why}`))
  ]
}

/** The export of a table, once it is found to be one that a backfill can take. */
const takenFrom = Effect.fnUntraced(function* (described: TableDescription) {
  const taken = yield* exportOf(described.tableArn)
  const problem = exportProblem(taken, yield* Clock.currentTimeMillis)
  if (problem !== undefined) return yield* new Failure({ message: problem })
  return { taken, files: yield* ExportFiles }
})
