/**
 * One stream, from where its shards stand to its end: lists the shards, starts a reader for each that may be read,
 * and notices when all are idle or all are done. Readers run on their own and only report; this loop alone decides.
 */
import { Clock, Duration, Effect, Queue, type Scope, Semaphore } from "effect"
import * as IsoTime from "../../IsoTime.ts"
import type { Batch } from "../Batch.ts"
import { makeLister } from "./lister.ts"
import * as Position from "./Position.ts"
import { gapEvent, report } from "./Progress.ts"
import * as Plan from "./shardPlan.ts"
import { makeShards, type Place, type Signal } from "./shards.ts"
import { isLate } from "./shardTimes.ts"
import type { StreamApi, StreamApiError } from "./StreamApi.ts"

export interface Options {
  readonly tableName: string
  readonly position: Position.Position
  readonly until: "interrupted" | "caught-up"
  readonly pollEvery: Duration.Input
  readonly listEvery: Duration.Input
  /** Hands a batch to whoever settles it. */
  readonly offer: (batch: Batch<Place>) => Effect.Effect<unknown>
  /** Asks for the position to be saved. */
  readonly save: Effect.Effect<void>
}

/** `ended`: nothing more will come from this stream, as it is read to its end, unreadable or gone. */
export type End = "caught-up" | "ended"

/** A stream that is ready to be read. */
export interface Following {
  readonly run: Effect.Effect<End, StreamApiError, StreamApi | Scope.Scope>
  /** Notes a batch as settled. Does nothing for a batch of another stream. */
  readonly acknowledge: (place: Place) => Effect.Effect<void>
}

export const followStream = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<Following> {
  const signals = yield* Queue.unbounded<Signal, StreamApiError>()
  const checkGap = makeGapCheck(options)
  const shards = makeShards({ ...options, signals, checkGap })
  return { acknowledge: shards.acknowledge, run: follow(options, signals, checkGap, shards) }
})

const follow = Effect.fnUntraced(function* (
  { listEvery, position, save, tableName, until }: Options,
  signals: Queue.Queue<Signal, StreamApiError>,
  checkGap: Effect.Effect<void>,
  shards: ReturnType<typeof makeShards>
) {
  const checkLate = makeLateCheck({ position, tableName })
  const lister = yield* makeLister(tableName, position)
  yield* report({ _tag: "StreamStarted", streamArn: position.streamArn })
  yield* Queue.offer(signals, "list").pipe(Effect.andThen(Effect.sleep(listEvery)), Effect.forever, Effect.forkScoped)
  let isReported = false
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
        yield* save
      }
      for (const reader of shards.begin(listed.shards)) yield* Effect.forkScoped(reader)
    }
    const open = Plan.unfinished(lister.shards(), position.shards)
    if (open.size === 0 && lister.newest() === "replaced") return "ended"
    const isCaughtUp = lister.newest() === "this" ? open.size > 0 && shards.areIdle(open) : open.size === 0
    if (isCaughtUp && !isReported) yield* report({ _tag: "CaughtUp" })
    isReported = isCaughtUp
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
type Source = Pick<Options, "position" | "tableName">

const makeGapCheck = ({ position, tableName }: Source): Effect.Effect<void> =>
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
const makeLateCheck = ({ position, tableName }: Source): Effect.Effect<void> => {
  const reported = new Set<string>()
  return Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    for (const [shardId, times] of position.times) {
      if (!isLate(times, now)) reported.delete(shardId)
      if (!isLate(times, now) || reported.has(shardId)) continue
      reported.add(shardId)
      const message =
        `shard ${shardId} of table ${tableName} is read and written up to ${IsoTime.format(times.readTo)}: the ` +
        "stream keeps changes for 24 hours, and what is not written by then may be missing"
      yield* report({ _tag: "Late", message })
    }
  })
}
