/**
 * A change of one row, as a source hands it over: DynamoDB's own attribute values, nothing decoded yet.
 * Whatever brought it (a Lambda event, a followed stream, a table scan, a file), it has this one form.
 */

/** One attribute value in DynamoDB's typed JSON. Binary is base64 text in events and exports, bytes from the SDK. */
export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: string | Uint8Array }
  | { readonly BOOL: boolean }
  | { readonly NULL: boolean }
  | { readonly SS: ReadonlyArray<string> }
  | { readonly NS: ReadonlyArray<string> }
  | { readonly BS: ReadonlyArray<string | Uint8Array> }
  | { readonly L: ReadonlyArray<AttributeValue> }
  | { readonly M: Attributes }

/** Attribute values by name. A name may be anything, `__proto__` included, so read own properties only. */
export interface Attributes {
  readonly [name: string]: AttributeValue
}

/** The place of a stream record: the stream that speaks and the record's place in it. */
export interface StreamOrigin {
  readonly _tag: "Stream"
  /** INSERT, MODIFY or REMOVE; anything else is a reject later on. */
  readonly eventName: string
  readonly streamArn: string
  /** A decimal string of any length. */
  readonly sequenceNumber: string
  /**
   * The time at which the row was changed, in epoch milliseconds (DynamoDB gives whole seconds); absent in some sample
   * events.
   */
  readonly createdAt: number | undefined
  /** `NEW_AND_OLD_IMAGES`, `NEW_IMAGE`, …; absent in some sample events. */
  readonly viewType: string | undefined
}

/** The place of a row read by a scan. */
export interface ScanOrigin {
  readonly _tag: "Scan"
  readonly tableArn: string
  /** The time in the label of the table's enabled stream, in epoch milliseconds; 0 for a table without a stream. */
  readonly epoch: number
  /** The time at which the row's page was requested, in epoch milliseconds. */
  readonly requestedAt: number
  /** True where no scan came before this one: a hint that what it brings is new. */
  readonly isFirst?: boolean
}

/** The place of a row that was read from the table to stand under a version it has already: a redriven dead letter. */
export interface ReadingOrigin {
  readonly _tag: "Reading"
  readonly tableArn: string
  readonly epoch: number
  /** 0 for a version that a scan gave, 1 for that of a stream record. */
  readonly kind: 0 | 1
  readonly sequence: string
  /** The time at which the row was asked for (consistently), in epoch milliseconds. */
  readonly readAt: number
}

export interface Change {
  /** The table's key attributes of the row, always present. */
  readonly keys: Attributes
  /** The row as it now is; `undefined` when the record carries none (a removal, or a stream without new images). */
  readonly image: Attributes | undefined
  /** The row as it was before, where the stream has old images and the row was there. */
  readonly before?: Attributes | undefined
  readonly origin: StreamOrigin | ScanOrigin | ReadingOrigin
}
