/** The rows of a table as it is, page by page, at the rate that is asked for. Reads are consistent. */
import { Clock, Duration, Effect, Semaphore } from "effect"
import { retryForever } from "../retryForever.ts"
import * as Scan from "./Scan.ts"
import { ScanApi, type ScanApiError, type TableDescription } from "./ScanApi.ts"
import type { ScanProgress, ScanProgressError } from "./ScanProgress.ts"

/** The part of a table's reading that its capacity is concerned by. */
export interface Reading {
  readonly tableName: string
  /**
   * Into how many segments the table is cut. Defaults to one for each 64 MiB (which is some sixty pages), at least
   * as many as are read at once, at most 1,024. A saved state keeps the number that it began with.
   */
  readonly segments?: number | undefined
  /**
   * Read units used per second, on average; 1 is 4 KB, as reads are consistent. Pages are then read one at a time, and
   * cut to what a second allows. Defaults to as fast as the table gives them, with pauses where it throttles.
   */
  readonly unitsPerSecond?: number | undefined
  /** Rows on a page, at most. Defaults to 2,000. */
  readonly pageRowsMax?: number | undefined
}

export interface Options extends Reading, Scan.Options {}

/** Describes a table; asked again without end where that fails in passing. */
export const describe = Effect.fnUntraced(function* (
  tableName: string
): Effect.fn.Return<TableDescription, ScanApiError, ScanApi> {
  const described = (yield* ScanApi).describe(tableName)
  return yield* retryForever(`table ${tableName}`, isRetryable)(described)
})

/**
 * Finds a table's pages. Requests that fail in passing, throttling among them, are tried again without end, after 0.2
 * to 12 seconds each time.
 */
export const pages = Effect.fnUntraced(function* (
  reading: Reading & Pick<Scan.Options, "segmentsAtOnce">
): Effect.fn.Return<Scan.Pages<ScanApiError>, ScanApiError, ScanApi> {
  const api = yield* ScanApi
  // The label of the stream is read here, before the first page: the order that makes a scan's version right.
  const table = yield* describe(reading.tableName)
  const { segments = segmentsFor(table.bytes, reading.segmentsAtOnce ?? Scan.segmentsAtOnceDefault) } = reading
  return { table, segments, read: pageReader(api, reading, table) }
})

/** Begins a scan of a table, or goes on with a saved one. */
export const begin = (
  options: Options
): Effect.Effect<Scan.Scan<ScanApiError>, ScanApiError | ScanProgressError, ScanApi | ScanProgress> =>
  Effect.flatMap(pages(options), (pages) => Scan.begin(pages, options))

const isRetryable = (error: ScanApiError) => error.isRetryable

const segmentBytes = 64 * 2 ** 20

export const segmentsFor = (bytes: number, segmentsAtOnce: number): number =>
  Math.min(1024, Math.max(segmentsAtOnce, Math.ceil(bytes / segmentBytes)))

/**
 * Rows on a page; DynamoDB ends one at 1 MB besides. A page is held as it came and as all that becomes of it, many
 * times its size, so this and not the size of the table says how much memory a scan takes. Pages of 1 MB, of rows of
 * 250 bytes, took a quarter more and were not faster.
 */
export const pageRowsDefault = 2000

/** Reads a page of at most so many rows; requested again without end where that fails in passing. */
export const readPage = (
  api: ScanApi["Service"],
  tableName: string,
  place: Scan.Segment,
  rowsMax: number
): Effect.Effect<Scan.PageRead, ScanApiError> =>
  Effect.gen(function* () {
    const readAt = yield* Clock.currentTimeMillis
    const page = yield* api.scan({ tableName, ...place, rowsMax })
    return { ...page, readAt }
  }).pipe(retryForever(`the scan of ${tableName}, segment ${place.segment},`, isRetryable))

const pageReader = (
  api: ScanApi["Service"],
  { pageRowsMax = pageRowsDefault, tableName, unitsPerSecond }: Reading,
  table: TableDescription
): Scan.Pages<ScanApiError>["read"] => {
  const rowBytes = table.rows === 0 ? 1024 : Math.max(1, table.bytes / table.rows)
  const rowsPerSecond = unitsPerSecond === undefined ? pageRowsMax : Math.floor((unitsPerSecond * 4096) / rowBytes)
  const rowsMax = Math.max(1, Math.min(pageRowsMax, rowsPerSecond))
  const read = (segment: Scan.Segment) => readPage(api, tableName, segment, rowsMax)
  if (unitsPerSecond === undefined) return read
  const turn = Semaphore.makeUnsafe(1)
  let freeAt = 0
  return (segment) =>
    turn.withPermits(1)(
      Effect.gen(function* () {
        yield* Effect.sleep(Duration.millis(Math.max(0, freeAt - (yield* Clock.currentTimeMillis))))
        const page = yield* read(segment)
        freeAt = Math.max(freeAt, page.readAt) + (page.units / unitsPerSecond) * 1000
        return page
      })
    )
}
