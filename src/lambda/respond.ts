/** The answer to Lambda: which records must come again. Pure. */
import { compareSequence } from "../decode/Version.ts"
import type { Unacknowledged } from "../settlement.ts"

/** A partial batch response. Lambda delivers again everything from the lowest number on; none means all is settled. */
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
