/** The counts of a backfill: what it reports while it runs, and at its end. */
import type { Delivered } from "../pipeline/joined.ts"
import type * as Pipeline from "../pipeline/Pipeline.ts"
import type * as Scan from "../source/scan/Scan.ts"
import type { State } from "../source/scan/ScanProgress.ts"

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

const refusalsMax = 20

export const resumedOf = ({ rows, segments, startedAt }: State): Resumed => ({
  startedAt,
  rows,
  segmentsLeft: segments.filter((segment) => segment !== "finished").length
})

export class BackfillTally {
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

  constructor({ resumed, table, writtenFrom }: Scan.Start) {
    this.rowsTotal = table.rows
    this.writtenFrom = writtenFrom
    this.resumed = resumed === undefined ? null : resumedOf(resumed)
  }

  /** Counts a delivery: rows of the batches that it settled, and documents that it came to. */
  add({ answer, batches }: Delivered<Scan.Batch, { readonly delivery: Pipeline.Delivery }>): void {
    for (const { batch, open } of batches) {
      if (open !== undefined) continue
      this.rows += batch.position.rows
      this.units += batch.units
      if (batch.begins === "cut") this.cut++
    }
    if (answer === undefined) return
    const { outdated, summary, unacknowledged } = answer.delivery
    this.documents += summary.written + summary.unchanged
    this.written += summary.written
    this.outdated += outdated
    this.unclaimed += summary.unclaimed
    this.refused += summary.refused
    for (const { isRefused, reason } of unacknowledged) {
      if (isRefused && this.refusals.length < refusalsMax) this.refusals.push(reason)
    }
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
