/**
 * The one way of the data, from a source's batches to what of them is settled. A batch's changes are claimed and
 * grouped by document, decoded and folded into patches as the sink pulls them, and written; what comes out says of each
 * change whether it is settled. Nothing is logged here.
 */
import { Clock, Data, Duration, Effect, Stream } from "effect"
import { Budget } from "../Budget.ts"
import * as RowEvent from "../decode/RowEvent.ts"
import type * as Table from "../define/Table.ts"
import * as Patch from "../fold/Patch.ts"
import { Sink, type SinkError, writeAll } from "../sink/Sink.ts"
import type { Batch } from "../source/Batch.ts"
import * as batchSource from "./batchSource.ts"
import { checkSource } from "./checkSource.ts"
import * as deadLetters from "./deadLetters.ts"
import { type Delivery, deliveryOf, isRetryable, type SourceError, withPrevious } from "./Delivery.ts"
import { type Answer, joined, type Options as JoinedOptions } from "./joined.ts"
import * as Patches from "./patches.ts"
import * as settlement from "./settlement.ts"
import { withoutSkipped } from "./superseded.ts"

export { type Delivery, isRetryable, SourceError, type Summary } from "./Delivery.ts"

export interface SettleOptions<B, A extends Answer, R> extends Pick<
  JoinedOptions<B, A, never, R>,
  "subjectOf" | "stop"
> {
  /** Takes changes through the pipeline: `deliver`, or more with it. */
  readonly deliver: (changes: ReadonlyArray<settlement.Received>) => Effect.Effect<A, SourceError | SinkError, R>
}

/**
 * Takes a source's batches through the pipeline until all are settled, several at once where they have come meanwhile.
 * Gives each delivery and what of which batch it settled; the program acknowledges that with the source.
 */
export const settle = <B extends Batch, A extends Answer, R>({ deliver, ...options }: SettleOptions<B, A, R>) =>
  joined({
    ...options,
    isRetryable,
    deliver: (batches: ReadonlyArray<B>) => deliver(batches.flatMap(({ changes }) => changes))
  })

export interface Options {
  /**
   * Lets a change that a definition could not be written with be settled by the one written beside it, which
   * readers see. Defaults to `true`; what is brought again by itself, as a dead letter is, must be written with both.
   */
  readonly maySkipSuperseded?: boolean
}

/**
 * Takes a batch of changes through the pipeline. Every change ends in the index, in the dead letters if there is a
 * destination for them (the service `DeadLetters`), or among the unacknowledged.
 * Fails where nothing can be settled: with a wrong source, or a sink that can't be asked.
 */
export const deliver = Effect.fn("Pipeline.deliver")(function* (
  table: Table.Table,
  received: ReadonlyArray<settlement.Received>,
  { maySkipSuperseded = true }: Options = {}
): Effect.fn.Return<Delivery, SourceError | SinkError, Sink> {
  const changes = batchSource.ofOneTable(received)
  const { previous } = table
  if (previous === undefined) return yield* deliverTo(table, changes, undefined)
  const beside = (other: Table.Table) => (maySkipSuperseded ? other : undefined)
  const both = [deliverTo(table, changes, beside(previous)), deliverTo(previous, changes, beside(table))] as const
  const [now, before] = yield* Effect.all(both, { concurrency: 2 })
  return withPrevious(now, before)
})

/** Takes a batch through the pipeline of one definition: claim, decode and fold, write, settle. */
const deliverTo = Effect.fnUntraced(function* (
  table: Table.Table,
  changes: ReadonlyArray<settlement.Received>,
  beside: Table.Table | undefined
): Effect.fn.Return<Delivery, SourceError | SinkError, Sink> {
  const sink = yield* Sink
  const claimed = batchSource.withImages(table, changes, Patches.claim(table, changes))
  const keys = { partitionKey: table.partitionKey, sortKey: table.sortKey }
  const origins = settlement.originsOf(changes).map((origin) => ({ ...origin, keys }))
  const tableArn = origins[0]?.tableArn
  yield* checkSource(table, changes, claimed, origins)

  const writing = Stream.fromArray(Patches.groups(claimed)).pipe(
    Stream.rechunk(foldedAtOnce),
    Stream.map((group) => Patches.fold(table, group)),
    Stream.filter((patch) => !Patch.isEmpty(patch)),
    (patches) => sink.write(patches, origins),
    Stream.runCollect,
    Effect.withSpan("Sink.write", {}, { captureStackTrace: false })
  )
  const all = yield* beside === undefined ? writing : withShare(4 / 5, writing)
  // A patch of which no row could be decoded brings marks alone, which count for something only where they are open.
  const settled = all.filter(({ outcome, patch }) => patch.registers.size > 0 || outcome._tag === "Unsettled")
  const decoded = Patches.withRejects(
    claimed,
    all.map(({ patch }) => patch)
  )
  const results = settlement.withoutOpenMarks(claimed, decoded, settled)
  const open = settlement.open(changes, results, settled)
  const posted = yield* deadLetters.send(table, { changes, results, settled }, open)

  const unacknowledged = yield* withShare(1 / 5, withoutSkipped({ table, beside, tableArn }, posted.open))
  const now = yield* Clock.currentTimeMillis
  return deliveryOf({ table, changes, all, settled, decoded, results, open, posted, unacknowledged, now })
})

/**
 * Documents that are decoded and folded before the sink is given them: few, so that the first are soon on their way.
 */
const foldedAtOnce = 16

/** Runs a part of a delivery in its share of the time budget: what writing leaves open may be left out in the rest. */
const withShare = <A, E, R>(share: number, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Budget, (time) => Effect.provideService(effect, Budget, Duration.times(time, share)))

/**
 * Some of what was to be written was not; a line each says which document and why, as `settlement.summarize` has them.
 */
export class NotWritten extends Data.TaggedError("NotWritten")<{ readonly message: string }> {}

/**
 * Writes decoded events, as `put` and `remove` of `tablefold/testing` make them. Fails where one of them is refused or
 * could not be written, after the others are, or belongs to an aggregate that the table does not have.
 */
export const write = Effect.fn("Pipeline.write")(function* (
  table: Table.Table,
  events: Iterable<RowEvent.RowEvent>
): Effect.fn.Return<void, NotWritten | SinkError, Sink> {
  const all = [...events]
  const patches = Patch.fromEvents(all)
  const stranger = patches.find(({ shape }) => !table.aggregates.includes(shape.aggregate))
  if (stranger !== undefined) {
    return yield* new NotWritten({ message: `the table has no aggregate "${stranger.shape.aggregate.name}"` })
  }
  const refused = all.flatMap((event) =>
    event.refused === undefined ? [] : `${RowEvent.placeOf(event)}, ${RowEvent.rowOf(event)}: ${event.refused}`
  )
  const problems = settlement.summarize(settlement.problems(yield* writeAll(patches, [])))
  if (refused.length + problems.length > 0) {
    return yield* new NotWritten({ message: [...refused, ...problems].join("\n") })
  }
})
