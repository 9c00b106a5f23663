/**
 * One shard, read to its end: in order, batch by batch, and only so far past what is open as there is room for.
 * Whatever happens to the iterator, reading goes on after the last record that was read, or at the oldest there is.
 */
import { Clock, Duration, Effect, Result } from "effect"
import { retryForever } from "../retryForever.ts"
import { gapEvent, report } from "./Progress.ts"
import { type ShardTimes, wasRead } from "./shardTimes.ts"
import { type IteratorStart, type RecordsPage, StreamApi, type StreamApiError } from "./StreamApi.ts"
import { type ReadRecord, readStreamRecord } from "../record/streamRecord.ts"

export interface Task {
  readonly streamArn: string
  readonly shardId: string
  readonly start: IteratorStart
  /** The pause after an empty page; half of it while the shard is lively. */
  readonly pollEvery: Duration.Input
  /**
   * Hands a batch over, once there is room, and gives its last sequence number; it is acknowledged elsewhere. `begin`
   * is when its first record was made.
   */
  readonly handOver: (
    records: ReadonlyArray<ReadRecord>,
    begin: number | undefined
  ) => Effect.Effect<string | undefined>
  /** Tells whether all that was handed over is acknowledged; the other waits for that. */
  readonly isAcknowledged: () => boolean
  readonly acknowledged: Effect.Effect<void>
  /** The shard's times as they are now. */
  readonly times: () => ShardTimes | undefined
  /** Called with a time before which nothing is left to read in the shard. */
  readonly readTo: (time: number) => void
  /** Run before reading begins at a place again: changes from there on may have been removed meanwhile. */
  readonly checkGap: Effect.Effect<void>
  /** Run each time the shard becomes idle, and once it is finished. */
  readonly onIdle: Effect.Effect<void>
  readonly onFinished: Effect.Effect<void>
}

// GetRecords may give many empty pages before it reaches data and has no word for "that is all". Ten in a row is a
// guess: too few and "caught up" is reported too early, too many and it is reported late; no record depends on it.
const emptyPagesIdle = 10

/** The time after a record for which a shard is lively: where one change came, the next is often not far. */
const livelyMillis = Duration.toMillis("10 seconds")

/** The time after a failed read for which no shard is: all readers of a shard, Lambda too, share what it gives. */
const subduedMillis = Duration.toMillis("1 minute")

/** Ends when the shard is closed and all of it acknowledged, or gone; fails only with what is not to be retried. */
export const readShard = Effect.fnUntraced(function* (task: Task): Effect.fn.Return<void, StreamApiError, StreamApi> {
  const { shardId } = task
  const shard = yield* makeCursor(task)
  const pause = Duration.fromInputUnsafe(task.pollEvery)
  let emptyPages = 0
  let isIdle = false
  let recordsAt = Number.NEGATIVE_INFINITY
  const isLively = (now: number) => now < recordsAt + livelyMillis && now >= shard.failedAt() + subduedMillis
  yield* report({ _tag: "ShardStarted", shardId, after: afterOf(task.start) })
  for (;;) {
    const page = yield* shard.page
    if (page === undefined) break
    if (page.isFirst) emptyPages = 0
    if (page.records.length > 0) {
      emptyPages = 0
      isIdle = false
      recordsAt = page.requestedAt
      const batch = page.records.map((record, i) => readStreamRecord(record, i + 1, task.streamArn))
      shard.read(yield* task.handOver(batch, timeOf(batch[0])))
    } else if (++emptyPages >= emptyPagesIdle && task.isAcknowledged()) {
      task.readTo(page.requestedAt)
      if (!isIdle) yield* Effect.andThen(report({ _tag: "ShardIdle", shardId }), task.onIdle)
      isIdle = true
    }
    if (page.next === undefined) break
    if (page.records.length === 0) {
      yield* Effect.sleep(isLively(page.requestedAt) ? Duration.times(pause, 0.5) : pause)
    }
  }
  yield* task.acknowledged
  yield* report({ _tag: "ShardFinished", shardId })
  yield* task.onFinished
})

interface Requested extends RecordsPage {
  readonly requestedAt: number
  /** Tells whether reading began at a place again with it: empty pages before say nothing of those that follow. */
  readonly isFirst: boolean
}

/** The place where reading stands, and the page that comes next; no page when the shard is gone. */
const makeCursor = Effect.fnUntraced(function* (task: Task) {
  const { pollEvery, shardId, start, streamArn } = task
  const api = yield* StreamApi
  let from = start
  let after = afterOf(start)
  let iterator: string | undefined
  /** Tells whether there is no page yet since reading began at a place, and whether that is the oldest record. */
  let isFirst = true
  let isAtHorizon = false
  let isGapReported = false
  let failedAt = Number.NEGATIVE_INFINITY

  const request = Effect.gen(function* () {
    const requestedAt = yield* Clock.currentTimeMillis
    if (iterator === undefined) {
      isFirst = true
      yield* task.checkGap
      isAtHorizon = from._tag === "TrimHorizon"
      iterator = yield* api.shardIterator(streamArn, shardId, from)
      // Never again LATEST: what was written since the first iterator would be missing.
      from = resumeAfter(after)
    }
    return { ...(yield* api.records(iterator)), requestedAt, isFirst }
  }).pipe(
    Effect.tapError(() => Effect.map(Clock.currentTimeMillis, (now) => void (failedAt = now))),
    retryForever(`reading shard ${shardId}`, (error: StreamApiError) => error.isRetryable)
  )

  const reportGap = Effect.fnUntraced(function* (what: string) {
    const times = task.times()
    if (isGapReported || (times !== undefined && wasRead(times, yield* Clock.currentTimeMillis))) return
    isGapReported = true
    yield* report(gapEvent(`${what}, so changes in shard ${shardId} may be missing`))
  })

  const page: Effect.Effect<Requested | undefined, StreamApiError> = Effect.gen(function* () {
    for (;;) {
      const result = yield* Effect.result(request)
      if (Result.isSuccess(result)) {
        iterator = result.success.next
        isFirst = isAtHorizon = false
        return result.success
      }
      iterator = undefined
      const { reason } = result.failure
      if (reason._tag === "ShardGone") {
        yield* reportGap("the stream no longer has it")
        return undefined
      }
      if (reason._tag === "IteratorExpired") continue
      if (reason._tag !== "RecordsTrimmed") return yield* result.failure
      // The oldest record of all went away between two requests: which that is was open anyway.
      if (!isAtHorizon) yield* reportGap("records were trimmed before they were read")
      after = undefined
      from = resumeAfter(after)
      yield* Effect.sleep(pollEvery)
    }
  })

  const read = (sequenceNumber: string | undefined) => {
    after = sequenceNumber ?? after
    from = resumeAfter(after)
    isGapReported = false
  }
  return { page, read, failedAt: () => failedAt }
})

const timeOf = (read: ReadRecord | undefined): number | undefined => {
  if (read === undefined || Result.isFailure(read)) return undefined
  return "createdAt" in read.success.origin ? read.success.origin.createdAt : undefined
}

const afterOf = (start: IteratorStart) => (start._tag === "After" ? start.sequenceNumber : undefined)

const resumeAfter = (sequenceNumber: string | undefined): IteratorStart =>
  sequenceNumber === undefined ? { _tag: "TrimHorizon" } : { _tag: "After", sequenceNumber }
