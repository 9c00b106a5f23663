/** Reports of a function that follows the stream: that it is at work, and that changes may be lost. */
import { Clock, Duration, Effect } from "effect"
import * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import { oldestAt, type Received, type Unacknowledged } from "../settlement.ts"
import { Sink } from "../sink/Sink.ts"

const shapesOf = ({ aggregates, previous }: Table.Table): ReadonlyArray<Shape.Shape> =>
  [...aggregates, ...(previous?.aggregates ?? [])].map(Shape.of)

/** Before a batch is written: who writes it, and how old its oldest change is. */
export const reportBefore = Effect.fnUntraced(function* (table: Table.Table, changes: ReadonlyArray<Received>) {
  yield* (yield* Sink).report(shapesOf(table), { oldestAt: oldestAt(changes) })
})

/** A stream keeps a record for a day, so one of this age is likely never to come again. */
const lostAfter = Duration.toMillis("23 hours")

/** After a batch was written: what of it is not acknowledged, and too old to come again for long. */
export const reportAfter = Effect.fnUntraced(function* (
  table: Table.Table,
  changes: ReadonlyArray<Received>,
  unacknowledged: ReadonlyArray<Unacknowledged>
) {
  if (unacknowledged.length === 0) return
  const now = yield* Clock.currentTimeMillis
  const old = unacknowledged.filter(({ index }) => now - (oldestAt([changes[index]!]) ?? now) > lostAfter)
  if (old.length === 0) return
  const names = new Set(old.map(({ aggregate }) => aggregate))
  const shapes = shapesOf(table).filter(({ aggregate }) => names.has(undefined) || names.has(aggregate.name))
  const gap = `${old.length} of the changes that can't be written are over 23 hours old: the stream keeps a day`
  yield* (yield* Sink).report(shapes, { gap })
})
