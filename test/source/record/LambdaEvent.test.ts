/** Each record of an event is read for itself; events of other services are refused by name. */
import { assert, it } from "@effect/vitest"
import { Result } from "effect"
import * as LambdaEvent from "../../../src/source/record/LambdaEvent.ts"

const record = (SequenceNumber: string) => ({
  eventName: "INSERT",
  eventSource: "aws:dynamodb",
  eventSourceARN: "arn:aws:dynamodb:eu-central-1:111111111111:table/shop/stream/2026-01-01T00:00:00.000",
  dynamodb: { Keys: { PK: { S: "ORDER#7" } }, SequenceNumber }
})

it("a bad record stays in its place between good ones", () => {
  const event = { Records: [record("1"), { ...record("2"), dynamodb: { SequenceNumber: "2" } }, record("3")] }
  const read = Result.getOrThrow(LambdaEvent.read(event))
  assert.deepStrictEqual(read.map(Result.isSuccess), [true, false, true])
  assert.deepInclude(Result.getOrThrow(Result.flip(read[1]!)), {
    _tag: "MalformedRecord",
    message: "record 2 has no dynamodb.Keys",
    sequenceNumber: "2"
  })
})

it("a place without a record is a bad record", () => {
  const Records = [record("1"), record("2"), record("3")]
  delete Records[1]
  const read = Result.getOrThrow(LambdaEvent.read({ Records }))
  assert.deepInclude(Result.getOrThrow(Result.flip(read[1]!)), {
    _tag: "MalformedRecord",
    message: "record 2 is nothing, not a stream record"
  })
})

it("an array of records is what a pipe of EventBridge hands over", () => {
  const read = Result.getOrThrow(LambdaEvent.read([record("1"), {}, record("3")]))
  assert.deepStrictEqual(read.map(Result.isSuccess), [true, false, true])
})

it("one record that names another service, or is none, hides no neighbour", () => {
  for (const odd of [{ ...record("2"), eventSource: "aws:sqs" }, { eventSource: "aws:s3" }, null, 7]) {
    for (const Records of [
      [record("1"), odd, record("3")],
      [odd, record("1"), record("3")]
    ]) {
      const read = Result.getOrThrow(LambdaEvent.read({ Records }))
      assert.strictEqual(read.filter(Result.isSuccess).length, 2)
    }
  }
})

it("no records are a stream event too", () => {
  assert.deepStrictEqual(Result.getOrThrow(LambdaEvent.read({ Records: [] })), [])
})

it.each<[unknown, string]>([
  [undefined, "nothing"],
  ["Records", "a string"],
  [{}, "an object without Records"],
  [{ Records: "none" }, "an object whose Records is a string"],
  [{ Records: [{ eventSource: "aws:sqs", body: "{}" }] }, "an SQS event"],
  [{ Records: [{ eventSource: "aws:s3", s3: {} }] }, "an S3 event"],
  [{ Records: [{ eventSource: "aws:kinesis", kinesis: {} }] }, "a Kinesis event"],
  [{ Records: [{ EventSource: "aws:sns", Sns: {} }] }, "an SNS event"],
  [{ Records: [{ eventSource: "aws:kafka" }] }, "an event of aws:kafka"],
  [{ Records: [{ eventSource: "4111-1111" }] }, "an event of an unknown source"],
  [
    { requestContext: {}, DDBStreamBatchInfo: {}, payload: "{}" },
    "Lambda's record of a batch that it gave up; `tablefold replay` reads the changes in its payload"
  ],
  [
    { requestContext: {}, DDBStreamBatchInfo: {} },
    "Lambda's record of a batch that it gave up, which says where the changes stand but does not hold them; " +
      "`tablefold redrive` reads their rows from the table"
  ],
  [
    { requestContext: {}, KinesisBatchInfo: {} },
    "Lambda's record of a Kinesis batch; feed the table's own stream (DynamoDB Streams)"
  ],
  [
    { invocationId: "1", deliveryStreamArn: "arn:x", records: [] },
    "a Firehose event; feed the table's own stream (DynamoDB Streams)"
  ],
  [{ recordId: "1", data: "e30=" }, "a Firehose record; feed the table's own stream (DynamoDB Streams)"],
  [
    { Items: [], Count: 0 },
    "the output of a scan or query, whose rows have no place in a stream; `tablefold backfill` reads the table"
  ],
  [
    { Item: { PK: { S: "ORDER#1" } } },
    "a row of an export, which has no place in a stream; `tablefold backfill --export` reads the export"
  ],
  [
    { Metadata: {}, Keys: {}, NewImage: {} },
    "a line of an incremental export, which is not read; `tablefold backfill --export` reads a full export"
  ],
  [{ format: 1, id: "a", rows: [], reason: "" }, "a dead letter; `tablefold redrive` works it off"],
  [{ Type: "Notification", TopicArn: "arn:x", Message: "{}" }, "an SNS message; give the text of its Message alone"],
  [{ "detail-type": "Scheduled Event", source: "aws.events" }, "an EventBridge event"],
  [{ requestContext: {}, body: "" }, "an HTTP request"]
])("%j is refused by name", (event, got) => {
  assert.deepStrictEqual(Result.getOrThrow(Result.flip(LambdaEvent.read(event))), {
    _tag: "NotAStreamEvent",
    message: `expected a DynamoDB stream event: an object with Records[]; got ${got}`
  })
})
