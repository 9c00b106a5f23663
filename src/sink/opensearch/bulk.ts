/** Documents → bulk requests. Pure. */
import type { FieldNames } from "./fieldNames.ts"

/** A conditional write of a whole document. */
export interface Action {
  readonly writeAlias: string
  readonly id: string
  /** The document's JSON text, on one line. */
  readonly text: string
  /**
   * The document that the index has now: the write is refused if that changed. `undefined`: none, so it must be
   * created.
   */
  readonly seen: { readonly seqNo: number; readonly primaryTerm: number } | undefined
  /** The fields of the document that may be named where it is refused. */
  readonly fields: FieldNames
}

/** The two lines of an action; its write alias stands in the request's path. */
export const lines = ({ id, seen, text }: Pick<Action, "id" | "seen" | "text">): string => {
  const target = `"_id":${JSON.stringify(id)}`
  return seen === undefined
    ? `{"create":{${target}}}\n${text}\n`
    : `{"index":{${target},"if_seq_no":${seen.seqNo},"if_primary_term":${seen.primaryTerm}}}\n${text}\n`
}

/** Groups of items whose bytes and number stay under the limits; an item over the limit by itself stands alone. */
export const cut = <T>(
  items: ReadonlyArray<T>,
  size: (item: T) => number,
  bytesMax: number,
  countMax: number
): ReadonlyArray<ReadonlyArray<T>> => {
  const groups: Array<Array<T>> = []
  let group: Array<T> = []
  let bytes = 0
  for (const item of items) {
    const own = size(item)
    if (group.length > 0 && (bytes + own > bytesMax || group.length >= countMax)) {
      groups.push(group)
      group = []
      bytes = 0
    }
    group.push(item)
    bytes += own
  }
  return group.length === 0 ? groups : [...groups, group]
}
