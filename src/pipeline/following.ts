/**
 * Batches of a followed stream through the pipeline: the programs that follow one, Lambda's handler and `tail`, say
 * beside the writing that they are at work, and that changes may be lost before they are read.
 */
import { Clock, Duration, Effect } from "effect"
import * as Arn from "../Arn.ts"
import * as batchSource from "./batchSource.ts"
import * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import { ofDimensions } from "../metrics/observe.ts"
import { observeDelivery } from "./observed.ts"
import * as Pipeline from "./Pipeline.ts"
import { oldestAt, originsOf, type Received, type Unacknowledged } from "./settlement.ts"
import { Budget } from "../Budget.ts"
import { type News, Sink, type SinkError } from "../sink/Sink.ts"
import type { Batch } from "../source/Batch.ts"
import type { Place } from "../source/stream/shards.ts"

export { reportEvery } from "../sink/opensearch/following.ts"

/** Says that a program which follows the stream is at work with a table's definitions, the previous ones included. */
export const report = (table: Table.Table, news: News): Effect.Effect<void, SinkError, Sink> =>
  Effect.flatMap(Sink, (sink) => sink.report(shapesOf(table), news))

const shapesOf = ({ aggregates, previous }: Table.Table): ReadonlyArray<Shape.Shape> =>
  [...aggregates, ...(previous?.aggregates ?? [])].map(Shape.of)

/** `Pipeline.deliver` for a batch of a followed stream, observed. All of it takes no longer than `Budget` says. */
export const deliver = Effect.fnUntraced(function* (table: Table.Table, received: ReadonlyArray<Received>) {
  const changes = batchSource.ofOneStream(received)
  const tableArn = originsOf(changes)[0]?.tableArn
  const about = { table: tableArn === undefined ? undefined : Arn.nameOf(tableArn) }
  return yield* ofDimensions(about)(deliverFrom(table, changes, tableArn))
})

const deliverFrom = Effect.fnUntraced(function* (
  table: Table.Table,
  changes: ReadonlyArray<Received>,
  tableArn: string | undefined
) {
  const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(yield* Budget)
  yield* report(table, { tableArn, oldestAt: oldestAt(changes) })
  const delivery = yield* within(until, Pipeline.deliver(table, changes))
  const now = yield* Clock.currentTimeMillis
  yield* observeDelivery(table, changes, delivery, now)
  const late = lateOf(changes, delivery.unacknowledged, now)
  if (late.length === 0) return delivery
  const names = new Set(late.map(({ aggregate }) => aggregate))
  // A record that can't be read may be of any aggregate.
  const shapes = shapesOf(table).filter(({ aggregate }) => names.has(undefined) || names.has(aggregate.name))
  const what =
    late.length === 1 ? "a change that can't be written is" : `${late.length} changes that can't be written are`
  const gap = `${what} over 23 hours old, and the stream keeps them for a day`
  // Where it can't be noted, what is open comes again, and is as old then.
  yield* within(until, (yield* Sink).report(shapes, { tableArn, gap })).pipe(
    Effect.catchIf(
      ({ reason }) => !reason.isRetryable,
      () => Effect.void
    )
  )
  return delivery
})

/** Takes changes of a followed stream through the pipeline. */
export type Deliver = (received: ReadonlyArray<Received>) => ReturnType<typeof deliver>

/**
 * Settles the batches of a followed stream through a table's definitions, and gives each delivery as it ends. `stop`
 * ends it once what is on its way is delivered; `watch` may look at each delivery.
 */
export const settle = (
  table: Table.Table,
  stop: Effect.Effect<void>,
  watch: (deliver: Deliver) => Deliver = (deliver) => deliver
) => Pipeline.settle({ deliver: watch((changes) => deliver(table, changes)), stop, subjectOf })

export const subjectOf = ({ position }: Batch<Place>): string => `delivering from shard ${position.shardId}`

/** Gives the sink the time that is left until then, in epoch milliseconds. */
const within = Effect.fnUntraced(function* <A, E, R>(until: number, effect: Effect.Effect<A, E, R>) {
  const left = Math.max(0, until - (yield* Clock.currentTimeMillis))
  return yield* Effect.provideService(effect, Budget, Duration.millis(left))
})

/** A stream keeps a record for a day, so one of this age is likely never to come again. */
const lostAfter = Duration.toMillis("23 hours")

const lateOf = (changes: ReadonlyArray<Received>, unacknowledged: ReadonlyArray<Unacknowledged>, now: number) =>
  unacknowledged.filter(({ index }) => now - (oldestAt([changes[index]!]) ?? now) > lostAfter)
