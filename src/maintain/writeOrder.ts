/**
 * Documents in the order of their writes: by `_seq_no`, the number of the last write of each. A shard numbers its
 * writes by itself, so as many documents as there are shards may have one number.
 */
import { Effect } from "effect"
import { unreachable } from "../sink/opensearch/errors.ts"

export const sort = [{ _seq_no: "asc" }]

/** A document as it is found in this order. */
export interface Numbered {
  readonly sort: readonly [seqNo: number]
}

/**
 * The documents of a page whose number has all of its documents there, and the number that the next page begins with;
 * `undefined` after the last one. Fails where the page has a single number.
 */
export const wholeNumbers = Effect.fnUntraced(function* <A extends Numbered>(
  index: string,
  hits: ReadonlyArray<A>,
  size: number
) {
  const last = hits.at(-1)?.sort[0]
  if (last === undefined || hits.length < size) return { hits, next: undefined }
  const whole = hits.filter(({ sort: [seqNo] }) => seqNo < last)
  if (whole.length > 0) return { hits: whole, next: last }
  return yield* unreachable(`${size} documents of ${index} have the number ${last}: too many shards`)
})
