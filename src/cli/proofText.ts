/** The proof of an index in words. */
import type { ProofStatus } from "../generation/proofStatus.ts"
import { whole } from "./scanFlags.ts"
import { count, type Line } from "./terminal.ts"

/** Documents that are named, of those that are wrong. */
const namedMax = 20

/** `documents` is the number of those that readers see. */
export const proofText = (proof: ProofStatus, documents: number): ReadonlyArray<Line> => {
  const { ageSeconds, differing, isWhole, provenAt, wrong } = proof
  const verb = differing.length === 1 ? "differs" : "differ"
  const maybe = differing.length === 0 ? "" : `; ${count(differing.length, "document")} ${verb}, the stream may be why`
  const some = isWhole
    ? `proven right within the last ${age(ageSeconds)}`
    : `under proof since ${provenAt}, ${whole(proof.documents)} compared so far`
  if (wrong.length === 0) {
    const all = documents === 1 ? "the one document" : `all ${whole(documents)} documents`
    return [{ style: isWhole && maybe === "" ? "green" : "yellow", text: `${all} ${some}${maybe}` }]
  }
  const named = wrong.slice(0, namedMax).map(({ id, kinds, since }): Line => {
    return { style: "red", text: `  ${id}: ${kinds.join(", ")}, since ${since}` }
  })
  const more = wrong.length - named.length
  return [
    { style: "red", text: `${count(wrong.length, "document")} wrong; the others ${some}${maybe}` },
    ...named,
    ...(more > 0 ? [`  … and ${more} more`] : [])
  ]
}

/** Rounded up, as it is a bound. */
const age = (seconds: number): string => {
  if (seconds <= 120 * 60) return count(Math.max(1, Math.ceil(seconds / 60)), "minute")
  return seconds <= 72 * 3600 ? `${Math.ceil(seconds / 3600)} hours` : `${Math.ceil(seconds / 86_400)} days`
}
