/**
 * Settles the batches of all shards together: whatever has come while others were delivered is delivered next, as one.
 * What stays open of it comes again after a pause, and holds nothing else up.
 */
import { Effect, Fiber, Queue, Random, type Scope, Stream } from "effect"
import { cut } from "../../cut.ts"
import type { ReadRecord } from "../record/streamRecord.ts"
import { messageOf } from "../retryForever.ts"
import type { Report } from "./Progress.ts"

/** Records of one shard, in its order: one at least. */
export interface Batch {
  readonly shardId: string
  readonly records: ReadonlyArray<ReadRecord>
}

/**
 * Delivers batches that are at hand together. Gives for each the reason why it must come again, or `undefined` where it
 * is settled. An error stands for all of them.
 */
export type Deliver<E, R> = (batches: ReadonlyArray<Batch>) => Effect.Effect<ReadonlyArray<string | undefined>, E, R>

export interface Options<E, R> {
  readonly deliver: Deliver<E, R>
  /** Tells whether a failed delivery is tried again; else it ends the settling with its error. */
  readonly isRetryable: (error: E) => boolean
  readonly onSettled: (batch: Batch) => Effect.Effect<void>
  readonly report: Report
}

/** Batches that wait to be delivered; a shard's own bound holds it up before, where it is alone. */
const waitingMax = 64

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
  const waiting = yield* Queue.bounded<Batch>(waitingMax)
  const attempts = new Map<Batch, number>()

  const settled = Effect.fnUntraced(function* (batch: Batch) {
    const tried = attempts.get(batch)
    attempts.delete(batch)
    if (tried !== undefined) yield* report({ _tag: "Recovered", subject: subjectOf(batch), attempts: tried })
    yield* onSettled(batch)
  })

  const open = Effect.fnUntraced(function* (batch: Batch, message: string) {
    const attempt = (attempts.get(batch) ?? 0) + 1
    attempts.set(batch, attempt)
    yield* report({ _tag: "Retrying", subject: subjectOf(batch), attempt, message })
    const pause = Math.min(pauseMax, pauseFirst * 2 ** (attempt - 1)) * (0.8 + 0.4 * (yield* Random.next))
    yield* Effect.forkIn(Effect.delay(Queue.offer(waiting, batch), pause), scope)
  })

  const conclude = Effect.fnUntraced(function* (
    batches: ReadonlyArray<Batch>,
    reasons: ReadonlyArray<string | undefined>
  ) {
    for (const [i, batch] of batches.entries()) {
      const reason = reasons[i]
      yield* reason === undefined ? settled(batch) : open(batch, reason)
    }
  })

  const settle = Effect.fnUntraced(function* (batches: ReadonlyArray<Batch>) {
    const records = batches.reduce((sum, batch) => sum + batch.records.length, 0)
    const delivery = deliver(batches).pipe(
      Effect.withSpan("StreamTail.batch", { attributes: { batches: batches.length, records } }),
      Effect.catchIf(isRetryable, (error) => Effect.succeed(batches.map(() => messageOf(error)))),
      Effect.flatMap((reasons) => conclude(batches, reasons))
    )
    // Who is stopped lets what is on its way be settled, and so saved.
    const fiber = yield* Effect.forkDetach(delivery)
    yield* Fiber.join(fiber).pipe(Effect.onInterrupt(() => Effect.ignore(Effect.timeout(Fiber.await(fiber), drainMax))))
  })

  return {
    offer: (batch) => Effect.asVoid(Queue.offer(waiting, batch)),
    run: Stream.runForEachArray(Stream.fromQueue(waiting), (batches) =>
      Effect.forEach(
        cut(batches, ({ records }) => records.length, recordsMax, waitingMax),
        settle,
        { discard: true }
      )
    )
  }
})

/** The time that what is on its way has to be settled in when the following is stopped. */
const drainMax = "10 seconds"

/** Pauses in milliseconds: 200, 400, 800, … up to 10,000, each 20 % more or less so that shards do not ask in step. */
const pauseFirst = 200
const pauseMax = 10_000

const subjectOf = ({ shardId }: Batch): string => `delivering from shard ${shardId}`
