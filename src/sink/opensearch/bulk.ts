/** Documents → bulk requests. Pure. */
import type { FieldNames } from "./fieldNames.ts"

/** A conditional write of a whole document. */
export interface Action {
  readonly writeAlias: string
  readonly id: string
  /** The refresh interval of its index in milliseconds; `undefined` where no refresh is to be asked for. */
  readonly refreshEvery: number | undefined
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
