/**
 * Fills the generations of a table's aggregates from the table itself, by a scan through the same pipeline that the
 * stream takes, while the stream is live. What the stream said of a row stands, whenever the page was read or written.
 */
import { Data, Effect, Result, Stream } from "effect"
import * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import * as Pipeline from "../pipeline/Pipeline.ts"
import type { Sink, SinkError } from "../sink/Sink.ts"
import type { Change } from "../source/Change.ts"
import * as IsoTime from "../IsoTime.ts"
import { retryForever } from "../source/retryForever.ts"
import { log } from "../source/stream/Progress.ts"
import type { ScanApi, ScanApiError } from "../source/scan/ScanApi.ts"
import type { ScanProgress, ScanProgressError, State } from "../source/scan/ScanProgress.ts"
import * as TableScan from "../source/scan/TableScan.ts"
import { describe } from "./checkKeyNames.ts"
import { type Generation, StoredDocuments } from "./StoredDocuments.ts"

export interface Options extends Omit<TableScan.Options, "target" | "targetMadeAt" | "isFirst"> {
  /** The export that the rows come from, where they don't come from the table: its name, and when it was taken. */
  readonly from?: { readonly name: string; readonly takenAt: number } | undefined
  /** Called before the first page if there is a saved state, with a sentence: what is left, or why it begins anew. */
  readonly onSaved?: ((sentence: string) => Effect.Effect<void>) | undefined
  /** Called after each batch. */
  readonly onProgress?: ((progress: Progress) => Effect.Effect<void>) | undefined
}

/** The progress of a backfill; counts are of this run, but for `rowsBefore`. */
export interface Progress {
  readonly rows: number
  /** Rows that runs before this one have delivered. */
  readonly rowsBefore: number
  /** Rows the table has, as DynamoDB last counted them. */
  readonly rowsTotal: number
  /** Documents that were looked at, written or not. */
  readonly documents: number
  readonly written: number
  /** Read units used. */
  readonly units: number
}

/** A saved state that a backfill went on from. */
export interface Resumed {
  /** The time at which it was begun, in epoch milliseconds. */
  readonly startedAt: number
  /** Rows that were delivered before. */
  readonly rows: number
  readonly segmentsLeft: number
}

export interface Report extends Progress {
  readonly resumed: Resumed | null
  /** Documents that had the same state already. */
  readonly unchanged: number
  /**
   * The number of times that a document was written, or looked at, on average. It is above 1 where a partition is too
   * long to be held.
   */
  readonly writesPerDocument: number
  /** Rows whose newest state a stream had reported before; the scan left them as they were. */
  readonly outdated: number
  /** Rows that no aggregate claims. */
  readonly unclaimed: number
  /** Rows that can't be decoded, and documents that can't be written as they are. */
  readonly refused: number
  /** The first of them, in words. */
  readonly refusals: ReadonlyArray<string>
  /** The reasons why the documents should be verified; empty where nothing speaks for it. */
  readonly verificationDue: ReadonlyArray<string>
}

export type BackfillError = Pipeline.SourceError | SinkError | ScanApiError | ScanProgressError

/** Some of a batch is not stored yet. */
class Unsettled extends Data.TaggedError("Unsettled")<{ readonly message: string }> {}

const refusalsMax = 20

/**
 * Reads the table and writes its documents. A document that can't be written as it is is counted, and the rest goes on;
 * what is unsettled is tried again without end, after 0.2 to 12 seconds each time. At its end each generation is marked
 * as filled.
 */
export const backfill = Effect.fnUntraced(function* (
  table: Table.Table,
  options: Options
): Effect.fn.Return<Report, BackfillError, ScanApi | ScanProgress | StoredDocuments | Sink> {
  const stored = yield* StoredDocuments
  const shapes = table.aggregates.map(Shape.of)
  const { tableArn } = yield* describe(table, options.tableName)
  const before = yield* Effect.forEach(shapes, (shape) => stored.generation(shape, tableArn))
  const scan = yield* TableScan.begin({
    ...options,
    isFirst: before.every(({ filled }) => !filled),
    targetMadeAt: Math.max(...before.map(({ createdAt }) => createdAt)),
    target: [...before.map(({ writeAlias }) => writeAlias), options.from?.name ?? "the table"].join(",")
  })
  const { epoch } = scan.start.table
  const counts = new Counts(scan.start)
  const saved = saidOf(scan.start)
  if (saved !== undefined) yield* options.onSaved?.(saved) ?? Effect.void
  yield* TableScan.run(
    scan,
    Stream.mapEffect((batch) =>
      deliver(table, batch, counts).pipe(
        Effect.andThen(() => options.onProgress?.(counts.progress()) ?? Effect.void),
        Effect.as(batch.position)
      )
    )
  )
  yield* Effect.forEach(shapes, (shape) => stored.markFilled(shape, { tableArn, epoch }), { discard: true })
  return { ...counts.report(), verificationDue: reasonsToVerify(before, epoch, counts, options.from?.takenAt) }
})

const deliver = Effect.fnUntraced(function* (table: Table.Table, batch: TableScan.Batch, counts: Counts) {
  const changes = batch.changes.map((change: Change) => Result.succeed(change))
  const tries = { written: 0 }
  const last = yield* deliverOnce(table, changes, tries).pipe(
    retryForever("writing a page", isRetryable, log),
    Effect.catchTag("Unsettled", ({ message }) => Effect.die(new Error(message)))
  )
  counts.add(batch, last, tries.written)
})

/** One of the `tries` of a page; a function of its own, or what it sees would be held until a full collection. */
const deliverOnce = Effect.fnUntraced(function* (
  table: Table.Table,
  changes: ReadonlyArray<Result.Result<Change>>,
  tries: { written: number }
) {
  const delivery = yield* Pipeline.deliver(table, changes)
  tries.written += delivery.summary.written
  if (delivery.unsettled === 0) return delivery
  const [first] = delivery.unacknowledged
  return yield* new Unsettled({ message: first?.reason ?? "documents are unsettled" })
})

const isRetryable = (error: Unsettled | Pipeline.SourceError | SinkError): boolean =>
  error._tag === "Unsettled" || (error._tag === "SinkError" && error.reason.isRetryable)

const saidOf = ({ resumed, segments, stale }: TableScan.Start): string | undefined => {
  if (stale !== undefined) return `the saved state is not gone on with, the scan begins anew: ${stale}`
  if (resumed === undefined) return undefined
  const { rows, segmentsLeft, startedAt } = resumedOf(resumed)
  return (
    `going on with the scan begun ${IsoTime.format(startedAt)}: ` +
    `${rows} ${rows === 1 ? "row was" : "rows were"} delivered ` +
    `before, ${segmentsLeft} of ${segments} segments are left`
  )
}

const resumedOf = ({ rows, segments, startedAt }: State): Resumed => ({
  startedAt,
  rows,
  segmentsLeft: segments.filter((segment) => segment !== "finished").length
})

class Counts {
  private readonly rowsTotal: number
  private readonly resumed: Resumed | null
  readonly writtenFrom: number | null
  outdated = 0
  private rows = 0
  private documents = 0
  private written = 0
  private units = 0
  private cut = 0
  private unclaimed = 0
  private refused = 0
  private readonly refusals: Array<string> = []

  constructor({ resumed, table, writtenFrom }: TableScan.Start) {
    this.rowsTotal = table.rows
    this.writtenFrom = writtenFrom
    this.resumed = resumed === undefined ? null : resumedOf(resumed)
  }

  /** `written` counts all tries of the batch, of which `delivery` was the last. */
  add({ begins, units }: TableScan.Batch, delivery: Pipeline.Delivery, written: number): void {
    const { summary, unacknowledged } = delivery
    this.rows += summary.received
    this.documents += Math.max(written, summary.written + summary.unchanged)
    this.written += written
    this.units += units
    this.outdated += delivery.outdated
    this.unclaimed += summary.unclaimed
    this.refused += summary.refused
    if (begins === "cut") this.cut++
    for (const { reason } of unacknowledged) if (this.refusals.length < refusalsMax) this.refusals.push(reason)
  }

  progress(): Progress {
    const { documents, resumed, rows, rowsTotal, units, written } = this
    return { documents, rows, rowsBefore: resumed?.rows ?? 0, rowsTotal, units, written }
  }

  report(): Omit<Report, "verificationDue"> {
    const { documents, outdated, unclaimed, refusals, refused, resumed, written } = this
    const unchanged = documents - written
    const writesPerDocument = documents === 0 ? 0 : documents / Math.max(1, documents - this.cut)
    return { resumed, ...this.progress(), unchanged, writesPerDocument, outdated, unclaimed, refused, refusals }
  }
}

/** Lists what a scan can't put right: rows that a stream tells wrong, and rows that are gone without a word. */
const reasonsToVerify = (
  before: ReadonlyArray<Generation>,
  epoch: number,
  { outdated, writtenFrom }: Counts,
  takenAt: number | undefined
): ReadonlyArray<string> => {
  const later = before.filter(({ createdAt }) => takenAt !== undefined && takenAt < createdAt).map(({ name }) => name)
  const replaced = before.filter(({ source }) => source !== null && source.epoch < epoch).map(({ name }) => name)
  const refilled = before.filter(({ filled }) => filled).map(({ name }) => name)
  return [
    ...(later.length > 0 ? [`the export is older than ${later.join(", ")}: what changed in between is missing`] : []),
    ...(replaced.length > 0
      ? [`the table's stream is a newer one than ${replaced.join(", ")} knew: rows removed in between are still there`]
      : []),
    ...(refilled.length > 0 ? [`${refilled.join(", ")} was filled before: rows removed unseen are still there`] : []),
    ...(writtenFrom !== null
      ? [
          `a scan begun ${IsoTime.format(writtenFrom)} wrote a part of the rows: ` +
            "those removed unseen since are still there"
        ]
      : []),
    ...(outdated > 0
      ? [`${outdated} ${outdated === 1 ? "row was" : "rows were"} left as the stream told: wrong if it lost a change`]
      : [])
  ]
}
