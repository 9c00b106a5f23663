/** The meaning of a change to one aggregate: a row of it was put or removed, or was refused. */
import type { DocumentRef } from "../define/DocumentRef.ts"
import * as inspection from "../define/inspection.ts"
import * as Shape from "../define/Shape.ts"
import type * as Version from "../Version.ts"

/** A change of one row of an aggregate, decoded. */
export interface RowEvent extends DocumentRef {
  readonly row: Shape.RowShape
  /** The row within its aggregate: text whose UTF-8 order is the table's order of sort keys. */
  readonly rowKey: string
  readonly version: Version.Version
  /** The JSON text of the decoded row; `undefined` for a row that was removed, or that `where` does not take. */
  readonly json: string | undefined
  /** The reason why the row can't be taken as it now is; it keeps its last state then, whatever `json` is. */
  readonly refused?: string | undefined
  /** True where the source says that the row is new; a hint. */
  readonly isInsert: boolean
  /** The time at which the row changed, in epoch milliseconds, as far as it is known. */
  readonly changedAt: number | undefined
}

/** Makes an event that shows itself in one line: `orders 1: put orderItems "ITEM#2" {"quantity":2} @ …`. */
export const make: (event: RowEvent) => RowEvent = inspection.maker(
  (event: RowEvent) => `${placeOf(event)}: ${textOf(event)} @ ${versionOf(event)}`
)

/** The document of an event: `orders 1`. */
export const placeOf = ({ id, longKey, shape }: DocumentRef): string => `${shape.aggregate.name} ${longKey ?? id}`

/** The deed of an event, data included: `put orderItems "ITEM#2" {"quantity":2}`. */
export const textOf = (event: Pick<RowEvent, "row" | "rowKey" | "json" | "refused">): string => {
  const { json, refused } = event
  if (refused !== undefined) return `refuse ${rowOf(event)}: ${refused}`
  return json === undefined ? `remove ${rowOf(event)}` : `put ${rowOf(event)} ${json}`
}

/** The rows of something of a document, a line each, under its name. */
export const linesOf = (of: DocumentRef, lines: ReadonlyArray<string>): string =>
  [`${placeOf(of)}:`, ...lines].join("\n  ")

/** The row of an event within its document: `orderItems "ITEM#2"`. */
export const rowOf = ({ row, rowKey }: Pick<RowEvent, "row" | "rowKey">): string =>
  `${Shape.nameOf(row)} ${JSON.stringify(rowKey)}`

/** The version of an event: `1767225600000 stream 900`. */
export const versionOf = ({ version: { epoch, kind, reading, sequence } }: Pick<RowEvent, "version">): string =>
  `${epoch} ${kind === 0 ? "scan" : "stream"} ${sequence}${reading === 0 ? "" : ` read ${reading}`}`

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

/** The source is set up in a way that can't feed us: nothing of its records may be acknowledged. */
export interface Misconfigured {
  readonly _tag: "Misconfigured"
  readonly reason: string
}

export type Decoded = { readonly _tag: "Event"; readonly event: RowEvent } | Reject | Misconfigured
