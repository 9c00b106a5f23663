/** `tablefold redrive` and `tablefold dead-letters`: as a user runs them, on a file, on a queue, and with bad input. */
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3"
import { CreateQueueCommand, SQSClient, SendMessageCommand } from "@aws-sdk/client-sqs"
import { PutItemCommand } from "@aws-sdk/client-dynamodb"
import { assert, describe, it } from "@effect/vitest"
import { randomInt } from "node:crypto"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import * as Arn from "../../src/Arn.ts"
import * as Version from "../../src/Version.ts"
import * as DeadLetters from "../../src/sink/deadletter/DeadLetters.ts"
import { startElasticMq } from "../servers/ElasticMq.ts"
import { startS3Mock } from "../servers/S3Mock.ts"
import { describeReal } from "../servers/servers.ts"
import { clientOf, makeTable } from "../whole/dynamodb.ts"
import { ask, drop } from "../whole/opensearch.ts"
import { exampleTable, type Options, tablefold } from "./program.ts"

let folder = ""
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tablefold-redrive-"))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = (command: string, args: ReadonlyArray<string>, options: Options = {}) =>
  tablefold([command, ...args], { cwd: folder, ...options })

const redrive = (args: ReadonlyArray<string>, options?: Options) =>
  run("redrive", ["--table", exampleTable, ...args], options)

const deadLetterFor = (streamArn: string, id: string, reason = "field email is missing", sequence = "1") => {
  const keys = { PK: { S: `USER#${id}` }, SK: { S: "PROFILE" } }
  const version = Version.stream(Arn.epochOf(streamArn)!, sequence)
  const tableArn = Arn.tableOf(streamArn)
  const rows = [{ key: `USER#${id} / PROFILE`, keys, version, streamArn, sequenceNumber: sequence }] as const
  return DeadLetters.make({ tableArn, aggregate: "users", rows, reason }, Date.UTC(2026, 0, 1))
}

const arn = "arn:aws:dynamodb:ddblocal:000000000000:table/shop/stream/2026-01-01T00:00:00.000"

const write = async (name: string, ...deadLetters: ReadonlyArray<DeadLetters.DeadLetter | string>) => {
  const lines = deadLetters.map((deadLetter) =>
    typeof deadLetter === "string" ? deadLetter : DeadLetters.encode(deadLetter)
  )
  await writeFile(join(folder, name), lines.map((line) => `${line}\n`).join(""))
  return name
}

describe("dead-letters", () => {
  it.concurrent("groups by reason, the most frequent first, and leaves the file as it is", async () => {
    const date = (id: string) => deadLetterFor(arn, id, "failed to parse field [at]")
    const file = await write("list.jsonl", date("1"), deadLetterFor(arn, "2"), date("3"), "no dead letter")
    const before = await readFile(join(folder, file), "utf8")
    const { code, stderr, stdout } = await run("dead-letters", [file])
    assert.strictEqual(code, 2)
    assert.match(stdout, /^3 dead letters, 2 reasons\n\n +2 {2}failed to parse field \[at\]\n/)
    assert.include(stdout, "users USER#1 / PROFILE, users USER#3 / PROFILE; at 2026-01-01T00:00:00.000Z")
    const again = "tablefold: 3 dead letters; `tablefold redrive list.jsonl` tries them again\n"
    assert.strictEqual(stderr, `1 of the source are no dead letters\n${again}`)
    assert.strictEqual(await readFile(join(folder, file), "utf8"), before)
    const json = await run("dead-letters", [file, "--json", "--reason", "EMAIL", "--aggregate", "users"])
    assert.deepStrictEqual(JSON.parse(json.stdout), deadLetterFor(arn, "2"))
    const sample = await run("dead-letters", [file, "--max", "1"])
    assert.include(sample.stderr, "a sample: looked at 1 of about 4")
  })

  it.concurrent("reads dead letters over several lines, and takes the flags of redrive", async () => {
    const deadLetters = [deadLetterFor(arn, "1"), deadLetterFor(arn, "2")]
    await writeFile(join(folder, "pretty.json"), JSON.stringify(deadLetters, null, 2))
    const flags = ["--table", exampleTable, "--endpoint", "http://127.0.0.1:1", "--aggregate", "users"]
    const { code, stderr, stdout } = await run("dead-letters", ["pretty.json", ...flags])
    assert.strictEqual(code, 2, stderr)
    assert.match(stdout, /^2 dead letters, 1 reason\n/)
    const json = await run("dead-letters", ["pretty.json", "--json"])
    assert.deepStrictEqual(json.stdout, deadLetters.map((deadLetter) => `${DeadLetters.encode(deadLetter)}\n`).join(""))
    const nobody = await run("dead-letters", ["pretty.json", "--table", exampleTable, "--aggregate", "user"])
    assert.include(nobody.stderr, 'the definition has no aggregate "user"')
  })

  it.concurrent("says what is wrong with its source", async () => {
    const missing = await run("dead-letters", ["nowhere.jsonl"])
    assert.strictEqual(missing.stderr, "tablefold: there is no file nowhere.jsonl\n")
    const byArn = await run("dead-letters", ["arn:aws:sqs:eu-west-1:1:letters"])
    assert.include(byArn.stderr, "give the queue's URL")
    const nobody = await run("dead-letters", ["http://127.0.0.1:1/1/letters"])
    assert.include(nobody.stderr, "http://127.0.0.1:1/1/letters can't be used")
    assert.deepStrictEqual([missing.code, byArn.code, nobody.code], [1, 1, 1])
  })
})

describeReal("redrive on real servers", ({ dynamodbEndpoint, openSearchNode }) => {
  const client = clientOf(dynamodbEndpoint)
  const name = `redrive${randomInt(2 ** 31)}`
  let streamArn = ""
  const env = {
    OPENSEARCH_NODE: openSearchNode,
    OPENSEARCH_ALIAS_PREFIX: `${name}-`,
    DYNAMODB_ENDPOINT: dynamodbEndpoint
  }
  beforeAll(async () => {
    streamArn = await makeTable(client, name, { partitionKey: ["PK", "S"], sortKey: ["SK", "S"] })
  })
  afterAll(async () => {
    await drop(openSearchNode, name)
    client.destroy()
  })
  const user = (id: string, email: { readonly S: string } | { readonly N: string }) =>
    client.send(
      new PutItemCommand({
        TableName: name,
        Item: { PK: { S: `USER#${id}` }, SK: { S: "PROFILE" }, userId: { S: id }, name: { S: id }, email }
      })
    )
  const document = async (id: string) => {
    const { text } = await ask(openSearchNode, "GET", `/${name}-users/_doc/${id}`)
    return JSON.parse(text)._source
  }

  it.concurrent("works a file off: what is settled goes, what is refused stays with its reason", async () => {
    await user("1", { S: "ada@example.com" })
    await user("2", { N: "7" })
    const deadLetters = ["1", "2", "3"].map((id) => deadLetterFor(streamArn, id))
    const order = { ...deadLetters[0]!, id: "other", aggregate: "orders" }
    const file = await write("work.jsonl", ...deadLetters, order, "by hand")
    const dry = await redrive([file, "--dry-run", "--aggregate", "users"], { env })
    assert.include(dry.stdout, "5 dead letters: 2 would be settled (2 rows), 2 would stay, 1 skipped")
    assert.strictEqual((await readFile(join(folder, file), "utf8")).split("\n").length, 6)

    const { code, stderr, stdout } = await redrive([file, "--aggregate", "users", "--json"], { env })
    assert.strictEqual(code, 2)
    assert.deepStrictEqual(JSON.parse(stdout), { deadLetters: 5, settled: 2, open: 2, skipped: 1, rows: 2 })
    assert.match(stderr, /^users USER#2 \/ PROFILE stays: .*email/m)
    assert.include(stderr, "something in it stays: it is not JSON")
    const left = (await readFile(join(folder, file), "utf8")).trim().split("\n")
    assert.deepStrictEqual(left, [DeadLetters.encode(deadLetters[1]!), DeadLetters.encode(order), "by hand"])
    assert.deepInclude(await document("1"), { email: "ada@example.com" })
    assert.notProperty(await document("3"), "email")
  })

  it.concurrent("says which table it can't read, and removes nothing", async () => {
    const file = await write("other.jsonl", deadLetterFor(streamArn.replaceAll("000000000000", "111111111111"), "1"))
    const { code, stderr } = await redrive([file], { env })
    assert.include(stderr, "check AWS_REGION and the account of the credentials")
    assert.strictEqual(code, 1)
    assert.isNotEmpty(await readFile(join(folder, file), "utf8"))
  })

  it.concurrent("works a queue off, with what Lambda itself sent; what stays is visible again", async ({ skip }) => {
    const server = await startElasticMq()
    if (server === undefined) return skip("needs Java 17 and Maven")
    const credentials = { accessKeyId: "local", secretAccessKey: "local" }
    const sqs = new SQSClient({ endpoint: server.endpoint, region: "elasticmq", credentials })
    try {
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "dead-letters" }))
      const queue = `${server.endpoint}${new URL(QueueUrl!).pathname}`
      await user("5", { S: "five@example.com" })
      await user("6", { N: "6" })
      const DDBStreamBatchInfo = {
        shardId: "shardId-00000001573689847184-864758bb",
        startSequenceNumber: "000000000000000000001",
        endSequenceNumber: "000000000000000000002",
        streamArn: streamArn.replace(/[^/]*$/, "2020-01-01T00:00:00.000")
      }
      const bodies = [
        ...["5", "6"].map((id) => DeadLetters.encode(deadLetterFor(streamArn, id))),
        JSON.stringify({ requestContext: { condition: "RetryAttemptsExhausted" }, DDBStreamBatchInfo })
      ]
      for (const MessageBody of bodies) await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody }))
      const { code, stderr, stdout } = await redrive([queue, "--json"], { env })
      assert.strictEqual(code, 2)
      assert.deepInclude(JSON.parse(stdout), { deadLetters: 3, settled: 1, open: 2 })
      assert.match(stderr, /records 0+1 to 0+2 stays: .*no longer has the shard.*compare the index with the table/)
      assert.deepInclude(await document("5"), { email: "five@example.com" })
      const list = await run("dead-letters", [queue])
      assert.match(list.stdout, /^2 dead letters, 2 reasons/)
      assert.include(list.stdout, "given up by Lambda: RetryAttemptsExhausted")
    } finally {
      sqs.destroy()
      await server.stop()
    }
  })

  it.concurrent("works a bucket off, and lists what stays", async ({ skip }) => {
    const server = await startS3Mock()
    if (server === undefined) return skip("needs Java 17 and Maven")
    const credentials = { accessKeyId: "local", secretAccessKey: "local" }
    const s3 = new S3Client({ endpoint: server.endpoint, region: "us-east-1", forcePathStyle: true, credentials })
    try {
      await s3.send(new CreateBucketCommand({ Bucket: "dead" }))
      await user("7", { S: "seven@example.com" })
      await user("8", { N: "8" })
      const lines = ["7", "8"].map((id) => `${DeadLetters.encode(deadLetterFor(streamArn, id))}\n`)
      const Key = "shop/20260101T080000.000Z-0123456789abcdef-2.ndjson"
      await s3.send(new PutObjectCommand({ Bucket: "dead", Key, Body: lines.join("") }))
      const own = { ...env, AWS_ENDPOINT_URL_S3: server.endpoint }
      const { code, stderr, stdout } = await redrive(["s3://dead/shop", "--json"], { env: own })
      assert.strictEqual(code, 2)
      assert.deepInclude(JSON.parse(stdout), { deadLetters: 2, settled: 1, open: 1 })
      assert.match(stderr, /^users USER#8 \/ PROFILE stays: .*email/m)
      assert.deepInclude(await document("7"), { email: "seven@example.com" })
      const list = await run("dead-letters", ["s3://dead", "--json"], { env: own })
      assert.strictEqual(list.stdout, lines[1])
      const nowhere = await run("dead-letters", ["s3://nowhere"], { env: own })
      assert.include(nowhere.stderr, "s3://nowhere/ can't be used, NoSuchBucket")
      assert.include(
        (await run("dead-letters", ["s3:dead"], { env: own })).stderr,
        "no place in S3; it must be like s3:"
      )
    } finally {
      s3.destroy()
      await server.stop()
    }
  })
})
