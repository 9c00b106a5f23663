/** Reasons to verify after a fill: what a scan can't put right. Pure. */
import * as IsoTime from "../IsoTime.ts"
import type { Generation } from "./StoredDocuments.ts"

/**
 * Reasons that are known before the first row, of the generations as they were: rows that are gone without a word.
 * `epoch` is that of the table's stream, `takenAt` the time of an export in epoch milliseconds.
 */
export const before = (
  generations: ReadonlyArray<Generation>,
  epoch: number,
  takenAt: number | undefined
): ReadonlyArray<string> => {
  const named = (is: (generation: Generation) => boolean) => generations.filter(is).map(({ name }) => name)
  const later = named(({ createdAt }) => takenAt !== undefined && takenAt < createdAt)
  const replaced = named(({ source }) => source !== null && source.epoch < epoch)
  const refilled = named(({ filled }) => filled)
  return [
    ...(later.length > 0 ? [`the export is older than ${later.join(", ")}: what changed in between is missing`] : []),
    ...(replaced.length > 0
      ? [`the table's stream is a newer one than ${replaced.join(", ")} knew: rows removed in between are still there`]
      : []),
    ...(refilled.length > 0 ? [`${refilled.join(", ")} was filled before: rows removed unseen are still there`] : [])
  ]
}

/** Reasons that come with the rows: some that a stream may tell wrong, or that a scan wrote which did not end. */
export const after = (outdated: number, writtenFrom: number | null): ReadonlyArray<string> => [
  ...(writtenFrom !== null
    ? [
        `a scan begun ${IsoTime.format(writtenFrom)} wrote a part of the rows: ` +
          "those removed unseen since are still there"
      ]
    : []),
  ...(outdated > 0
    ? [`${outdated} ${outdated === 1 ? "row was" : "rows were"} left as the stream told: wrong if it lost a change`]
    : [])
]
