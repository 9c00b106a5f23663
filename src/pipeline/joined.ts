/**
 * Batches of a source, delivered until they are settled: what has come while others were delivered is delivered next,
 * as one. What stays open of it comes again after a pause, and holds nothing else up.
 */
import type { Array as Arr } from "effect"
import { type Cause, Effect, Queue, Result, Schedule, Stream } from "effect"
import { Changed } from "../Changed.ts"
import { cut } from "../cut.ts"
import type { Batch } from "../source/Batch.ts"
import { backoff, messageOf } from "../source/retryForever.ts"
import { report } from "../source/stream/Progress.ts"

/** As much of a delivery as is used: the changes that are open, by their places among those of all its batches. */
export interface Answer {
  readonly unacknowledged: ReadonlyArray<{ readonly index: number; readonly reason: string }>
}

export interface Options<B, A extends Answer, E, R> {
  /** Delivers batches together. An error stands for all of them. */
  readonly deliver: (batches: ReadonlyArray<B>) => Effect.Effect<A, E, R>
  /** Tells whether a failed delivery is tried again; else its error ends the stream. */
  readonly isRetryable: (error: E) => boolean
  /** Names a batch where it is reported that it comes again. */
  readonly subjectOf: (batch: B) => string
  /** Ends the stream once what is on its way is delivered, whatever is open then. Defaults to never. */
  readonly stop?: Effect.Effect<void> | undefined
}

/** One delivery, and what became of each of its batches. */
export interface Delivered<B, A> {
  /** `undefined` where it failed. */
  readonly answer: A | undefined
  readonly batches: ReadonlyArray<Tried<B>>
}

export interface Tried<B> {
  readonly batch: B
  /** Tries up to now, this one included. */
  readonly tries: number
  /** The reason why some of it comes again; `undefined` once all is settled. */
  readonly open: string | undefined
}

/** A batch as it waits for a try: all of it, and what of it is open. */
interface Waiting<B> {
  readonly batch: B
  readonly left: B
  readonly tries: number
  /** Waits before the next try, longer each time. */
  readonly pause: Effect.Effect<void>
}

/** Batches that wait to be delivered; a source bounds what it has open of each shard or segment before. */
const waitingMax = 64

/**
 * All shards share this much of what is read and not yet tried, so that many of them take no more memory than some.
 * What stays open after a try no longer counts: it holds up its own shard, and no other.
 */
const untriedChangesMax = 20_000
const untriedBytesMax = 16 * 2 ** 20

/** Changes delivered as one. A handler is given up to 10,000 at a time by Lambda, too. */
const changesMax = 10_000
const bytesMax = 16 * 2 ** 20

/** Delivers batches until all are settled, and gives each delivery as it ends. */
export const joined =
  <B extends Batch, A extends Answer, E2, R2>({ deliver, isRetryable, stop, subjectOf }: Options<B, A, E2, R2>) =>
  <E, R>(batches: Stream.Stream<B, E, R>): Stream.Stream<Delivered<B, A>, E | E2, R | R2> =>
    Stream.unwrap(
      Effect.gen(function* () {
        const scope = yield* Effect.scope
        const waiting = yield* Queue.bounded<Waiting<B>, E | Cause.Done>(waitingMax)
        const open = new OpenCount()

        const offer = Effect.fnUntraced(function* (batch: B) {
          yield* open.room
          open.add(batch)
          const step = yield* Schedule.toStepWithSleep(backoff)
          const pause = Effect.ignore(Effect.suspend(() => step(undefined)))
          yield* Queue.offer(waiting, { batch, left: batch, tries: 0, pause })
        })
        const conclude = Effect.fnUntraced(function* (before: Waiting<B>, left: Left | undefined) {
          const { batch, pause } = before
          const tries = before.tries + 1
          if (tries === 1) open.noteTried(batch)
          if (left === undefined) open.noteSettled()
          else {
            const next = { batch, left: { ...batch, changes: left.changes }, tries, pause }
            yield* Effect.forkIn(Effect.andThen(pause, Queue.offer(waiting, next)), scope)
          }
          return { batch, tries, open: left?.reason }
        })
        const once = Effect.fnUntraced(function* (all: ReadonlyArray<Waiting<B>>) {
          const tried = all.map(({ left }) => left)
          const result = yield* Effect.result(deliver(tried))
          if (Result.isFailure(result) && !isRetryable(result.failure)) return yield* Effect.fail(result.failure)
          const left = Result.isSuccess(result)
            ? leftOf(tried, result.success)
            : tried.map(({ changes }): Left => ({ changes, reason: messageOf(result.failure) }))
          const batches = yield* Effect.forEach(all, (one, i) => conclude(one, left[i]))
          return { answer: Result.isSuccess(result) ? result.success : undefined, batches }
        })

        const reading = batches.pipe(
          Stream.runForEach(offer),
          Effect.andThen(open.none),
          Effect.andThen(Queue.end(waiting)),
          Effect.catchCause((cause) => Queue.failCause(waiting, cause))
        )
        yield* Effect.forkIn(reading, scope)
        const groups = Stream.rechunk(Stream.mapArray(Stream.fromQueue(waiting), grouped), 1)
        return (stop === undefined ? groups : Stream.interruptWhen(groups, stop)).pipe(
          Stream.mapEffect(once),
          Stream.tap(reportTries(subjectOf))
        )
      })
    )

/** The positions of the batches that a delivery settled. */
export const settledPositions = <P>({ batches }: Delivered<Batch<P>, unknown>): ReadonlyArray<P> =>
  batches.flatMap(({ batch, open }) => (open === undefined ? [batch.position] : []))

/** Reports batches that come again, and those that are settled after that. */
const reportTries =
  <B>(subjectOf: (batch: B) => string) =>
  ({ batches }: Delivered<B, unknown>): Effect.Effect<void> =>
    Effect.forEach(
      batches.filter(({ open, tries }) => open !== undefined || tries > 1),
      ({ batch, open, tries }) =>
        open === undefined
          ? report({ _tag: "Recovered", subject: subjectOf(batch), attempts: tries - 1 })
          : report({ _tag: "Retrying", subject: subjectOf(batch), attempt: tries, message: open }),
      { discard: true }
    )

const grouped = <B extends Batch>(all: Arr.NonEmptyReadonlyArray<Waiting<B>>) => {
  const share = ({ left }: Waiting<B>) => Math.max(left.changes.length / changesMax, left.bytes / bytesMax)
  return cut(all, share, 1, waitingMax) as unknown as Arr.NonEmptyReadonlyArray<ReadonlyArray<Waiting<B>>>
}

/** The changes of a batch that must come again, and the reason of the first of them. */
interface Left {
  readonly changes: Batch["changes"]
  readonly reason: string
}

/** Of batches that were delivered together, what each has open. */
const leftOf = (batches: ReadonlyArray<Batch>, { unacknowledged }: Answer): ReadonlyArray<Left | undefined> => {
  if (unacknowledged.length === 0) return batches.map(() => undefined)
  let begin = 0
  return batches.map(({ changes }) => {
    const from = begin
    begin += changes.length
    const own = unacknowledged.filter(({ index }) => index >= from && index < begin)
    const [first] = own
    if (first === undefined) return undefined
    const others = own.length === 1 ? "" : ` (and ${own.length - 1} more)`
    return { reason: `${first.reason}${others}`, changes: own.map(({ index }) => changes[index - from]!) }
  })
}

/** Counts what is read and not tried yet, and the batches that are not settled. */
class OpenCount {
  private untriedChanges = 0
  private untriedBytes = 0
  private batches = 0
  private readonly changed = new Changed()

  add({ bytes, changes }: Batch): void {
    this.untriedChanges += changes.length
    this.untriedBytes += bytes
    this.batches++
  }

  noteTried({ bytes, changes }: Batch): void {
    this.untriedChanges -= changes.length
    this.untriedBytes -= bytes
    this.changed.note()
  }

  noteSettled(): void {
    this.batches--
    this.changed.note()
  }

  /** Waits until one more may be read. */
  readonly room: Effect.Effect<void> = this.changed.until(
    () => this.untriedChanges < untriedChangesMax && this.untriedBytes < untriedBytesMax
  )

  /** Waits until none is left. */
  readonly none: Effect.Effect<void> = this.changed.until(() => this.batches === 0)
}
