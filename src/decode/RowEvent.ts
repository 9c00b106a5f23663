/** The meaning of one change: a row of an aggregate was put or removed, was refused, or is nobody's. */
import type { DocumentRef } from "../define/DocumentRef.ts"
import type * as Shape from "../define/Shape.ts"
import type * as Version from "../Version.ts"

/** A change of one row of an aggregate, decoded. */
export interface RowEvent extends DocumentRef {
  readonly row: Shape.RowShape
  /** The row within its aggregate: text whose UTF-8 order is the table's order of sort keys. */
  readonly rowKey: string
  readonly version: Version.Version
  /** The JSON text of the decoded row; `undefined` for a row that was removed, or that `where` does not take. */
  readonly json: string | undefined
  /** True where the source says that the row is new; a hint. */
  readonly isInsert: boolean
  /** The time at which the row changed, in epoch milliseconds, as far as it is known. */
  readonly changedAt: number | undefined
}

/** A change that can't be decoded, with the reason in words, and never the row's data. */
export interface Reject {
  readonly _tag: "Reject"
  /** The aggregate's name; `undefined` where the record did not get that far. */
  readonly aggregate: string | undefined
  /** The row's key in readable form, `ORDER#1 / ITEM#2`; "" where there was none. */
  readonly key: string
  readonly version: Version.Version | undefined
  /** The sequence number of the stream record, if it had one. */
  readonly sequenceNumber: string | undefined
  readonly reason: string
}

/** A row of a kind that no definition claims. */
export interface Unclaimed {
  readonly _tag: "Unclaimed"
}

/** The source is set up in a way that can't feed us: nothing of its records may be acknowledged. */
export interface Misconfigured {
  readonly _tag: "Misconfigured"
  readonly reason: string
}

export type Decoded = { readonly _tag: "Event"; readonly event: RowEvent } | Reject | Unclaimed | Misconfigured
