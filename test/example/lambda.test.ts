/** The example's bundle as Lambda runs it: a process of its own behind the Runtime API, with nothing but its folder. */
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs"
import { assert, describe, it } from "@effect/vitest"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, vi } from "vitest"
import { startElasticMq } from "../servers/ElasticMq.ts"
import * as LambdaRuntime from "../servers/LambdaRuntime.ts"
import { describeReal } from "../servers/servers.ts"
import { bundle } from "./bundleLambda.ts"

const folder = await mkdtemp(join(tmpdir(), "tablefold-lambda-"))
const queues = await startElasticMq()
afterAll(async () => {
  await queues?.stop()
  await rm(folder, { recursive: true })
})
const made = await bundle("src/example/lambda.ts", folder)

const event = (...rows: ReadonlyArray<{ readonly [name: string]: { readonly S: string } }>) =>
  JSON.stringify({
    Records: rows.map((row, i) => ({
      eventName: "INSERT",
      eventSource: "aws:dynamodb",
      eventSourceARN: "arn:aws:dynamodb:eu-west-1:1:table/Shop/stream/2026-11-25T08:00:00.000",
      dynamodb: {
        Keys: { PK: row["PK"], SK: row["SK"] },
        NewImage: row,
        SequenceNumber: String(100 + i),
        StreamViewType: "NEW_IMAGE"
      }
    }))
  })

const user = (id: string, about = {}) => ({
  PK: { S: `USER#${id}` },
  SK: { S: "PROFILE" },
  userId: { S: id },
  name: { S: `Ada ${id}` },
  email: { S: "ada@example.com" },
  ...about
})

const withContainer = async <A>(
  env: { readonly [name: string]: string },
  use: (container: LambdaRuntime.Container) => Promise<A>
): Promise<A> => {
  const container = await LambdaRuntime.start({ file: made.file, env })
  return use(container).finally(container.end)
}

const settled = { batchItemFailures: [] }
const signed = { AWS_REGION: "elasticmq", AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "local" }

describe("the example's bundle", () => {
  it("is small, and a start reads nothing of the SDK, the signer and the client's methods", () => {
    assert.isBelow(made.gzipBytes, 256_000)
    assert.isBelow(made.gzipBytesAtStart, 128_000)
    const needless = made.modulesAtStart.filter((id) => /@aws-sdk|@smithy|aws4|opensearch\/api\//.test(id))
    assert.deepStrictEqual(needless, [])
  })

  it("says what is wrong with its settings when it starts, and in its error", () =>
    withContainer({}, async ({ invoke, log, ready }) => {
      await ready
      await vi.waitFor(() => assert.strictEqual(log().length, 1))
      const { level, message } = JSON.parse(log()[0]!)
      assert.strictEqual(level, "ERROR")
      assert.include(message, "OPENSEARCH_NODE is not set", "said before an event comes")
      const error = await invoke(event(user("1"))).then(() => undefined, String)
      assert.include(error, "OPENSEARCH_NODE is not set")
    }))
})

describeReal("the example's bundle on real servers", ({ openSearchNode }) => {
  const env = (name: string) => ({
    OPENSEARCH_NODE: openSearchNode,
    OPENSEARCH_ALIAS_PREFIX: `lambda-${process.pid}-${name}-`
  })
  const nameOf = async (name: string, id: string) => {
    const answer = await fetch(`${openSearchNode}/${env(name).OPENSEARCH_ALIAS_PREFIX}users/_doc/${id}`)
    return ((await answer.json()) as { readonly _source?: { readonly name?: unknown } })._source?.name
  }

  it.each([
    ["plain", {}],
    ["signed", { OPENSEARCH_AUTH: "sigv4", ...signed }]
  ])("%s, writes what it is given, one invocation after the other", (name, more) =>
    withContainer({ ...env(name), ...more }, async ({ invoke }) => {
      assert.deepStrictEqual((await invoke(event(user("1"), user("2")))).value, settled)
      assert.deepStrictEqual((await invoke(event(user("3")))).value, settled)
      assert.strictEqual(await nameOf(name, "2"), "Ada 2")
      assert.strictEqual(await nameOf(name, "3"), "Ada 3")
    })
  )

  it.skipIf(queues === undefined)("sends what is refused to the queue", async () => {
    const sqs = new SQSClient({
      endpoint: queues!.endpoint,
      region: signed.AWS_REGION,
      credentials: { accessKeyId: signed.AWS_ACCESS_KEY_ID, secretAccessKey: signed.AWS_SECRET_ACCESS_KEY }
    })
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "lambda" }))
    const url = `${queues!.endpoint}${new URL(QueueUrl!).pathname}`
    await withContainer({ ...env("letters"), ...signed, DEAD_LETTER_QUEUE_URL: url }, async ({ invoke }) => {
      const refused = user("2", { name: { N: "7" } })
      assert.deepStrictEqual((await invoke(event(user("1"), refused))).value, settled)
    })
    assert.strictEqual(await nameOf("letters", "1"), "Ada 1")
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 1 }))
    assert.deepStrictEqual(
      Messages.map(({ Body }) => JSON.parse(Body!).rows[0].key),
      ["USER#2 / PROFILE"]
    )
    sqs.destroy()
  })
})
