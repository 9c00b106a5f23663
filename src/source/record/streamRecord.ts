/**
 * One DynamoDB stream record, in a Lambda event's form or the SDK's, becomes a {@link Change}. A record that is not
 * whole is an answer of its own, never a throw and never left out: whoever reads it must settle it. The images are
 * passed on as they are; whether their values make sense is decoding's question.
 */
import { Predicate, Result } from "effect"
import type { Attributes, Change } from "../Change.ts"
import { createdAtOf } from "./createdAt.ts"
import { isKinesis, kindOf, kinesisRecord, otherService } from "./otherForms.ts"
import { Origin, StreamChange } from "./StreamChange.ts"

/** A record that cannot be read as a change: what is missing, and where. */
export interface MalformedRecord {
  readonly _tag: "MalformedRecord"
  /** A sentence such as `record 3 has no dynamodb.Keys`. Names places and types, never values of the row. */
  readonly message: string
  /** For a checkpoint or a partial batch response; absent if the record has none. */
  readonly sequenceNumber: string | undefined
  /** The row it is about and the stream it came from, as far as the record says, so that the row can be read again. */
  readonly found?: { readonly keys: Attributes | undefined; readonly streamArn: string | undefined }
}

/** The place of a record: its number in a batch, counted from 1, or words such as `orders.jsonl:12`. */
export type Place = number | string

export type ReadRecord = Result.Result<Change, MalformedRecord>

/**
 * Reads one stream record. Records from the SDK do not name their stream, so whoever asked for them passes the ARN;
 * it counts whatever the record says.
 */
export const readStreamRecord = (record: unknown, place: Place, streamArn?: string): ReadRecord => {
  if (!Predicate.isReadonlyObject(record)) return malformed(place, `is ${kindOf(record)}, not a stream record`)
  const dynamodb = record["dynamodb"]
  if (!Predicate.isReadonlyObject(dynamodb)) return malformed(place, "has no dynamodb object")
  const { eventName } = record
  const eventSourceARN = streamArn ?? record["eventSourceARN"]
  const {
    Keys: keys,
    NewImage: image,
    OldImage: old,
    SequenceNumber: sequenceNumber,
    StreamViewType: viewType
  } = dynamodb
  const isNumbered = typeof sequenceNumber === "string" && isSequenceNumber(sequenceNumber)
  const bad = (what: string) =>
    malformed(place, what, isNumbered ? sequenceNumber : undefined, {
      keys: Predicate.isReadonlyObject(keys) ? (keys as Attributes) : undefined,
      streamArn: typeof eventSourceARN === "string" ? eventSourceARN : undefined
    })
  if (!isNumbered) {
    if (sequenceNumber === undefined && isKinesis(record)) return bad(kinesisRecord)
    return bad(lacks("dynamodb.SequenceNumber", sequenceNumber, "a decimal string"))
  }
  const service = otherService(record)
  if (service !== undefined) return bad(`is of ${service}, not of a DynamoDB stream`)
  if (typeof eventName !== "string") return bad(lacks("eventName", eventName, "a string"))
  if (typeof eventSourceARN !== "string") return bad(lacks("eventSourceARN", eventSourceARN, "a string"))
  if (!Predicate.isReadonlyObject(keys)) return bad(lacks("dynamodb.Keys", keys, "an object"))
  if (isEmpty(keys)) return bad("has an empty dynamodb.Keys")
  if (image !== undefined && image !== null && !Predicate.isReadonlyObject(image)) {
    return bad(lacks("dynamodb.NewImage", image, "an object"))
  }
  const createdAt = createdAtOf(dynamodb)
  const view = typeof viewType === "string" ? viewType : undefined
  const origin = new Origin(eventName, eventSourceARN, sequenceNumber, createdAt, view)
  const now = image === null ? undefined : (image as Attributes | undefined)
  // An old image that is damaged only says nothing: it is no state that has to be written.
  const before = Predicate.isReadonlyObject(old) ? (old as Attributes) : undefined
  return Result.succeed(new StreamChange(keys as Attributes, now, before, origin))
}

/** A record refused at `place`, as {@link readStreamRecord} gives it. */
export const malformed = (
  place: Place,
  what: string,
  sequenceNumber?: string,
  found?: MalformedRecord["found"]
): ReadRecord =>
  Result.fail({
    _tag: "MalformedRecord",
    message: `${typeof place === "number" ? `record ${place}` : place} ${what}`,
    sequenceNumber,
    ...(found === undefined ? {} : { found })
  })

const lacks = (path: string, found: unknown, expected: string) =>
  found === undefined ? `has no ${path}` : `has ${kindOf(found)} as ${path} instead of ${expected}`

const isEmpty = (attributes: object): boolean => {
  for (const _ in attributes) return false
  return true
}

/**
 * DynamoDB's have 21 to 40 digits (API reference, StreamRecord), those of its sample events fewer. Without a limit a
 * damaged one could fill a document. A longer text is none.
 */
const digitsMax = 100

// By hand: a regular expression costs as much as all the rest of this file.
const isSequenceNumber = (text: string): boolean => {
  if (text.length > digitsMax) return false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 48 || code > 57) return false
  }
  return text.length > 0
}
