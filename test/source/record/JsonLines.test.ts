/** One file in every layout gives the same records; a bad line names itself and hides nothing around it. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as JsonLines from "../../../src/source/record/JsonLines.ts"

const record = (SequenceNumber: string) => ({
  eventName: "INSERT",
  eventSource: "aws:dynamodb",
  eventSourceARN: "arn:aws:dynamodb:eu-central-1:111111111111:table/shop/stream/2026-01-01T00:00:00.000",
  dynamodb: { Keys: { PK: { S: "secret" } }, SequenceNumber }
})
const [one, two, three] = [record("1"), record("2"), record("3")]
const json = JSON.stringify

const givenUp = (Records: ReadonlyArray<unknown>) =>
  json({
    requestContext: { condition: "RetryAttemptsExhausted" },
    DDBStreamBatchInfo: { streamArn: one.eventSourceARN, batchSize: Records.length },
    payload: json({ Records })
  })

const outcomes = (text: string, options?: { readonly streamArn: string }) =>
  Result.getOrThrow(JsonLines.read("orders.jsonl", text, options)).map(
    Result.match({
      onSuccess: ({ origin }) => (origin._tag === "Stream" ? origin.sequenceNumber : "scan"),
      onFailure: ({ message }) => message
    })
  )

describe("a file's layout does not matter", () => {
  it.each([
    ["an event", json({ Records: [one, two, three] })],
    ["an event, indented", JSON.stringify({ Records: [one, two, three] }, undefined, 2)],
    ["an array of records", json([one, two, three])],
    ["an array of events", json([{ Records: [one] }, { Records: [two, three] }])],
    ["a record per line", [one, two, three].map((line) => json(line)).join("\n")],
    ["blank lines and carriage returns", `${json(one)}\r\n\r\n${json(two)}\r\n${json(three)}\r\n`],
    ["an event per line", `${json({ Records: [one, two] })}\n${json({ Records: [three] })}\n`],
    ["an array per line", `${json([one, two])}\n${json([three])}`],
    ["what Lambda puts into S3 when it gives up", `${givenUp([one, two])}\n${givenUp([three])}`],
    [
      "the same, indented, with its payload as an object",
      JSON.stringify(JSON.parse(givenUp([one, two, three])), undefined, 2)
    ],
    ["records and events", `${json(one)}\n${json({ Records: [two, three] })}`]
  ])("%s", (_, text) => {
    assert.deepStrictEqual(outcomes(text), ["1", "2", "3"])
  })
})

it("an empty file holds no records", () => {
  assert.deepStrictEqual(outcomes("\n"), [])
})

it("a bad line names file and line, and quotes nothing of the row", () => {
  const text = [json(one), json(two).slice(0, -3), json({ ...two, dynamodb: {} }), `{"x":secret}`, json(three)]
  const read = outcomes(text.join("\n"))
  assert.match(read[1] ?? "", /^orders\.jsonl:2 is not JSON \(column \d+\)$/)
  assert.deepStrictEqual(read.toSpliced(1, 1), [
    "1",
    "orders.jsonl:3 has no dynamodb.SequenceNumber",
    "orders.jsonl:4 is not JSON",
    "3"
  ])
})

it("a bad record inside a line's event names the record too", () => {
  const text = `${json(one)}\n${json({ Records: [two, {}] })}`
  assert.deepStrictEqual(outcomes(text), ["1", "2", "orders.jsonl:2 record 2 has no dynamodb object"])
})

it("a line of another service's event is a bad line", () => {
  const text = `${json(one)}\n${json({ Records: [{ eventSource: "aws:sqs" }] })}`
  assert.match(outcomes(text)[1] ?? "", /^orders\.jsonl:2 cannot be read: .* got an SQS event$/)
})

it("records without their stream take the ARN they are given", () => {
  const { eventSourceARN: streamArn, ...nameless } = one
  assert.deepStrictEqual(outcomes(json(nameless)), ["orders.jsonl:1 has no eventSourceARN"])
  assert.deepStrictEqual(outcomes(json({ Records: [nameless] }), { streamArn }), ["1"])
})

it("a given stream counts, whatever the records name", () => {
  const streamArn = "arn:aws:dynamodb:eu-central-1:111111111111:table/restored/stream/2026-02-02T00:00:00.000"
  for (const text of [json(one), json({ Records: [one] }), json([one]), givenUp([one]), `${json(one)}\n`]) {
    const [read] = Result.getOrThrow(JsonLines.read("orders.jsonl", text, { streamArn }))
    assert.deepInclude(Result.getOrThrow(read!).origin, { streamArn })
  }
})

it("a payload that is damaged is a bad line, and quotes nothing", () => {
  const text = `${json(one)}\n${givenUp([two]).replace("Records", "Records\\\\")}`
  assert.match(outcomes(text)[1] ?? "", /^orders\.jsonl:2 has a payload that is not JSON/)
})

it.each([
  [json({ Item: one.dynamodb.Keys }), "a row of an export"],
  [json({ Items: [], Count: 0 }), "the output of a scan or query"],
  [json({ DDBStreamBatchInfo: {} }), "`tablefold redrive` reads their rows"],
  [json(one) + json(two), "as Firehose writes them"]
])("a file of what is no stream's is told what it is, however many lines: %#", (line, words) => {
  for (const text of [line, `${line}\n${line}\n`]) {
    const { message } = Result.getOrThrow(Result.flip(JsonLines.read("orders.jsonl", text)))
    assert.include(message, words)
    assert.notInclude(message, "secret")
  }
})

it.each([
  [
    json({ Records: [{ eventSource: "aws:sqs" }] }),
    "orders.jsonl:1: expected a DynamoDB stream event: an object with Records[]; got an SQS event"
  ],
  [json([one, 7]), "orders.jsonl element 2: expected a DynamoDB stream event: an object with Records[]; got a number"],
  [
    "PK,SK\nORDER#7,ITEM#1",
    "orders.jsonl: expected a DynamoDB stream event, an array of them or of records, or one of them per line"
  ]
])("a file of something else is refused: %s", (text, message) => {
  assert.strictEqual(Result.getOrThrow(Result.flip(JsonLines.read("orders.jsonl", text))).message, message)
})
