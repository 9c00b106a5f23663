/**
 * A stream record as a {@link Change}. Made by a class and not by a literal: all of a batch is still in use when young
 * objects are collected in its midst, so V8 soon puts what a literal makes among the old ones, and there each holds its
 * record until a full collection (measured: half of what a batch allocates was copied twice). A class makes them young.
 */
import type { Attributes, Change, StreamOrigin } from "../Change.ts"

export class StreamChange implements Change {
  readonly keys: Attributes
  /** The row as it now is; `undefined` when the record carries none. */
  readonly image: Attributes | undefined
  /** The row as it was before, where the record carries that. */
  readonly before: Attributes | undefined
  readonly origin: Origin

  constructor(keys: Attributes, image: Attributes | undefined, before: Attributes | undefined, origin: Origin) {
    this.keys = keys
    this.image = image
    this.before = before
    this.origin = origin
  }
}

export class Origin implements StreamOrigin {
  readonly _tag = "Stream"
  readonly eventName: string
  readonly streamArn: string
  readonly sequenceNumber: string
  readonly createdAt: number | undefined
  readonly viewType: string | undefined

  constructor(
    eventName: string,
    streamArn: string,
    sequenceNumber: string,
    createdAt: number | undefined,
    viewType: string | undefined
  ) {
    this.eventName = eventName
    this.streamArn = streamArn
    this.sequenceNumber = sequenceNumber
    this.createdAt = createdAt
    this.viewType = viewType
  }
}
