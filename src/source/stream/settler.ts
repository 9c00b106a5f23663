/**
 * Settles the batches of all shards together: whatever has come while others were delivered is delivered next, as one.
 * What stays open of it comes again after a pause, and holds nothing else up.
 */
import { Effect, Fiber, Latch, Queue, Schedule, type Scope, Stream } from "effect"
import { cut } from "../../cut.ts"
import type { ReadRecord } from "../record/streamRecord.ts"
import { backoff, messageOf } from "../retryForever.ts"
import type { Report } from "./Progress.ts"

/** Records of one shard, in its order: one at least. */
export interface Batch {
  readonly shardId: string
  readonly records: ReadonlyArray<ReadRecord>
  /** About what its rows take in memory. */
  readonly bytes: number
}

/** The records of a batch that must come again, and the reason of the first of them. */
export interface Open {
  readonly records: ReadonlyArray<ReadRecord>
  readonly reason: string
}

/**
 * Delivers batches that are at hand together. Gives for each what of it is open, or `undefined` where all is settled.
 * An error stands for all of them.
 */
export type Deliver<E, R> = (batches: ReadonlyArray<Batch>) => Effect.Effect<ReadonlyArray<Open | undefined>, E, R>

export interface Options<E, R> {
  readonly deliver: Deliver<E, R>
  /** Tells whether a failed delivery is tried again; else it ends the settling with its error. */
  readonly isRetryable: (error: E) => boolean
  readonly onSettled: (batch: Batch) => Effect.Effect<void>
  readonly report: Report
}

/** A batch after some tries, and the records of it that are left. */
interface Waiting {
  readonly batch: Batch
  readonly records: ReadonlyArray<ReadRecord>
  readonly tries: number
  /** Waits before the next try, longer each time. */
  readonly pause: Effect.Effect<void>
}

/** Batches that wait to be delivered; a shard's own bound holds it up before, where it is alone. */
const waitingMax = 64

/**
 * All shards share this much of what is read and not yet tried, so that many of them take no more memory than some.
 * What stays open after a try no longer counts: it holds up its own shard, and no other.
 */
const untriedRecordsMax = 20_000
const untriedBytesMax = 16 * 2 ** 20

/** Records delivered as one. A handler is given up to 10,000 at a time by Lambda, too. */
const recordsMax = 10_000

/** Gives a function that takes a batch, waiting while there is no room, and the work itself, which an error ends. */
export const makeSettler = Effect.fnUntraced(function* <E, R>({
  deliver,
  isRetryable,
  onSettled,
  report
}: Options<E, R>): Effect.fn.Return<
  { readonly offer: (batch: Batch) => Effect.Effect<void>; readonly run: Effect.Effect<void, E, R> },
  never,
  Scope.Scope
> {
  const scope = yield* Effect.scope
  const waiting = yield* Queue.bounded<Waiting>(waitingMax)
  const untried = makeUntried()

  const settled = Effect.fnUntraced(function* ({ batch, tries }: Waiting) {
    if (tries > 0) yield* report({ _tag: "Recovered", subject: subjectOf(batch), attempts: tries })
    yield* onSettled(batch)
  })

  const again = Effect.fnUntraced(function* ({ batch, pause, tries }: Waiting, { reason, records }: Open) {
    const attempt = tries + 1
    yield* report({ _tag: "Retrying", subject: subjectOf(batch), attempt, message: reason })
    const offer = Queue.offer(waiting, { batch, records, tries: attempt, pause })
    yield* Effect.forkIn(Effect.andThen(pause, offer), scope)
  })

  const conclude = Effect.fnUntraced(function* (all: ReadonlyArray<Waiting>, answers: ReadonlyArray<Open | undefined>) {
    for (const [i, one] of all.entries()) {
      const open = answers[i]
      if (one.tries === 0) untried.remove(one.batch)
      yield* open === undefined ? settled(one) : again(one, open)
    }
  })

  const settle = Effect.fnUntraced(function* (all: ReadonlyArray<Waiting>) {
    const batches = all.map(({ batch, records }): Batch => ({ ...batch, records }))
    const records = batches.reduce((sum, batch) => sum + batch.records.length, 0)
    const delivery = deliver(batches).pipe(
      Effect.withSpan("StreamTail.batch", { attributes: { batches: batches.length, records } }),
      Effect.catchIf(isRetryable, (error) => {
        return Effect.succeed(batches.map(({ records }): Open => ({ records, reason: messageOf(error) })))
      }),
      Effect.flatMap((answers) => conclude(all, answers))
    )
    // Who is stopped lets what is on its way be settled, and so saved.
    const fiber = yield* Effect.forkDetach(delivery)
    yield* Fiber.join(fiber).pipe(Effect.onInterrupt(() => Effect.ignore(Effect.timeout(Fiber.await(fiber), drainMax))))
  })

  return {
    offer: Effect.fnUntraced(function* (batch) {
      yield* untried.room
      untried.add(batch)
      const step = yield* Schedule.toStepWithSleep(backoff)
      const pause = Effect.ignore(Effect.suspend(() => step(undefined)))
      yield* Queue.offer(waiting, { batch, records: batch.records, tries: 0, pause })
    }),
    run: Stream.runForEachArray(Stream.fromQueue(waiting), (all) =>
      Effect.forEach(
        cut(all, ({ records }) => records.length, recordsMax, waitingMax),
        settle,
        { discard: true }
      )
    )
  }
})

/** The batches of all shards that are read and were not tried yet. */
const makeUntried = () => {
  const changed = Latch.makeUnsafe(false)
  let [records, bytes] = [0, 0]
  const room: Effect.Effect<void> = Effect.suspend(() => {
    if (records < untriedRecordsMax && bytes < untriedBytesMax) return Effect.void
    changed.closeUnsafe()
    return Effect.andThen(changed.await, room)
  })
  const add = (batch: Batch): void => {
    records += batch.records.length
    bytes += batch.bytes
  }
  const remove = (batch: Batch): void => {
    records -= batch.records.length
    bytes -= batch.bytes
    changed.openUnsafe()
  }
  return { room, add, remove }
}

/** The time that what is on its way has to be settled in when the following is stopped. */
const drainMax = "10 seconds"

const subjectOf = ({ shardId }: Batch): string => `delivering from shard ${shardId}`
