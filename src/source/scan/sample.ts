/** A bounded sample of a table's rows, spread over its segments, so that it is not of few partitions alone. */
import { Effect } from "effect"
import type { Attributes } from "../Change.ts"
import type { PageRead, Segment } from "./Scan.ts"
import { ScanApi, type ScanApiError } from "./ScanApi.ts"
import { readPage } from "./TableScan.ts"

export interface Sample {
  readonly rows: ReadonlyArray<Attributes>
  /** Read units used. */
  readonly units: number
}

/**
 * The segments of a sample: of 200,000 rows in 20,000 partitions 100 pages of 100 rows showed each kind's share to two
 * points of a hundred. A row or two of each would be the first ones of their partitions alone.
 */
const segmentsMax = 100
const rowsEachMin = 20

export const segmentsFor = (rowsMax: number): number =>
  Math.max(1, Math.min(segmentsMax, Math.floor(rowsMax / rowsEachMin)))

/**
 * Reads up to `rowsMax` rows of some segments, an equal share of each. Where some hold less, the others are read on.
 * Pages may be larger than was asked for; what is too much of them is left out.
 */
export const sample = Effect.fnUntraced(function* <E, R>(
  segments: number,
  rowsMax: number,
  read: (segment: Segment, rowsMax: number) => Effect.Effect<Pick<PageRead, "items" | "last" | "units">, E, R>
): Effect.fn.Return<Sample, E, R> {
  const rows: Array<Attributes> = []
  let units = 0
  let open: ReadonlyArray<Segment> = Array.from({ length: segments }, (_, segment) => ({
    segment,
    segments,
    after: undefined
  }))
  while (open.length > 0 && rows.length < rowsMax) {
    const each = Math.ceil((rowsMax - rows.length) / open.length)
    const next = yield* Effect.forEach(
      open,
      (segment) =>
        Effect.map(read(segment, each), ({ items, last, units: used }): ReadonlyArray<Segment> => {
          rows.push(...items.slice(0, each))
          units += used
          return last === undefined ? [] : [{ ...segment, after: last }]
        }),
      { concurrency: 8 }
    )
    open = next.flat()
  }
  return { rows: rows.slice(0, rowsMax), units }
})

/** Reads a sample of a table. */
export const sampleTable = Effect.fnUntraced(function* (
  tableName: string,
  rowsMax: number
): Effect.fn.Return<Sample, ScanApiError, ScanApi> {
  const api = yield* ScanApi
  return yield* sample(segmentsFor(rowsMax), rowsMax, (segment, rowsMax) => readPage(api, tableName, segment, rowsMax))
})
