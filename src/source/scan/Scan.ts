/**
 * Reads all rows of a table as changes, by segments that are read side by side. Each row stands under the time at which
 * it was read, so what the table's stream says of it later is newer.
 *
 * The rows of one partition key are in one batch, however pages cut them, up to a limit; so a document is written once.
 * A segment's position is saved as its batches are settled, so a scan stopped at any moment goes on there.
 */
import { Clock, Effect, Option, Result, Semaphore, Stream } from "effect"
import type * as Source from "../Batch.ts"
import type { Attributes, Change, ScanOrigin } from "../Change.ts"
import { OpenBatches } from "../OpenBatches.ts"
import { rowBytes } from "../rowBytes.ts"
import { keysOf } from "../../KeyNames.ts"
import { keyNamesOf, type Page, type TableDescription } from "./ScanApi.ts"
import { keep, ScanProgress, type ScanProgressError, staleness, startOf, type State } from "./ScanProgress.ts"

export interface Options {
  /**
   * The target that the rows are written to, by a name that nothing else has: a saved state of another one begins anew.
   */
  readonly target: string
  /**
   * The time at which the target was made, in epoch milliseconds: an older saved state begins anew. Defaults to not
   * known.
   */
  readonly targetMadeAt?: number | undefined
  /** Segments read side by side. Defaults to 4; each has 5,000 rows or 4 MiB open, and holds a page. */
  readonly segmentsAtOnce?: number | undefined
  /** Tells whether the target was never filled before: a hint that its documents are new. Defaults to false. */
  readonly isFirst?: boolean | undefined
  /** Bytes that rows of one partition key may take in memory, held back to go together. Defaults to 4 MiB. */
  readonly heldBytesMax?: number | undefined
}

export const segmentsAtOnceDefault = 4

/** The rows of a table, page by page. */
export interface Pages<E> {
  readonly table: TableDescription
  /** Segments of a scan that begins; a saved state keeps the number that it began with. */
  readonly segments: number
  readonly read: (segment: Segment) => Effect.Effect<PageRead, E>
}

/** The place of a page. */
export interface Segment {
  /** From 0. */
  readonly segment: number
  readonly segments: number
  /** The key to begin after; a segment is read from its beginning without. */
  readonly after: Attributes | undefined
}

export interface PageRead extends Page {
  /** The time at which the rows were so, in epoch milliseconds, or before that. */
  readonly readAt: number
}

export interface Batch extends Source.Batch<Position> {
  readonly changes: ReadonlyArray<Result.Success<Change, never>>
  /**
   * Tells whether the first row's partition began in a batch before, and whether the last row's goes on in the next.
   */
  readonly begins: "whole" | "cut"
  readonly ends: "whole" | "cut"
  /** Read units used for it. */
  readonly units: number
}

/** The place in a segment that a batch, and all before it in the segment, leads to. */
export interface Position {
  readonly segment: number
  readonly at: State["segments"][number]
  /** Rows of the batch. */
  readonly rows: number
}

/** A scan that has begun. */
export interface Scan<E> {
  readonly start: Start
  /** The rows that are left. */
  readonly batches: Stream.Stream<Batch, E>
  /** Saves that batches are settled, each with all before it in its segment once those are. */
  readonly acknowledge: (positions: ReadonlyArray<Position>) => Effect.Effect<void, ScanProgressError>
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

/** Begins a scan, or goes on with a saved one. */
export const begin = Effect.fnUntraced(function* <E>(
  pages: Pages<E>,
  options: Options
): Effect.fn.Return<Scan<E>, ScanProgressError, ScanProgress> {
  const { target, targetMadeAt } = options
  const { table } = pages
  const progress = yield* ScanProgress
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
    segments: Array.from({ length: pages.segments }, () => "new" as const)
  }
  const alone = Semaphore.makeUnsafe(1)
  const open = state.segments.map(() => new OpenBatches<Position>())
  const acknowledge = (positions: ReadonlyArray<Position>) =>
    alone.withPermits(1)(
      Effect.suspend(() => {
        const before = state
        for (const position of positions) {
          const own = open[position.segment]!
          own.settle(position)
          for (let next = own.settled; next !== undefined; next = own.settled) {
            const { at, rows, segment } = next
            state = { ...state, rows: state.rows + rows, segments: state.segments.with(segment, at) }
            own.acknowledge()
          }
        }
        return state === before ? Effect.void : progress.save(state)
      })
    )
  const { length } = state.segments
  const segments = state.segments.flatMap((at, segment) => {
    if (at === "finished") return []
    const own = open[segment]!
    return Stream.mapEffect(batchesOf({ options, pages, segment, segments: length }, startOf(at)), (batch) =>
      Effect.map(own.room, () => {
        own.add(batch)
        return batch
      })
    )
  })
  return {
    start: { table, resumed, stale, writtenFrom: state.writtenFrom, segments: length },
    batches: Stream.mergeAll(segments, { concurrency: options.segmentsAtOnce ?? segmentsAtOnceDefault, bufferSize: 1 }),
    acknowledge,
    end: progress.clear
  }
})

/** Settles all that is left of a scan. `settle` gives the positions of batches as it settles them. */
export const run = <E, E2, R>(
  { acknowledge, batches, end }: Scan<E>,
  settle: (batches: Stream.Stream<Batch, E>) => Stream.Stream<ReadonlyArray<Position>, E2, R>
): Effect.Effect<void, E2 | ScanProgressError, R> =>
  Effect.andThen(Stream.runForEach(settle(batches), acknowledge), end)

interface Segmented<E> {
  readonly options: Options
  readonly pages: Pages<E>
  readonly segment: number
  readonly segments: number
}

/** A row that was read, and about what it takes in memory. */
interface Row {
  readonly read: Result.Success<Change, never>
  readonly bytes: number
}

/** The place between two pages of a segment. */
interface Between {
  /** Rows of the last partition, which may go on with the next page. */
  readonly held: ReadonlyArray<Row>
  /** Read units of pages that gave no batch yet. */
  readonly units: number
  /** The partition of the last row that was in a batch. */
  readonly given: string | undefined
  readonly after: Attributes | undefined
}

const batchesOf = <E>(
  { options, pages: { read, table }, segment, segments }: Segmented<E>,
  start: Attributes | undefined
): Stream.Stream<Batch, E> => {
  const partitionOf = (keys: Attributes) => JSON.stringify(keys[table.partitionKey.name])
  const given = start === undefined ? undefined : partitionOf(start)
  const first: Between = { held: [], units: 0, given, after: start }
  return Stream.paginate(first, ({ after, given, held, units }) =>
    Effect.map(read({ segment, segments, after }), (page) => {
      const rows = [...held, ...rowsOf(table, page, options.isFirst === true)]
      const isLast = page.last === undefined
      const whole = isLast ? rows.length : beginOfLast(rows, partitionOf)
      const isTooLong = bytesOf(rows.slice(whole)) >= (options.heldBytesMax ?? heldBytesMax)
      const ready = isTooLong ? rows : rows.slice(0, whole)
      const last = ready.at(-1)?.read.success.keys
      const used = units + page.units
      const next: Between = {
        held: isTooLong ? [] : rows.slice(whole),
        units: last === undefined ? used : 0,
        given: last === undefined ? given : partitionOf(last),
        after: page.last
      }
      const batch: Batch = {
        changes: ready.map(({ read }) => read),
        bytes: bytesOf(ready),
        begins: last !== undefined && partitionOf(ready[0]!.read.success.keys) === given ? "cut" : "whole",
        ends: isTooLong ? "cut" : "whole",
        units: used,
        position: { segment, at: isLast || last === undefined ? "finished" : { after: keep(last) }, rows: ready.length }
      }
      return [last === undefined && !isLast ? [] : [batch], isLast ? Option.none() : Option.some(next)] as const
    })
  )
}

const heldBytesMax = 4 * 2 ** 20

const bytesOf = (rows: ReadonlyArray<Row>): number => rows.reduce((sum, { bytes }) => sum + bytes, 0)

const rowsOf = (table: TableDescription, page: PageRead, isFirst: boolean): ReadonlyArray<Row> => {
  const { epoch, tableArn } = table
  const names = keyNamesOf(table)
  const origin: ScanOrigin = { _tag: "Scan", tableArn, epoch, requestedAt: page.readAt, isFirst }
  return page.items.map((image) => {
    const read = Result.succeed({ keys: keysOf(names, image), image, origin }) as Result.Success<Change, never>
    return { read, bytes: rowBytes(image) }
  })
}

/** Finds where the rows of the last partition begin. */
const beginOfLast = (rows: ReadonlyArray<Row>, partitionOf: (keys: Attributes) => string): number => {
  const last = rows.at(-1)
  if (last === undefined) return 0
  const partition = partitionOf(last.read.success.keys)
  let begin = rows.length - 1
  while (begin > 0 && partitionOf(rows[begin - 1]!.read.success.keys) === partition) begin--
  return begin
}
