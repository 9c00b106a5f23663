import type { Delivered } from "./records.ts"
import type { Answer } from "./Worker.ts"

/** How many of the batch's first records are settled; `undefined` where the batch has failed as a whole. */
export const settledOf = (batch: ReadonlyArray<Delivered>, answer: Answer): number | undefined => {
  if (answer._tag !== "Answered") return undefined
  const failures = answer.response.batchItemFailures.map(({ itemIdentifier }) =>
    batch.findIndex(({ sequenceNumber }) => sequenceNumber === itemIdentifier)
  )
  if (failures.includes(-1)) return undefined
  return failures.length === 0 ? batch.length : Math.min(...failures)
}
