/** A delivery as the page is told of it: each change, and what became of it. Pure. */
import { Result } from "effect"
import { keyPattern } from "../decode/keyPattern.ts"
import type * as Table from "../define/Table.ts"
import type { Delivery } from "../pipeline/Delivery.ts"
import type { Received } from "../pipeline/settlement.ts"
import { refusalsOf } from "../sink/Sink.ts"
import type { Change } from "../source/Change.ts"
import type * as messages from "./messages.ts"
import { type Place, placeOf } from "./rows.ts"

/** A change before it has a number and a delay. */
export interface Told {
  readonly change: Change
  readonly place: Place
  readonly event: messages.Change["event"]
  readonly outcome: messages.Outcome
}

/** The last so many of a delivery's changes. Records that can't be read are left out: they name no row. */
export const toldOf = (
  table: Table.Table,
  received: ReadonlyArray<Received>,
  delivery: Pick<Delivery, "refusals" | "settled" | "unacknowledged">,
  countMax: number
): ReadonlyArray<Told> => {
  const refused = new Map(delivery.refusals.map(({ index, reason }) => [index, reason]))
  const open = new Map(delivery.unacknowledged.map(({ index, reason }) => [index, reason]))
  const settled = new Map(
    delivery.settled.map(({ outcome, patch }) => [JSON.stringify([patch.shape.aggregate.name, patch.id]), outcome])
  )
  const outcomeOf = (index: number, change: Change, { aggregate, id }: Place): messages.Outcome => {
    const reason = refused.get(index)
    if (reason !== undefined) return { _tag: "Refused", reason }
    const waiting = open.get(index)
    if (waiting !== undefined) return { _tag: "Waiting", reason: waiting }
    if (aggregate === null) return { _tag: "Unclaimed", pattern: keyPattern(table, change.keys) }
    const outcome = settled.get(JSON.stringify([aggregate, id]))
    return {
      _tag: outcome?._tag === "Written" || (outcome && refusalsOf(outcome).length > 0) ? "Written" : "Unchanged"
    }
  }
  const from = Math.max(0, received.length - countMax)
  return received.slice(from).flatMap((read, i): ReadonlyArray<Told> => {
    if (Result.isFailure(read)) return []
    const change = read.success
    const place = placeOf(table, change.keys)
    return [{ change, place, event: eventOf(change), outcome: outcomeOf(from + i, change, place) }]
  })
}

/** The same for a delivery that failed as a whole. */
export const waitingOf = (
  table: Table.Table,
  received: ReadonlyArray<Received>,
  reason: string,
  countMax: number
): ReadonlyArray<Told> => {
  const unacknowledged = received.map((_, index) => {
    return { index, reason, isRefused: false, aggregate: undefined, sequenceNumber: undefined }
  })
  return toldOf(table, received, { refusals: [], settled: [], unacknowledged }, countMax)
}

const eventOf = ({ image, origin }: Change): messages.Change["event"] => {
  if (origin._tag === "Stream" && (origin.eventName === "INSERT" || origin.eventName === "REMOVE")) {
    return origin.eventName
  }
  return image === undefined ? "REMOVE" : "MODIFY"
}
