/** `tablefold backfill`: fills the index from the table as it is, while the stream is live. */
import { Clock, Console, Effect, Layer, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { backfill as fill, type Progress, type Report } from "../generation/backfill.ts"
import * as ScanProgress from "../source/ScanProgress.ts"
import * as LoadTable from "./loadTable.ts"
import { layerGeneration, openSearchEnvironment } from "./openSearch.ts"
import { duration, rate, segments, share, shower, tableName, whole } from "./scanFlags.ts"
import { dynamodbEnvironment, endpoint, layerScan } from "./stream.ts"
import { count, endStatus, say } from "./terminal.ts"

const state = Flag.String("state").pipe(
  Flag.withMetavar("file"),
  Flag.withDescription(
    "The file that keeps how far each segment is, until all is through (default: ./<name>.backfill.json)"
  ),
  Flag.optional
)

export const backfill = Command.make(
  "backfill",
  { tableName, table: LoadTable.flag, segments, rate, state, endpoint },
  Effect.fnUntraced(function* (options) {
    const table = yield* LoadTable.loadTable(options.table)
    const file = Option.getOrElse(options.state, () => `./${options.tableName}.backfill.json`)
    const began = yield* Clock.currentTimeMillis
    const report = yield* fill(table, {
      tableName: options.tableName,
      segments: Option.getOrUndefined(options.segments),
      unitsPerSecond: Option.getOrUndefined(options.rate),
      onProgress: yield* shower(backfillLine(options.tableName))
    }).pipe(
      Effect.provide(
        Layer.mergeAll(
          ScanProgress.layerFile(file),
          layerGeneration,
          yield* layerScan(Option.getOrUndefined(options.endpoint))
        )
      ),
      Effect.onInterrupt(() =>
        Effect.sync(() => {
          endStatus()
          say(`stopped; ${file} says where to go on`)
        })
      )
    )
    endStatus()
    yield* Console.log(JSON.stringify(report))
    tell(report, (yield* Clock.currentTimeMillis) - began)
  })
).pipe(
  Command.withDescription(
    `Read the whole table and write its documents to OpenSearch, while the stream is live: what the stream said of a row
  stands, whenever its page was read. Stopped at any moment it goes on where it was, on another machine too if the
  state file is copied there. Documents that hold the same state already are not written again. At the end a summary
  is printed as JSON, and what is better verified is said.

${openSearchEnvironment("always")}

${dynamodbEnvironment}`
  ),
  Command.withShortDescription("Fill the index from the table as it is"),
  Command.withExamples([
    {
      command: "OPENSEARCH_NODE=http://localhost:9200 tablefold backfill shop --endpoint http://localhost:8000",
      description: "From DynamoDB Local into an OpenSearch on this machine"
    },
    { command: "tablefold backfill shop --rate 500", description: "Leave the table's other readers their share" }
  ])
)

/** How far a backfill is, in one line. */
export const backfillLine =
  (tableName: string) =>
  ({ documents, rows, rowsBefore, rowsTotal }: Progress, millis: number): string => {
    const { begin, end } = share(rows, rowsBefore, rowsTotal, millis)
    return `${tableName}: ${begin} · ${whole(documents)} documents · ${end}`
  }

const tell = (report: Report, millis: number): void => {
  const { documents, outdated, passedOver, refusals, refused, rows, units, writesPerDocument, written } = report
  const speed = whole((rows * 1000) / Math.max(1, millis))
  say(
    `${count(rows, "row")} made ${count(documents, "document")} in ${duration(millis / 1000)} (${speed} rows/s, ` +
      `${whole(units)} read units): ${written} written, ${documents - written} as they were; ` +
      `${writesPerDocument.toFixed(2)} writes per document`
  )
  if (passedOver > 0) say(`${count(passedOver, "row")} belong to no aggregate`)
  if (outdated > 0) say(`${count(outdated, "row")} lost to newer versions that the stream had told`)
  for (const reason of refusals) say(`refused: ${reason}`)
  if (refused > refusals.length) say(`${count(refused, "row or document")} refused in all`)
  for (const why of report.verificationDue) say(`a verification is due (tablefold verify): ${why}`)
}
