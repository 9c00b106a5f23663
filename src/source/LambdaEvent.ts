/**
 * The event that Lambda hands to a function mapped to a DynamoDB stream. Each record is read for itself, so that one
 * bad record does not hide its neighbours; an event of another service is refused as a whole, by name.
 */
import { Predicate, Result } from "effect"
import { kindOf, type ReadRecord, readStreamRecord } from "./streamRecord.ts"

/** The event is not a DynamoDB stream's: the function is wired to something else. */
export interface NotAStreamEvent {
  readonly _tag: "NotAStreamEvent"
  readonly message: string
}

/**
 * The event's records in its order, each a change or the reason why not. `streamArn` stands in where records do not
 * name their stream, as in a stored GetRecords answer; events from Lambda always do.
 */
export const read = (
  event: unknown,
  options?: { readonly streamArn?: string | undefined }
): Result.Result<ReadonlyArray<ReadRecord>, NotAStreamEvent> => {
  const records = Predicate.hasProperty(event, "Records") ? event.Records : undefined
  if (!Array.isArray(records)) return refused(describe(event))
  for (const record of records) {
    const source = sourceOf(record)
    if (source !== undefined && source !== "aws:dynamodb") return refused(nameOf(source))
  }
  return Result.succeed(Array.from(records, (record, i) => readStreamRecord(record, i + 1, options?.streamArn)))
}

const refused = (got: string): Result.Result<never, NotAStreamEvent> =>
  Result.fail({
    _tag: "NotAStreamEvent",
    message: `expected a DynamoDB stream event: an object with Records[]; got ${got}`
  })

const sourceOf = (record: unknown): unknown => {
  if (!Predicate.isReadonlyObject(record)) return undefined
  return record["eventSource"] ?? record["EventSource"]
}

const names = new Map<unknown, string>([
  ["aws:sqs", "an SQS event"],
  ["aws:s3", "an S3 event"],
  ["aws:kinesis", "a Kinesis event"],
  ["aws:sns", "an SNS event"]
])

const nameOf = (source: unknown) =>
  names.get(source) ?? (typeof source === "string" ? `an event of ${source}` : "an event of an unknown source")

const describe = (event: unknown): string => {
  if (!Predicate.isReadonlyObject(event)) return kindOf(event)
  if ("Records" in event) return `an object whose Records is ${kindOf(event["Records"])}`
  if ("detail-type" in event) return "an EventBridge event"
  if ("requestContext" in event) return "an HTTP request"
  return "an object without Records"
}
