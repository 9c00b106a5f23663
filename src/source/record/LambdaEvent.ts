/**
 * The event that Lambda hands to a function mapped to a DynamoDB stream, or a bare array of its records, as an
 * EventBridge pipe hands it over. Each record is read for itself, so that one bad record does not hide its neighbours;
 * an event of another service is refused as a whole, by name.
 */
import { Predicate, Result } from "effect"
import { describe, otherService } from "./otherForms.ts"
import { type ReadRecord, readStreamRecord } from "./streamRecord.ts"

/** The event is not a DynamoDB stream's: the function is wired to something else. */
export interface NotAStreamEvent {
  readonly _tag: "NotAStreamEvent"
  readonly message: string
}

/**
 * The event's records in its order, each a change or the reason why not. `streamArn` stands for the stream that
 * records name, or do not name, as in a stored GetRecords answer.
 */
export const read = (
  event: unknown,
  options?: { readonly streamArn?: string | undefined }
): Result.Result<ReadonlyArray<ReadRecord>, NotAStreamEvent> => {
  const records: unknown = Array.isArray(event)
    ? event
    : Predicate.hasProperty(event, "Records")
      ? event.Records
      : undefined
  if (!Array.isArray(records)) return refused(describe(event))
  const service = otherService(records[0])
  // A record among others that names another service is only refused: it may be damaged.
  if (service !== undefined && records.every(isOfOtherService)) return refused(service)
  return Result.succeed(Array.from(records, (record, i) => readStreamRecord(record, i + 1, options?.streamArn)))
}

const isOfOtherService = (record: unknown): boolean =>
  otherService(record) !== undefined && !Predicate.hasProperty(record, "dynamodb")

const refused = (got: string): Result.Result<never, NotAStreamEvent> =>
  Result.fail({
    _tag: "NotAStreamEvent",
    message: `expected a DynamoDB stream event: an object with Records[]; got ${got}`
  })
