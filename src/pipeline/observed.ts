/** The metrics of a delivery, by its counts and its documents. */
import { Effect, Result } from "effect"
import type * as Table from "../define/Table.ts"
import * as measures from "../metrics/measures.ts"
import { observe } from "../metrics/observe.ts"
import type { Delivery } from "./Delivery.ts"
import type { Received } from "./settlement.ts"

/** Observes a delivery of these changes that ended at `now`, in epoch milliseconds. */
export const observeDelivery = Effect.fnUntraced(function* (
  table: Table.Table,
  changes: ReadonlyArray<Received>,
  { settled, summary, unacknowledged }: Delivery,
  now: number
) {
  yield* observe(measures.received, [summary.received])
  yield* observe(measures.unclaimed, [summary.unclaimed])
  yield* observe(measures.conflicts, [summary.conflicts])
  yield* observe(measures.refused, [summary.refused])
  yield* observe(measures.deadLettered, [summary.deadLettered])
  yield* observe(measures.unacknowledged, [unacknowledged.length])
  // Of two definitions that are written side by side the first counts, as in the summary.
  for (const aggregate of table.aggregates) {
    const own = settled.filter(({ patch }) => patch.shape.aggregate === aggregate)
    const count = (tag: string) => own.filter(({ outcome }) => outcome._tag === tag).length
    if (own.length === 0) continue
    yield* observe(measures.written, [count("Written")], aggregate.name)
    yield* observe(measures.unchanged, [count("Unchanged")], aggregate.name)
  }
  yield* observe(measures.delay, delays(changes, new Set(unacknowledged.map(({ index }) => index)), now))
})

/** From each settled change to `now`, in seconds, where it says when it was made. */
const delays = (changes: ReadonlyArray<Received>, open: ReadonlySet<number>, now: number): ReadonlyArray<number> => {
  const found: Array<number> = []
  for (const [i, change] of changes.entries()) {
    if (Result.isFailure(change) || open.has(i)) continue
    const { origin } = change.success
    const at = origin._tag === "Stream" ? origin.createdAt : undefined
    if (at !== undefined) found.push(Math.max(0, now - at) / 1000)
  }
  return found
}
