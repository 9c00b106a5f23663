/** Forms that people feed in place of a stream's records: each by its name, and what to do with it. */
import { Predicate } from "effect"

/** `an array`, `null`, `a string`, …: what stands where something else was expected. */
export const kindOf = (value: unknown): string => {
  if (value === null) return "null"
  if (value === undefined) return "nothing"
  if (Array.isArray(value)) return "an array"
  return typeof value === "object" ? "an object" : `a ${typeof value}`
}

/** Names the service that a record says it comes from; `undefined` where that is DynamoDB, or is not said. */
export const otherService = (record: unknown): string | undefined => {
  if (!Predicate.isReadonlyObject(record)) return undefined
  const source = record["eventSource"] ?? record["EventSource"]
  if (source === undefined || source === null || source === "aws:dynamodb") return undefined
  const known = services.get(source)
  // Any other text may be a row's data in the wrong place.
  return known ?? (typeof source === "string" && /^aws:[\w.-]{1,40}$/.test(source) ? `an event of ${source}` : unknown)
}

const unknown = "an event of an unknown source"

const services = new Map<unknown, string>([
  ["aws:sqs", "an SQS event"],
  ["aws:s3", "an S3 event"],
  ["aws:kinesis", "a Kinesis event"],
  ["aws:sns", "an SNS event"]
])

/** Tells whether a value is what Lambda itself sends for a batch that it gave up. */
export const isGivenUp = (
  value: unknown
): value is { readonly DDBStreamBatchInfo: unknown; readonly payload?: unknown } =>
  Predicate.hasProperty(value, "DDBStreamBatchInfo")

/** A record of Kinesis Data Streams for DynamoDB, which looks like a stream's. */
export const isKinesis = (record: { readonly [field: string]: unknown }): boolean =>
  "recordFormat" in record || "tableName" in record

export const kinesisRecord =
  "is a record of Kinesis Data Streams for DynamoDB, which have no sequence numbers of the table; " +
  "feed the table's own stream (DynamoDB Streams)"

interface Form {
  readonly members: ReadonlyArray<string>
  readonly name: string
}

/** A value with all these members is of that form; the first one counts. */
const forms: ReadonlyArray<Form> = [
  {
    members: ["DDBStreamBatchInfo", "payload"],
    name: "Lambda's record of a batch that it gave up; `tablefold replay` reads the changes in its payload"
  },
  {
    members: ["DDBStreamBatchInfo"],
    name:
      "Lambda's record of a batch that it gave up, which says where the changes stand but does not hold them; " +
      "`tablefold redrive` reads their rows from the table"
  },
  {
    members: ["KinesisBatchInfo"],
    name: "Lambda's record of a Kinesis batch; feed the table's own stream (DynamoDB Streams)"
  },
  { members: ["deliveryStreamArn"], name: "a Firehose event; feed the table's own stream (DynamoDB Streams)" },
  { members: ["recordId", "data"], name: "a Firehose record; feed the table's own stream (DynamoDB Streams)" },
  {
    members: ["Items"],
    name: "the output of a scan or query, whose rows have no place in a stream; `tablefold backfill` reads the table"
  },
  {
    members: ["Metadata", "Keys"],
    name: "a line of an incremental export, which is not read; `tablefold backfill --export` reads a full export"
  },
  {
    members: ["Item"],
    name: "a row of an export, which has no place in a stream; `tablefold backfill --export` reads the export"
  },
  { members: ["format", "rows", "reason"], name: "a dead letter; `tablefold redrive` works it off" },
  { members: ["Type", "Message", "TopicArn"], name: "an SNS message; give the text of its Message alone" },
  { members: ["detail-type"], name: "an EventBridge event" },
  { members: ["requestContext"], name: "an HTTP request" }
]

/** Names what is not an event of a stream's records. */
export const describe = (event: unknown): string => {
  if (!Predicate.isReadonlyObject(event)) return kindOf(event)
  if ("Records" in event) return `an object whose Records is ${kindOf(event["Records"])}`
  const form = forms.find(({ members }) => members.every((member) => member in event))
  return form?.name ?? "an object without Records"
}
