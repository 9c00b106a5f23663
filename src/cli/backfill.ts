/** `tablefold backfill`: fills the index from the table as it is, while the stream is live. */
import { Clock, Console, Effect, Layer, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { backfill as fill, type Progress, type Report } from "../generation/backfill.ts"
import * as ScanProgress from "../source/ScanProgress.ts"
import * as LoadTable from "./loadTable.ts"
import { layerGeneration, openSearchEnvironment } from "./openSearch.ts"
import { dynamodbEnvironment, endpoint, layerScan } from "./stream.ts"
import { count, endStatus, isRewritable, say, showStatus } from "./terminal.ts"

const tableName = Argument.String("name").pipe(Argument.withDescription("The name of the DynamoDB table"))

const segments = Flag.Int("segments").pipe(
  Flag.withDescription(
    "Into how many segments the table is cut (default: one for each 64 MiB, at least 4, at most 1024)"
  ),
  Flag.filter(
    (n) => n >= 1 && n <= 1_000_000,
    () => "--segments must be from 1 to 1000000"
  ),
  Flag.optional
)

const rate = Flag.Int("rate").pipe(
  Flag.withMetavar("units"),
  Flag.withDescription(
    "Read units per second to use, one for each 4 KB (default: as fast as the table gives, pausing where it throttles)"
  ),
  Flag.filter(
    (n) => n >= 1,
    () => "--rate must be at least 1"
  ),
  Flag.optional
)

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
      onProgress: yield* shower(options.tableName, began)
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

const showEvery = isRewritable ? 200 : 5000

/** Shows the progress in place, or as a line every few seconds. */
const shower = Effect.fnUntraced(function* (tableName: string, began: number) {
  let shownAt = yield* Clock.currentTimeMillis
  return (progress: Progress) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      if (now - shownAt < showEvery) return
      shownAt = now
      showStatus(`${tableName}: ${line(progress, now - began)}`)
    })
})

const line = ({ documents, rows, rowsBefore, rowsTotal }: Progress, millis: number): string => {
  const all = rows + rowsBefore
  const perSecond = (rows * 1000) / Math.max(1, millis)
  const left = rowsTotal <= all || perSecond === 0 ? "" : ` · ${duration((rowsTotal - all) / perSecond)} left`
  const share = rowsTotal === 0 ? "" : `${Math.min(99, Math.floor((100 * all) / rowsTotal))} % · `
  return `${share}${whole(all)} rows · ${whole(documents)} documents · ${whole(perSecond)} rows/s${left}`
}

const whole = (n: number): string => Math.round(n).toLocaleString("en-US")

const duration = (seconds: number): string => {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 360) / 10} h`
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
