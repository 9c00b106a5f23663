/** The metrics of a delivery, by its counts and its documents. */
import { type Effect, Result } from "effect"
import type * as Table from "../define/Table.ts"
import * as measures from "../metrics/measures.ts"
import { observe, type Values } from "../metrics/observe.ts"
import type { Delivery } from "./Delivery.ts"
import type { Received } from "./settlement.ts"

/** Observes a delivery of these changes that ended at `now`, in epoch milliseconds. */
export const observeDelivery = (
  table: Table.Table,
  changes: ReadonlyArray<Received>,
  { settled, summary, unacknowledged }: Delivery,
  now: number
): Effect.Effect<void> => {
  // Of two definitions that are written side by side the first counts, as in the summary.
  const documents = table.aggregates.flatMap((aggregate): Array<Values> => {
    const tags = settled.flatMap(({ patch, outcome }) => (patch.shape.aggregate === aggregate ? [outcome._tag] : []))
    const count = (tag: string) => [tags.filter((one) => one === tag).length]
    if (tags.length === 0) return []
    return [
      [measures.written, count("Written"), aggregate.name],
      [measures.unchanged, count("Unchanged"), aggregate.name]
    ]
  })
  return observe(
    [measures.received, [summary.received]],
    [measures.unclaimed, [summary.unclaimed]],
    [measures.conflicts, [summary.conflicts]],
    [measures.refused, [summary.refused]],
    [measures.deadLettered, [summary.deadLettered]],
    [measures.unacknowledged, [unacknowledged.length]],
    ...documents,
    [measures.delay, delays(changes, new Set(unacknowledged.map(({ index }) => index)), now)]
  )
}

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
