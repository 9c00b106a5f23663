/** The answer to Lambda: which records must come again. Pure. */
import { Predicate } from "effect"
import { compareSequence } from "../Version.ts"
import type { Unacknowledged } from "../pipeline/settlement.ts"

/** A partial batch response; none means all is settled. Lambda delivers again everything from the lowest number on. */
export interface Response {
  readonly batchItemFailures: ReadonlyArray<{ readonly itemIdentifier: string }>
}

/**
 * Names the lowest sequence number that is not acknowledged. `undefined` where a record has none: no answer could name
 * it, so the invocation must fail as a whole.
 */
export const respond = (unacknowledged: ReadonlyArray<Unacknowledged>): Response | undefined => {
  const numbers = unacknowledged.map(({ sequenceNumber }) => sequenceNumber)
  if (!numbers.every((number) => number !== undefined)) return undefined
  const lowest = numbers.toSorted(compareSequence)[0]
  return { batchItemFailures: lowest === undefined ? [] : [{ itemIdentifier: lowest }] }
}

/**
 * The answer to a pipe of EventBridge, which hands over a bare array of records. It knows them by their `eventID`, and
 * delivers again those that are named (EventBridge user guide, "Partial batch failure").
 */
export const respondToPipe = (
  unacknowledged: ReadonlyArray<Unacknowledged>,
  records: ReadonlyArray<unknown>
): Response | undefined => {
  const ids = unacknowledged.map(({ index }) => {
    const record = records[index]
    return Predicate.hasProperty(record, "eventID") ? record.eventID : undefined
  })
  if (!ids.every((id) => typeof id === "string" && id !== "")) return undefined
  return { batchItemFailures: ids.map((id) => ({ itemIdentifier: id as string })) }
}
