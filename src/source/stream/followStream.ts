/**
 * One stream, from where its shards stand to its end: lists the shards, starts a reader for each that may be read,
 * and notices when all are idle or all are done. Readers run on their own and only report; this loop alone decides.
 */
import { Clock, Duration, Effect, Queue, Result, type Scope, Semaphore } from "effect"
import { begun } from "./Checkpoints.ts"
import * as IsoTime from "../../IsoTime.ts"
import { retryForever } from "../retryForever.ts"
import * as Position from "./Position.ts"
import { gapEvent, type Report } from "./Progress.ts"
import * as Plan from "./shardPlan.ts"
import { isLate } from "./shardTimes.ts"
import type { ReadRecord } from "../record/streamRecord.ts"
import { rowBytes } from "../rowBytes.ts"
import { OpenBatches } from "./OpenBatches.ts"
import { type Batch, type Deliver, makeSettler } from "./settler.ts"
import { readShard, type Task } from "./shardReader.ts"
import { type IteratorStart, type Shard, StreamApi, type StreamApiError } from "./StreamApi.ts"

export interface Follow<E, R> {
  readonly tableName: string
  readonly position: Position.Position
  readonly until: "interrupted" | "caught-up"
  readonly pollEvery: Duration.Input
  readonly listEvery: Duration.Input
  readonly deliver: Deliver<E, R>
  readonly isRetryable: (error: E) => boolean
  readonly report: Report
  /** Asks for the position to be saved. */
  readonly save: Effect.Effect<void>
}

/** `ended`: nothing more will come from this stream, as it is read to its end, unreadable or gone. */
export type End = "caught-up" | "ended"

/** A stream without new images tells that a row changed, not how. */
export const hasNewImages = (viewType: string | undefined) =>
  viewType === undefined || viewType === "NEW_IMAGE" || viewType === "NEW_AND_OLD_IMAGES"

export const followStream = Effect.fnUntraced(function* <E, R>(
  follow: Follow<E, R>
): Effect.fn.Return<End, E | StreamApiError, R | StreamApi | Scope.Scope> {
  const { position, report, until } = follow
  const signals = yield* Queue.unbounded<Signal, E | StreamApiError>()
  const checkGap = makeGapCheck(follow)
  const checkLate = makeLateCheck(follow)
  const settler = yield* makeSettler({
    ...follow,
    onSettled: (batch): Effect.Effect<void> => Effect.suspend(() => shards.settle(batch))
  })
  const shards = makeShards(follow, signals, checkGap, settler.offer)
  yield* Effect.forkScoped(Effect.catchCause(settler.run, (cause) => Queue.failCause(signals, cause)))
  const lister = yield* makeLister(follow)
  yield* report({ _tag: "StreamStarted", streamArn: position.streamArn })
  yield* Queue.offer(signals, "list").pipe(
    Effect.andThen(Effect.sleep(follow.listEvery)),
    Effect.forever,
    Effect.forkScoped
  )
  let isTold = false
  let savedTo = Number.NEGATIVE_INFINITY
  for (;;) {
    const woken = yield* Queue.takeAll(signals)
    if (woken.includes("list")) {
      const listed = yield* lister.list
      if (listed === undefined) return "ended"
      const isNew = Position.enter(position, listed.shards)
      yield* checkGap
      yield* checkLate
      position.listedTo = listed.at
      if (isNew || listed.at - savedTo >= saveTimesEvery) {
        savedTo = listed.at
        yield* follow.save
      }
      for (const reader of shards.begin(listed.shards)) yield* Effect.forkScoped(reader)
    }
    const open = Plan.unfinished(lister.shards(), position.shards)
    if (open.size === 0 && lister.newest() === "replaced") return "ended"
    const isCaughtUp = lister.newest() === "this" ? open.size > 0 && shards.areIdle(open) : open.size === 0
    if (isCaughtUp && !isTold) yield* report({ _tag: "CaughtUp" })
    isTold = isCaughtUp
    if (isCaughtUp && until === "caught-up") return "caught-up"
    if (open.size === 0 && lister.newest() === "disabled") return "ended"
  }
})

/** A quiet stream moves the times of its shards and nothing else; they are precise enough when saved so often. */
const saveTimesEvery = Duration.toMillis("1 minute")

/**
 * Tells changes that may have been removed before they were read, for all shards at once: those that were resumed too
 * late, and those that can't be read or delivered for too long.
 */
const makeGapCheck = <E, R>({ position, report, tableName }: Follow<E, R>): Effect.Effect<void> =>
  Semaphore.makeUnsafe(1).withPermits(1)(
    Effect.gen(function* () {
      const gap = Position.gapOf(position, yield* Clock.currentTimeMillis)
      if (gap === undefined) return
      yield* report(
        gapEvent(
          `the stream of table ${tableName} keeps changes for 24 hours and was not read in time, ` +
            `so changes between ${IsoTime.format(gap.from)} and ${IsoTime.format(gap.to)} may be missing`
        )
      )
      Position.noteGap(position, gap)
    })
  )

/** Tells, once for each shard until it is better, that changes of it wait for too long to be read and written. */
const makeLateCheck = <E, R>({ position, report, tableName }: Follow<E, R>): Effect.Effect<void> => {
  const told = new Set<string>()
  return Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    for (const [shardId, times] of position.times) {
      if (!isLate(times, now)) told.delete(shardId)
      if (!isLate(times, now) || told.has(shardId)) continue
      told.add(shardId)
      const message =
        `shard ${shardId} of table ${tableName} is read and written up to ${IsoTime.format(times.readTo)}: the ` +
        "stream keeps changes for 24 hours, and what is not written by then may be missing"
      yield* report({ _tag: "Late", message })
    }
  })
}

/** `list`: shards are to be listed, at once after one finished. `look`: one is idle, or no longer. */
type Signal = "list" | "look"

/** The readers: which run, which are idle, and what is open of their shards. */
interface Readers {
  readonly running: Set<string>
  readonly idle: Set<string>
  readonly open: Map<string, OpenBatches>
}

const makeShards = <E, R>(
  follow: Follow<E, R>,
  signals: Queue.Queue<Signal, E | StreamApiError>,
  checkGap: Effect.Effect<void>,
  offer: (batch: Batch) => Effect.Effect<void>
) => {
  const { position } = follow
  const readers: Readers = { running: new Set(), idle: new Set(), open: new Map() }
  const report = makeReport(follow, signals, readers)

  const reader = (shardId: string) => {
    const open = new OpenBatches()
    readers.running.add(shardId)
    readers.open.set(shardId, open)
    const task: Task = {
      ...follow,
      streamArn: position.streamArn,
      shardId,
      start: startOf(position, shardId),
      handOver: Effect.fnUntraced(function* (records, begin) {
        if (readers.idle.delete(shardId)) Queue.offerUnsafe(signals, "look")
        yield* open.room
        // Of what is open it is not yet known that it is read for good.
        if (begin !== undefined && open.isEmpty) task.readTo(Math.min(begin, yield* Clock.currentTimeMillis))
        const batch = { shardId, records, bytes: bytesOf(records) }
        const { sequenceNumber } = open.add(batch)
        yield* offer(batch)
        return sequenceNumber
      }),
      isAcknowledged: () => open.isEmpty,
      acknowledged: open.none,
      times: () => position.times.get(shardId),
      readTo: (time) => Position.readTo(position, shardId, time),
      checkGap,
      report
    }
    return readShard(task).pipe(Effect.catchCause((cause) => Queue.failCause(signals, cause)))
  }

  /** Readers for all shards that may be read now and are not. */
  const begin = (shards: ReadonlyArray<Shard>) =>
    Plan.readable(shards, position.shards)
      .filter((shardId) => !readers.running.has(shardId))
      .map(reader)

  /** Acknowledges what is settled by a batch: all up to the first one that is open. */
  const settle = Effect.fnUntraced(function* (batch: Batch) {
    const { shardId } = batch
    const open = readers.open.get(shardId)!
    open.settle(batch)
    for (let end = open.settled; end !== undefined; end = open.settled) {
      const { createdAt, records, sequenceNumber } = end
      const now = yield* Clock.currentTimeMillis
      const behindMillis = createdAt === undefined ? undefined : Math.max(0, now - createdAt)
      yield* report({ _tag: "Delivered", shardId, records, sequenceNumber, behindMillis })
      open.acknowledge()
    }
  })

  const areIdle = (open: ReadonlySet<string>) => [...open].every((shardId) => readers.idle.has(shardId))
  return { begin, areIdle, settle }
}

const bytesOf = (records: ReadonlyArray<ReadRecord>): number =>
  records.reduce((sum, read) => sum + (Result.isSuccess(read) ? rowBytes(read.success.image) : 0), 0)

/** Passes on what readers report, once the position is moved by it. */
const makeReport = <E, R>(
  { position, report, save }: Follow<E, R>,
  signals: Queue.Queue<Signal, E | StreamApiError>,
  { idle, open, running }: Readers
): Report => {
  return (progress) => {
    const told = report(progress)
    if (progress._tag === "ShardIdle") {
      idle.add(progress.shardId)
      return Effect.andThen(Effect.andThen(save, told), Queue.offer(signals, "look"))
    }
    if (progress._tag === "ShardFinished") {
      Position.finish(position, progress.shardId)
      running.delete(progress.shardId)
      open.delete(progress.shardId)
      return Effect.andThen(Effect.andThen(save, told), Queue.offer(signals, "list"))
    }
    if (progress._tag !== "Delivered" || progress.sequenceNumber === undefined) return told
    const { behindMillis = 0, sequenceNumber, shardId } = progress
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      Position.acknowledge(position, shardId, sequenceNumber, now - behindMillis)
      return Effect.andThen(save, told)
    })
  }
}

const startOf = (position: Position.Position, shardId: string): IteratorStart => {
  const after = position.shards.get(shardId) ?? begun
  if (after !== begun) return { _tag: "After", sequenceNumber: after }
  return { _tag: position.latest.has(shardId) ? "Latest" : "TrimHorizon" }
}

// Far longer than a list has a gap; a finished shard is listed for a day, so a checkpoint holds little more than that.
const forgetAfterMillis = Duration.toMillis("1 hour")

/** Remembers what DynamoDB said of the stream's shards, and last of the table's newest stream. */
const makeLister = Effect.fnUntraced(function* <E, R>(follow: Follow<E, R>) {
  const api = yield* StreamApi
  const { shards: positions, streamArn } = follow.position
  const begunAt = yield* Clock.currentTimeMillis
  const listedAt = new Map([...positions.keys()].map((shardId) => [shardId, begunAt]))
  /** Shards that a list leaves out are remembered, with their parents. */
  const shards = new Map<string, Shard>()
  let newest: "this" | "disabled" | "replaced" = "this"

  // While the table cannot be described its shards are still read, so an outage of this call alone stops nothing.
  const look = api.findStream(follow.tableName).pipe(
    Effect.map(({ latest }) => {
      newest = latest?.streamArn !== streamArn ? "replaced" : latest.enabled ? "this" : "disabled"
    }),
    Effect.catchReason("StreamApiError", "TableMissing", () => Effect.sync(() => (newest = "disabled"))),
    Effect.catchIf(
      (error) => error.isRetryable,
      () => Effect.void
    )
  )

  const ask = Effect.flatMap(Clock.currentTimeMillis, (at) =>
    Effect.map(api.describeStream(streamArn), (described) => ({ ...described, at }))
  ).pipe(
    retryForever(`listing the shards of ${streamArn}`, (error: StreamApiError) => error.isRetryable, follow.report)
  )

  /** The stream's shards, and when they were asked for; nothing if it is gone, or of a kind that cannot be read. */
  const list = Effect.gen(function* () {
    yield* look
    const asked = yield* Effect.result(ask)
    if (Result.isFailure(asked)) {
      return asked.failure.reason._tag === "StreamGone" ? undefined : yield* asked.failure
    }
    const { at, shards: listed, viewType } = asked.success
    if (!hasNewImages(viewType)) return undefined
    for (const shard of listed) {
      shards.set(shard.shardId, shard)
      listedAt.set(shard.shardId, at)
    }
    for (const shardId of Plan.forgettable(positions, listedAt, at, forgetAfterMillis)) {
      for (const known of [positions, listedAt, shards]) known.delete(shardId)
    }
    return { shards: [...shards.values()], at }
  })
  return { list, newest: () => newest, shards: () => [...shards.values()] }
})
