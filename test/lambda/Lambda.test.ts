/** The handler as Lambda calls it: an event and a context in, an answer or an error out. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { vi } from "vitest"
import { logged } from "./logged.ts"
import { table } from "../../src/example/table.ts"
import * as Lambda from "../../src/lambda/Lambda.ts"
import * as OpenSearchSink from "../../src/sink/opensearch/OpenSearchSink.ts"
import * as DeadLetters from "../../src/sink/deadletter/DeadLetters.ts"
import { layerMemory, Misconfigured, SinkError } from "../../src/sink/Sink.ts"
import { SimulatedOpenSearch } from "../simulate/SimulatedOpenSearch.ts"
import { isWrite } from "../simulate/requests.ts"
import { sink } from "../simulate/transport.ts"

const streamArn = "arn:aws:dynamodb:eu-west-1:1:table/Shop/stream/2026-11-25T08:00:00.123"

const record = (sequence: number, PK: string, SK: string, image?: object, eventName = "INSERT") => ({
  eventName,
  eventSource: "aws:dynamodb",
  eventSourceARN: streamArn,
  dynamodb: {
    Keys: { PK: { S: PK }, SK: { S: SK } },
    ...(image === undefined ? {} : { NewImage: image }),
    SequenceNumber: String(sequence),
    StreamViewType: "NEW_IMAGE"
  }
})

const secret = "4111-1111-1111-1111"
const profile = (sequence: number, id: string) =>
  record(sequence, `USER#${id}`, "PROFILE", { name: { S: secret }, email: { S: "ada@example.com" } })

const lines = logged()

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => assert.fail("did not throw"),
    (error: Error) => error
  )

describe("Lambda.make", () => {
  it("acknowledges what is written, and logs one line that says how much", async () => {
    const handler = Lambda.make(table, { layer: layerMemory })
    const lock = record(3, "LOCK#1", "LOCK", {})
    const answer = await handler({ Records: [profile(1, "1"), profile(2, "2"), lock] })
    assert.deepStrictEqual(answer, { batchItemFailures: [] })
    assert.strictEqual(lines().length, 1)
    const { delay, level, message, timestamp, ...counts } = JSON.parse(lines()[0]!)
    assert.deepStrictEqual([level, message], ["INFO", "batch"])
    assert.isNumber(Date.parse(timestamp))
    assert.include(counts, { received: 3, written: 2, unchanged: 0, conflicts: 0, refused: 0, unclaimed: 1 })
    assert.strictEqual(counts.unclaimedKeys, "LOCK#{…} / LOCK")
    assert.isNumber(delay)
  })

  it("logs flat lines with the request's id", async () => {
    const context = { awsRequestId: "8476a536", getRemainingTimeInMillis: () => 60_000 }
    const refused = record(11, "USER#3", "PROFILE", { name: { S: secret } })
    await Lambda.make(table, { layer: layerMemory })({ Records: [profile(1, "1"), refused] }, context)
    assert.strictEqual(lines().length, 2)
    for (const line of lines()) {
      const { _aws, ...fields } = JSON.parse(line)
      assert.strictEqual(fields.requestId, "8476a536")
      assert.isTrue(
        Object.values(fields).every((value) => typeof value !== "object" || Array.isArray(value)),
        line
      )
    }
  })

  it("names the lowest record that is not settled; the others are written (cases 59 and 62)", async () => {
    const handler = Lambda.make(table, { layer: layerMemory })
    const unknown = record(12, "USER#2", "PROFILE", {}, "REPLACE")
    const refused = record(11, "USER#3", "PROFILE", { name: { S: secret } })
    const events = [profile(13, "1"), unknown, refused, record(14, "USER#9", "PROFILE", undefined, "REMOVE")]
    assert.deepStrictEqual(await handler({ Records: events }), { batchItemFailures: [{ itemIdentifier: "11" }] })
    assert.isTrue(lines().some((line) => line.includes("USER#3 / PROFILE") && line.includes("email")))
    assert.isTrue(lines().some((line) => line.includes("REPLACE")))
    assert.isTrue(lines().every((line) => !line.includes(secret)))
  })

  it("logs lines of JSON that act on no terminal, whatever keys hold", async () => {
    const key = "USER#\u001b[2J\u009b\u202e\u2028"
    await Lambda.make(table, { layer: layerMemory })({ Records: [record(11, key, "PROFILE", { name: { S: secret } })] })
    assert.isTrue(lines().some((line) => JSON.stringify(JSON.parse(line)).includes(JSON.stringify(key).slice(1, -1))))
    for (const line of lines()) assert.notMatch(line, /[\p{Cc}\p{Cf}\p{Zl}]/u)
  })

  it("takes the bare array of a pipe of EventBridge, and names what is open by its eventID", async () => {
    const handler = Lambda.make(table, { layer: layerMemory })
    const bad = { ...record(12, "USER#2", "PROFILE", {}), eventID: "e12" }
    const good = { ...profile(11, "1"), eventID: "e11" }
    assert.deepStrictEqual(await handler([good, bad]), { batchItemFailures: [{ itemIdentifier: "e12" }] })
    assert.deepStrictEqual(await handler([good]), { batchItemFailures: [] })
  })

  it("says of which record no answer can be given, and has written its neighbours", async () => {
    const handler = Lambda.make(table, { layer: layerMemory })
    const refused = record(11, "USER#3", "PROFILE", {})
    const nameless = { ...profile(1, "1"), dynamodb: { Keys: { PK: { S: "USER#1" } } } }
    const error = await failure(handler({ Records: [profile(7, "7"), refused, nameless] }))
    assert.match(error.message, /^record 3 has no dynamodb.SequenceNumber; no answer can name it/)
    assert.deepStrictEqual(await handler({ Records: [profile(7, "7")] }), { batchItemFailures: [] })
    assert.include(JSON.parse(lines().at(-1)!), { unchanged: 1 })
  })

  it.each([
    ["another service's event", { Records: [{ eventSource: "aws:sqs" }] }, "an SQS event"],
    ["no event at all", undefined, "expected a DynamoDB stream event"],
    [
      "a stream without new images",
      {
        Records: [
          {
            ...record(1, "", ""),
            dynamodb: { ...record(1, "USER#1", "PROFILE").dynamodb, StreamViewType: "KEYS_ONLY" }
          }
        ]
      },
      "NEW_AND_OLD_IMAGES"
    ],
    [
      "another table's keys",
      { Records: [{ ...record(1, "", ""), dynamodb: { ...record(1, "", "").dynamodb, Keys: { id: { S: "1" } } } }] },
      "partitionKey"
    ],
    [
      "two tables in one batch",
      { Records: [profile(1, "1"), { ...profile(2, "2"), eventSourceARN: streamArn.replace("Shop", "Other") }] },
      "several tables"
    ],
    [
      "a record without a number",
      { Records: [{ ...profile(1, "1"), dynamodb: { Keys: { PK: { S: "USER#1" } } } }] },
      "SequenceNumber"
    ]
  ])("throws a sentence for %s", async (_, event, words) => {
    const error = await failure(Lambda.make(table, { layer: layerMemory })(event))
    assert.include(error.message, words)
  })

  it("says at debug level what became of each document", async () => {
    vi.stubEnv("AWS_LAMBDA_LOG_LEVEL", "DEBUG")
    await Lambda.make(table, { layer: layerMemory })({ Records: [profile(1, "1")] })
    vi.unstubAllEnvs()
    assert.isTrue(lines().some((line) => line.includes("users 1 (PROFILE): written")))
    assert.isTrue(lines().every((line) => !line.includes(secret)))
  })

  it("builds its layer once, and again only after it could not be built", async () => {
    let builds = 0
    const layer = Layer.unwrap(
      Effect.suspend(() => {
        builds++
        return builds === 1
          ? Effect.fail(new SinkError({ reason: new Misconfigured({ message: "OPENSEARCH_NODE is not set" }) }))
          : Effect.succeed(layerMemory)
      })
    )
    const handler = Lambda.make(table, { layer })
    assert.strictEqual(builds, 1, "as the container starts")
    assert.include((await failure(handler({ Records: [profile(1, "1")] }))).message, "OPENSEARCH_NODE is not set")
    await handler({ Records: [profile(1, "1")] })
    await handler({ Records: [profile(1, "1")] })
    assert.strictEqual(builds, 2)
    const [{ level, message }, ...others] = lines().map((line) => JSON.parse(line))
    assert.strictEqual(level, "ERROR")
    assert.match(
      message,
      /^the function is not ready, and tries again with its first event: OPENSEARCH_NODE is not set/
    )
    assert.deepStrictEqual(
      others.map((line) => line.message),
      ["batch", "batch"]
    )
    assert.isTrue(lines().at(-1)?.includes('"unchanged":1'))
  })

  it("answers in time when OpenSearch does not", async () => {
    const server = new SimulatedOpenSearch()
    const layer = sink(server, (request, next) => (isWrite(request) ? Effect.never : next))
    const handler = Lambda.make(table, { layer, margin: "10 millis" })
    const answer = await handler({ Records: [profile(7, "1")] }, { getRemainingTimeInMillis: () => 60 })
    assert.deepStrictEqual(answer, { batchItemFailures: [{ itemIdentifier: "7" }] })
    assert.isTrue(lines().some((line) => line.includes("time budget")))
  })

  it("leaves time to write however short the function's time is", async () => {
    const handler = Lambda.make(table, { layer: sink(new SimulatedOpenSearch()), margin: "3 seconds" })
    const answer = await handler({ Records: [profile(7, "1")] }, { getRemainingTimeInMillis: () => 3000 })
    assert.deepStrictEqual(answer, { batchItemFailures: [] })
  })

  it("throws where nothing is settled if it is asked to, which shows in the function's error metric", async () => {
    const handler = Lambda.make(table, { layer: layerMemory, onNothingSettled: "throw" })
    const bad = (sequence: number) => record(sequence, `USER#${sequence}`, "PROFILE", { name: { S: secret } })
    const error = await failure(handler({ Records: [bad(7), bad(8)] }))
    assert.include(error.message, "nothing of the 2 records is settled")
    assert.include(error.message, "USER#7")
    assert.notInclude(error.message, secret)
    const lock = record(9, "LOCK#1", "LOCK", {})
    assert.deepStrictEqual(await handler({ Records: [bad(7), lock] }), { batchItemFailures: [{ itemIdentifier: "7" }] })
  })

  it("acknowledges what its dead letters stand for", async () => {
    const deadLetters = new Map<string, DeadLetters.DeadLetter>()
    const handler = Lambda.make(table, { layer: layerMemory, deadLetters: DeadLetters.layerMemory(deadLetters) })
    const bad = record(7, "USER#7", "PROFILE", { name: { S: secret } })
    assert.deepStrictEqual(await handler({ Records: [bad, profile(8, "8")] }), { batchItemFailures: [] })
    assert.strictEqual(deadLetters.size, 1)
    assert.include(JSON.parse(lines().at(-1)!), { deadLettered: 1, refused: 1, written: 1 })
    assert.isTrue([...deadLetters.values()].every((deadLetter) => !DeadLetters.encode(deadLetter).includes(secret)))
  })

  it("has no dead letters where the environment names no queue, and says so where it names nonsense", async () => {
    const handler = () => Lambda.make(table, { layer: layerMemory, deadLetters: DeadLetters.layerConfig })
    vi.stubEnv("DEAD_LETTER_QUEUE_URL", "")
    const bad = record(7, "USER#7", "PROFILE", {})
    const answer = await handler()({ Records: [bad, profile(8, "8")] })
    assert.deepStrictEqual(answer, { batchItemFailures: [{ itemIdentifier: "7" }] })
    vi.stubEnv("DEAD_LETTER_QUEUE_URL", "arn:aws:sqs:eu-west-1:1:letters")
    const error = await failure(handler()({ Records: [bad] }))
    assert.include(error.message, "DEAD_LETTER_QUEUE_URL")
    vi.stubEnv("DEAD_LETTER_WITH_DATA", "please")
    const { message } = await failure(handler()({ Records: [bad] }))
    vi.unstubAllEnvs()
    assert.include(message, 'DEAD_LETTER_WITH_DATA is "please"; it must be true, yes')
  })
})

describe("OpenSearchSink.layerConfig", () => {
  const complain = async (variables: { readonly [name: string]: string }) => {
    const own = ["NODE", "AUTH", "USERNAME", "PASSWORD", "SECRET"].map((name) => `OPENSEARCH_${name}`)
    const names = [...own, "AWS_REGION"]
    for (const name of names) vi.stubEnv(name, variables[name])
    const error = await failure(
      Lambda.make(table, { layer: OpenSearchSink.layerConfig })({ Records: [profile(1, "1")] })
    )
    vi.unstubAllEnvs()
    return error.message
  }
  const OPENSEARCH_NODE = "http://127.0.0.1:1"
  it.each([
    [{}, "OPENSEARCH_NODE is not set"],
    [{ OPENSEARCH_NODE: "search" }, "OPENSEARCH_NODE: address can't be read; it must be like https://host:9200"],
    [{ OPENSEARCH_NODE: "http://a:9200,https://" }, "OPENSEARCH_NODE: address number 2 of 2 can't be read"],
    [{ OPENSEARCH_NODE: "http://ada:s3cret@a", OPENSEARCH_USERNAME: "ada" }, "leave one of them out"],
    [{ OPENSEARCH_NODE: "http://ada:s3cret@a", OPENSEARCH_PASSWORD: "s3cret" }, "leave one of them out"],
    [{ OPENSEARCH_NODE: "http://ada:s3cret@a", OPENSEARCH_AUTH: "sigv4" }, 'OPENSEARCH_AUTH is "sigv4"'],
    [{ OPENSEARCH_NODE: "http://ada:s3#cret@a" }, "%2F %3F %23 and %25"],
    [{ OPENSEARCH_NODE, OPENSEARCH_SECRET: "x", OPENSEARCH_AUTH: "sigv4" }, 'but OPENSEARCH_AUTH is "sigv4"'],
    [{ OPENSEARCH_NODE, OPENSEARCH_SECRET: "x", OPENSEARCH_USERNAME: "ada" }, "leave one of them out"],
    [{ OPENSEARCH_NODE: "http://ada:s3cret@a", OPENSEARCH_SECRET: "x" }, "OPENSEARCH_SECRET is set too"],
    [{ OPENSEARCH_NODE, OPENSEARCH_AUTH: "ldap" }, "none, basic or sigv4"],
    [{ OPENSEARCH_NODE, OPENSEARCH_AUTH: "basic" }, "OPENSEARCH_USERNAME is not set"],
    [{ OPENSEARCH_NODE, OPENSEARCH_USERNAME: "ada" }, "OPENSEARCH_PASSWORD is not set"],
    [{ OPENSEARCH_NODE, OPENSEARCH_AUTH: "sigv4" }, "AWS_REGION is not set"]
  ])("says in one sentence what is wrong with %j", async (variables, words) => {
    const message = await complain(variables)
    assert.include(message, words)
    assert.notMatch(message, /\n|s3|cret/)
  })
})
