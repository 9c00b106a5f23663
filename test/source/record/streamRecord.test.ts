/** Reads both forms of a stream record, and holds each way a record can be broken against the words it must get. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { type MalformedRecord, readStreamRecord } from "../../../src/source/record/streamRecord.ts"

const streamArn = "arn:aws:dynamodb:eu-central-1:111111111111:table/shop/stream/2026-01-01T00:00:00.000"
const keys = { PK: { S: "ORDER#7" }, SK: { S: "ITEM#1" } }
const image = { ...keys, qty: { N: "2" }, photo: { B: "AQI=" } }
const before = { ...keys, qty: { N: "1" } }
const fromLambda = {
  eventName: "MODIFY",
  eventSource: "aws:dynamodb",
  eventSourceARN: streamArn,
  dynamodb: {
    Keys: keys,
    NewImage: image,
    OldImage: before,
    SequenceNumber: "800000000003126276362",
    ApproximateCreationDateTime: 1_573_689_847,
    StreamViewType: "NEW_AND_OLD_IMAGES"
  }
}
const change = {
  keys,
  image,
  before,
  origin: {
    _tag: "Stream",
    eventName: "MODIFY",
    streamArn,
    sequenceNumber: "800000000003126276362",
    createdAt: 1_573_689_847_000,
    viewType: "NEW_AND_OLD_IMAGES"
  }
}

const withDynamodb = (changed: object) => ({ ...fromLambda, dynamodb: { ...fromLambda.dynamodb, ...changed } })

describe("a whole record", () => {
  it("comes out of a Lambda event", () => {
    assert.deepStrictEqual<unknown>(Result.getOrThrow(readStreamRecord(fromLambda, 1)), change)
  })

  it("comes from the SDK with a Date, bytes, and the stream it was asked of", () => {
    const bytes = { ...image, photo: { B: Uint8Array.of(1, 2) } }
    const { eventSourceARN: _, ...nameless } = withDynamodb({
      ApproximateCreationDateTime: new Date(1_573_689_847_000),
      NewImage: bytes
    })
    const read = Result.getOrThrow(readStreamRecord(nameless, 1, streamArn))
    assert.deepStrictEqual<unknown>(read, { ...change, image: bytes })
  })

  it.each([
    ["ISO text as files have it", "2019-11-14T00:04:07.000Z", 1_573_689_847_000],
    ["a fraction of a second", 1_573_689_847.5, 1_573_689_847_500],
    ["none, as in sample events", undefined, undefined],
    ["text that is no time", "soon", undefined]
  ])("may have as its time %s", (_, time, expected) => {
    const read = readStreamRecord(withDynamodb({ ApproximateCreationDateTime: time }), 1)
    assert.strictEqual(Result.getOrThrow(read).origin["createdAt" as never], expected)
  })

  it("may have a short sequence number, no view type and no image", () => {
    const sample = withDynamodb({ SequenceNumber: "111", StreamViewType: undefined, NewImage: undefined })
    const read = Result.getOrThrow(readStreamRecord({ ...sample, eventName: "REMOVE" }, 1))
    assert.isUndefined(read.image)
    assert.deepInclude(read.origin, { eventName: "REMOVE", sequenceNumber: "111", viewType: undefined })
  })

  it.each([undefined, null, "x", []])("may have an old image that is none: %j", (OldImage) => {
    assert.isUndefined(Result.getOrThrow(readStreamRecord(withDynamodb({ OldImage }), 1)).before)
  })

  it("keeps an event name that nobody knows, for decoding to refuse", () => {
    assert.isTrue(Result.isSuccess(readStreamRecord({ ...fromLambda, eventName: "MERGE" }, 1)))
  })

  it("keeps an attribute named __proto__", () => {
    const record = JSON.parse(JSON.stringify(fromLambda).replaceAll("qty", "__proto__")) as unknown
    const read = Result.getOrThrow(readStreamRecord(record, 1))
    assert.isTrue(Object.hasOwn(read.image ?? {}, "__proto__"))
  })
})

describe("a broken record says what is missing and where", () => {
  it.each<[unknown, string, string | undefined]>([
    [undefined, "record 3 is nothing, not a stream record", undefined],
    [[], "record 3 is an array, not a stream record", undefined],
    [{ eventName: "INSERT" }, "record 3 has no dynamodb object", undefined],
    [withDynamodb({ SequenceNumber: undefined }), "record 3 has no dynamodb.SequenceNumber", undefined],
    [
      withDynamodb({ SequenceNumber: 111 }),
      "record 3 has a number as dynamodb.SequenceNumber instead of a decimal string",
      undefined
    ],
    [
      withDynamodb({ SequenceNumber: "12a" }),
      "record 3 has a string as dynamodb.SequenceNumber instead of a decimal string",
      undefined
    ],
    [
      withDynamodb({ SequenceNumber: "" }),
      "record 3 has a string as dynamodb.SequenceNumber instead of a decimal string",
      undefined
    ],
    [
      withDynamodb({ SequenceNumber: "9".repeat(101) }),
      "record 3 has a string as dynamodb.SequenceNumber instead of a decimal string",
      undefined
    ],
    [
      { ...fromLambda, eventSource: "aws:sqs" },
      "record 3 is of an SQS event, not of a DynamoDB stream",
      "800000000003126276362"
    ],
    [
      { ...fromLambda, eventSource: "4111-1111" },
      "record 3 is of an event of an unknown source, not of a DynamoDB stream",
      "800000000003126276362"
    ],
    [
      { ...withDynamodb({ SequenceNumber: undefined }), recordFormat: "application/json", tableName: "Shop" },
      "record 3 is a record of Kinesis Data Streams for DynamoDB, which have no sequence numbers of the table; " +
        "feed the table's own stream (DynamoDB Streams)",
      undefined
    ],
    [withDynamodb({ Keys: undefined }), "record 3 has no dynamodb.Keys", "800000000003126276362"],
    [withDynamodb({ Keys: {} }), "record 3 has an empty dynamodb.Keys", "800000000003126276362"],
    [
      withDynamodb({ NewImage: "gone" }),
      "record 3 has a string as dynamodb.NewImage instead of an object",
      "800000000003126276362"
    ],
    [{ ...fromLambda, eventName: undefined }, "record 3 has no eventName", "800000000003126276362"],
    [{ ...fromLambda, eventSourceARN: undefined }, "record 3 has no eventSourceARN", "800000000003126276362"]
  ])("%j", (record, message, sequenceNumber) => {
    const read = readStreamRecord(record, 3)
    assert.deepInclude(Result.getOrThrow(Result.flip(read)), {
      _tag: "MalformedRecord",
      message,
      sequenceNumber
    } satisfies MalformedRecord)
  })

  it("keeps the key and the stream that it does name, so that the row can be read again", () => {
    const found = (record: unknown) => Result.getOrThrow(Result.flip(readStreamRecord(record, 3))).found
    const { eventSourceARN: streamArn } = fromLambda
    assert.deepStrictEqual(found({ ...fromLambda, eventName: undefined }), {
      keys: fromLambda.dynamodb.Keys,
      streamArn
    })
    assert.deepStrictEqual(found(withDynamodb({ Keys: 7 })), { keys: undefined, streamArn })
    assert.deepStrictEqual(found(withDynamodb({ SequenceNumber: undefined })), { keys, streamArn })
  })

  it("takes the stream it is given for the one that the record names", () => {
    const read = Result.getOrThrow(readStreamRecord(fromLambda, 3, "arn:other"))
    assert.deepInclude(read.origin, { streamArn: "arn:other" })
  })

  it("takes words for the place", () => {
    const read = Result.getOrThrow(Result.flip(readStreamRecord({}, "orders.jsonl:12")))
    assert.strictEqual(read.message, "orders.jsonl:12 has no dynamodb object")
  })
})
