/**
 * Reads all rows of a table as changes: a stream of batches for each segment. Reads are consistent and each row stands
 * under the time at which its page was asked for, so what the table's stream says of it meanwhile is newer.
 *
 * The rows of one partition key are in one batch, however pages cut them, up to a limit; so a document is written once.
 * A batch's position is saved once it is settled, so a scan stopped at any moment goes on there.
 */
import { Clock, Duration, Effect, Option, Semaphore, Stream } from "effect"
import type { Attributes, Change, ScanOrigin } from "../Change.ts"
import { retryForever } from "../retryForever.ts"
import { log } from "../stream/Progress.ts"
import { keyNamesOf, type Page, ScanApi, type ScanApiError, type TableDescription } from "./ScanApi.ts"
import { keep, ScanProgress, type ScanProgressError, staleness, startOf, type State } from "./ScanProgress.ts"
import { rowBytes } from "../rowBytes.ts"
import { keysOf } from "../tableKeys.ts"

export interface Options {
  readonly tableName: string
  /**
   * The target that the rows are written to, by a name that nothing else has: a saved state of another one begins anew.
   */
  readonly target: string
  /**
   * The time at which the target was made, in epoch milliseconds: an older saved state begins anew. Defaults to not
   * known.
   */
  readonly targetMadeAt?: number | undefined
  /**
   * Into how many segments the table is cut. Defaults to one for each 64 MiB (which is some sixty pages), at least
   * as many as are read at once, at most 1,024. A saved state keeps the number that it began with.
   */
  readonly segments?: number | undefined
  /** Segments read side by side. Defaults to 4; each holds what is held back and a page, of 2,000 rows or 1 MB. */
  readonly segmentsAtOnce?: number | undefined
  /**
   * Read units used per second, on average; 1 is 4 KB, as reads are consistent. Pages are then read one at a time, and
   * cut to what a second allows. Defaults to as fast as the table gives them, with pauses where it throttles.
   */
  readonly unitsPerSecond?: number | undefined
  /** Tells whether the target was never filled before: a hint that its documents are new. Defaults to false. */
  readonly isFirst?: boolean | undefined
  /** Bytes that rows of one partition key may take in memory, held back to go together. Defaults to 4 MiB. */
  readonly heldBytesMax?: number | undefined
}

export interface Batch {
  readonly changes: ReadonlyArray<Change>
  /**
   * Tells whether the first row's partition began in a batch before, and whether the last row's goes on in the next.
   */
  readonly begins: "whole" | "cut"
  readonly ends: "whole" | "cut"
  /** Read units used for it. */
  readonly units: number
  readonly position: Position
}

/** The place in a segment that a batch, and all before it in the segment, leads to. */
export interface Position {
  readonly segment: number
  readonly at: State["segments"][number]
  /** Rows of the batch. */
  readonly rows: number
}

/** A scan that has begun. */
export interface Scan {
  readonly start: Start
  /** The rows that are left, a stream for each segment. */
  readonly segments: ReadonlyArray<Stream.Stream<Batch, ScanApiError>>
  readonly segmentsAtOnce: number
  /** Saves that a batch, and all before it in its segment, is settled. */
  readonly acknowledge: (position: Position) => Effect.Effect<void, ScanProgressError>
  /** Forgets the saved state, as nothing is left. */
  readonly end: Effect.Effect<void, ScanProgressError>
}

/** The facts that are known before the first row. */
export interface Start {
  readonly table: TableDescription
  /** A saved state that the scan goes on from. */
  readonly resumed: State | undefined
  /** The reason why a saved state is not gone on from, if there is one. */
  readonly stale: string | undefined
  /** As in a saved state. */
  readonly writtenFrom: number | null
  readonly segments: number
}

/** Describes a table; asked again without end where that fails in passing. */
export const describe = Effect.fnUntraced(function* (
  tableName: string
): Effect.fn.Return<TableDescription, ScanApiError, ScanApi> {
  const described = (yield* ScanApi).describe(tableName)
  return yield* retryForever(`table ${tableName}`, isRetryable, log)(described)
})

/**
 * Begins a scan, or goes on with a saved one. Requests that fail in passing, throttling among them, are tried again
 * without end, after 0.2 to 12 seconds each time.
 */
export const begin = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<Scan, ScanApiError | ScanProgressError, ScanApi | ScanProgress> {
  const { segmentsAtOnce = 4, tableName, target, targetMadeAt } = options
  const api = yield* ScanApi
  const progress = yield* ScanProgress
  // The label of the stream is read here, before the first page: the order that makes a scan's version right.
  const table = yield* describe(tableName)
  const saved = Option.getOrUndefined(yield* progress.load)
  const { tableArn } = table
  const now = yield* Clock.currentTimeMillis
  const stale = saved && staleness(saved, { tableArn, target, targetMadeAt }, now)
  const resumed = stale === undefined ? saved : undefined
  const isOfSame = saved?.tableArn === tableArn && saved.target === target
  let state: State = resumed ?? {
    tableArn,
    target,
    startedAt: now,
    writtenFrom: isOfSame ? (saved.writtenFrom ?? saved.startedAt) : null,
    rows: 0,
    segments: Array.from({ length: options.segments ?? segmentsFor(table.bytes, segmentsAtOnce) }, () => "new" as const)
  }
  const alone = Semaphore.makeUnsafe(1)
  const acknowledge = ({ at, rows, segment }: Position) =>
    alone.withPermits(1)(
      Effect.suspend(() => {
        state = { ...state, rows: state.rows + rows, segments: state.segments.with(segment, at) }
        return progress.save(state)
      })
    )
  const readPage = pageReader(api, options, table, state.segments.length)
  return {
    start: { table, resumed, stale, writtenFrom: state.writtenFrom, segments: state.segments.length },
    segments: state.segments.flatMap((at, segment) =>
      at === "finished" ? [] : [batchesOf({ options, table, segment, readPage }, startOf(at))]
    ),
    segmentsAtOnce,
    acknowledge,
    end: progress.clear
  }
})

/** Settles all that is left of a scan, segments side by side. `settle` gives the position of each batch it settled. */
export const run = <E, R>(
  { acknowledge, end, segments, segmentsAtOnce }: Scan,
  settle: (batches: Stream.Stream<Batch, ScanApiError>) => Stream.Stream<Position, E, R>
): Effect.Effect<void, E | ScanProgressError, R> =>
  Stream.fromArray(segments).pipe(
    Stream.flatMap(settle, { concurrency: segmentsAtOnce, bufferSize: 1 }),
    Stream.runForEach(acknowledge),
    Effect.andThen(end)
  )

const isRetryable = (error: ScanApiError) => error.isRetryable

const segmentBytes = 64 * 2 ** 20

export const segmentsFor = (bytes: number, segmentsAtOnce: number): number =>
  Math.min(1024, Math.max(segmentsAtOnce, Math.ceil(bytes / segmentBytes)))

/**
 * Rows on a page; DynamoDB ends one at 1 MB besides. A page is held as it came and as all that becomes of it, many
 * times its size, so this and not the size of the table says how much memory a scan takes. Pages of 1 MB, of rows of
 * 250 bytes, took a quarter more and were not faster.
 */
const pageRowsMax = 2000

interface Asked extends Page {
  /** The time at which the page was asked for, in epoch milliseconds. */
  readonly requestedAt: number
}

type ReadPage = (segment: number, after: Attributes | undefined) => Effect.Effect<Asked, ScanApiError>

/** Reads pages at the rate that is asked for. */
const pageReader = (
  api: ScanApi["Service"],
  { tableName, unitsPerSecond }: Options,
  table: TableDescription,
  segments: number
): ReadPage => {
  const rowBytes = table.rows === 0 ? 1024 : Math.max(1, table.bytes / table.rows)
  const rowsPerSecond = unitsPerSecond === undefined ? pageRowsMax : Math.floor((unitsPerSecond * 4096) / rowBytes)
  const rowsMax = Math.max(1, Math.min(pageRowsMax, rowsPerSecond))
  const read = (segment: number, after: Attributes | undefined) =>
    Effect.gen(function* () {
      const requestedAt = yield* Clock.currentTimeMillis
      const page = yield* api.scan({ tableName, segment, segments, after, rowsMax })
      return { ...page, requestedAt }
    }).pipe(retryForever(`the scan of ${tableName}, segment ${segment},`, isRetryable, log))
  if (unitsPerSecond === undefined) return read
  const turn = Semaphore.makeUnsafe(1)
  let freeAt = 0
  return (segment, after) =>
    turn.withPermits(1)(
      Effect.gen(function* () {
        yield* Effect.sleep(Duration.millis(Math.max(0, freeAt - (yield* Clock.currentTimeMillis))))
        const page = yield* read(segment, after)
        freeAt = Math.max(freeAt, page.requestedAt) + (page.units / unitsPerSecond) * 1000
        return page
      })
    )
}

interface Segmented {
  readonly options: Options
  readonly table: TableDescription
  readonly segment: number
  readonly readPage: ReadPage
}

/** The place between two pages of a segment. */
interface Between {
  /** Rows of the last partition, which may go on with the next page. */
  readonly held: ReadonlyArray<Change>
  /** Read units of pages that gave no batch yet. */
  readonly units: number
  /** The partition of the last row that was in a batch. */
  readonly given: string | undefined
  readonly after: Attributes | undefined
}

const batchesOf = (
  { options, readPage, segment, table }: Segmented,
  start: Attributes | undefined
): Stream.Stream<Batch, ScanApiError> => {
  const partitionOf = (keys: Attributes) => JSON.stringify(keys[table.partitionKey.name])
  const given = start === undefined ? undefined : partitionOf(start)
  const first: Between = { held: [], units: 0, given, after: start }
  return Stream.paginate(first, ({ after, given, held, units }) =>
    Effect.map(readPage(segment, after), (page) => {
      const rows = [...held, ...changesOf(table, page, options.isFirst === true)]
      const isLast = page.last === undefined
      const whole = isLast ? rows.length : beginOfLast(rows, partitionOf)
      const isTooLong = bytesOf(rows.slice(whole)) >= (options.heldBytesMax ?? heldBytesMax)
      const ready = isTooLong ? rows : rows.slice(0, whole)
      const last = ready.at(-1)?.keys
      const used = units + page.units
      const next: Between = {
        held: isTooLong ? [] : rows.slice(whole),
        units: last === undefined ? used : 0,
        given: last === undefined ? given : partitionOf(last),
        after: page.last
      }
      const batch: Batch = {
        changes: ready,
        begins: last !== undefined && partitionOf(ready[0]!.keys) === given ? "cut" : "whole",
        ends: isTooLong ? "cut" : "whole",
        units: used,
        position: { segment, at: isLast || last === undefined ? "finished" : { after: keep(last) }, rows: ready.length }
      }
      return [last === undefined && !isLast ? [] : [batch], isLast ? Option.none() : Option.some(next)] as const
    })
  )
}

const heldBytesMax = 4 * 2 ** 20

const bytesOf = (changes: ReadonlyArray<Change>): number => changes.reduce((sum, { image }) => sum + rowBytes(image), 0)

const changesOf = (table: TableDescription, page: Asked, isFirst: boolean): ReadonlyArray<Change> => {
  const { epoch, tableArn } = table
  const names = keyNamesOf(table)
  const origin: ScanOrigin = { _tag: "Scan", tableArn, epoch, requestedAt: page.readAt ?? page.requestedAt, isFirst }
  return page.items.map((image) => ({ keys: keysOf(names, image), image, origin }))
}

/** Finds where the rows of the last partition begin. */
const beginOfLast = (rows: ReadonlyArray<Change>, partitionOf: (keys: Attributes) => string): number => {
  const last = rows.at(-1)
  if (last === undefined) return 0
  const partition = partitionOf(last.keys)
  let begin = rows.length - 1
  while (begin > 0 && partitionOf(rows[begin - 1]!.keys) === partition) begin--
  return begin
}
