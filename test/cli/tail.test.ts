/** `tablefold tail`: on the real servers until it is interrupted, and what it says where it can't begin. */
import {
  type AttributeValue,
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  type StreamViewType
} from "@aws-sdk/client-dynamodb"
import { assert, describe, it } from "@effect/vitest"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { describeReal } from "../servers/servers.ts"
import { exampleTable, type Options, tablefold } from "./program.ts"
import { pkSk } from "../../src/example/demo/pkSk.ts"

let folder = ""
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tablefold-tail-"))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const tail = (args: ReadonlyArray<string>, options: Options = {}) =>
  tablefold(["tail", "--table", exampleTable, ...args], { cwd: folder, ...options })

describe("where tail can't begin it says why", () => {
  it.concurrent("without credentials", async () => {
    const env = { AWS_REGION: "eu-west-1", HOME: folder, AWS_SHARED_CREDENTIALS_FILE: "/dev/null" }
    const { code, stderr } = await tail(["shop", "--memory"], { env })
    assert.match(stderr, /^tablefold: DescribeTable of shop failed with CredentialsProviderError: .*AWS_ACCESS_KEY_ID/m)
    assert.strictEqual(code, 1)
  })

  it.concurrent("with a wrong password", async () => {
    const server = await new Promise<Server>((resolve) => {
      const server = createServer((_, response) => void response.writeHead(401).end("Unauthorized"))
      server.listen(0, "127.0.0.1", () => resolve(server))
    })
    const node = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const env = { OPENSEARCH_NODE: node, OPENSEARCH_USERNAME: "ada", OPENSEARCH_PASSWORD: "wrong-one" }
    const { code, stderr } = await tail(["shop", "--endpoint", "http://127.0.0.1:1"], { env })
    server.closeAllConnections()
    server.close()
    assert.include(stderr, `OpenSearch at ${node} refused: Unauthorized (401); check OPENSEARCH_AUTH`)
    assert.notInclude(stderr, "wrong-one")
    assert.strictEqual(code, 1)
  })

  it.concurrent("with an address that is none, or a checkpoint that means nothing", async () => {
    const address = await tail(["shop", "--memory", "--endpoint", "localhost"])
    assert.include(address.stderr, '"localhost" is no address of DynamoDB')
    const memory = await tail(["shop", "--memory", "--checkpoint", "shop.json"])
    assert.include(memory.stderr, "leave --checkpoint and --from checkpoint out")
    assert.deepStrictEqual([address.code, memory.code], [1, 1])
  })
})

describeReal("tail on real servers", ({ dynamodbEndpoint, openSearchNode }) => {
  const client = new DynamoDBClient({
    endpoint: dynamodbEndpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" }
  })
  afterAll(() => client.destroy())

  const makeTable = (TableName: string, StreamViewType: StreamViewType) =>
    client.send(
      new CreateTableCommand({
        TableName,
        ...pkSk,
        StreamSpecification: { StreamEnabled: true, StreamViewType }
      })
    )

  const putUser = (TableName: string, id: string) => {
    const text = (S: string): AttributeValue => ({ S })
    const Item = {
      PK: text(`USER#${id}`),
      SK: text("PROFILE"),
      userId: text(id),
      name: text(id),
      email: text(`${id}@example.com`)
    }
    return client.send(new PutItemCommand({ TableName, Item }))
  }

  it.concurrent("prints documents as they change, with --memory", async () => {
    await makeTable("tail-memory", "NEW_AND_OLD_IMAGES")
    await putUser("tail-memory", "ada")
    const { code, stderr, stdout } = await tail(["tail-memory", "--memory", "--endpoint", dynamodbEndpoint], {
      until: (stdout) => stdout.includes("\n")
    })
    const _source = { userId: "ada", name: "ada", email: "ada@example.com" }
    assert.deepStrictEqual(JSON.parse(stdout), { _index: "users", _id: "ada", _source })
    assert.match(stderr, /tail-memory: 1 rows? · 1 documents? written · .*\nstopped; documents in memory are gone\n$/)
    assert.strictEqual(code, 0)
  })

  it.concurrent("writes to OpenSearch, and goes on where it was stopped", async () => {
    await makeTable("tail-real", "NEW_IMAGE")
    const env = {
      OPENSEARCH_NODE: openSearchNode,
      OPENSEARCH_ALIAS_PREFIX: "tail-real-",
      DYNAMODB_ENDPOINT: dynamodbEndpoint
    }
    /** What is acknowledged, without what tells the time. */
    const acknowledged = async () => {
      const text = await readFile(join(folder, "tail-real.checkpoint.json"), "utf8").catch(() => `{"shards":{}}`)
      const places: ReadonlyArray<string> = Object.values(JSON.parse(text).shards)
      return places.filter((place) => /^\d+$/.test(place)).join()
    }
    const isStored = async (id: string) => (await fetch(`${openSearchNode}/tail-real-users/_doc/${id}`)).ok
    await putUser("tail-real", "ada")
    const first = await tail(["tail-real"], { env, until: async () => (await acknowledged()) !== "" })
    assert.include(first.stderr, "stopped; ./tail-real.checkpoint.json says where to go on\n")
    assert.isTrue(await isStored("ada"))
    const saved = await acknowledged()
    await putUser("tail-real", "ben")
    const second = await tail(["tail-real"], { env, until: async () => (await acknowledged()) !== saved })
    assert.include(second.stderr, "tail-real: 1 row · 1 document written", "the first row is not read again")
    assert.isTrue(await isStored("ben"))
    assert.deepStrictEqual([first.code, second.code], [0, 0])
  })

  it.concurrent("puts what can't be written into its dead letters, and goes on", async () => {
    await makeTable("tail-letters", "NEW_IMAGE")
    const Item = { PK: { S: "USER#eve" }, SK: { S: "PROFILE" }, name: { S: "4111-1111" } }
    await client.send(new PutItemCommand({ TableName: "tail-letters", Item }))
    await putUser("tail-letters", "ada")
    const args = ["tail-letters", "--memory", "--endpoint", dynamodbEndpoint, "--dead-letters", "dead-letters.jsonl"]
    const file = () => readFile(join(folder, "dead-letters.jsonl"), "utf8").catch(() => "")
    const until = async (stdout: string) => stdout.includes("\n") && (await file()).includes("\n")
    const { code, stdout } = await tail(args, { until })
    assert.strictEqual(JSON.parse(stdout)._id, "ada")
    const deadLetters = await file()
    assert.include(JSON.parse(deadLetters).reason, "email")
    assert.notInclude(deadLetters, "4111-1111")
    assert.strictEqual(code, 2)
  })

  it.concurrent("says that a table is missing, or its stream tells too little", async () => {
    const missing = await tail(["nowhere", "--memory", "--endpoint", dynamodbEndpoint])
    assert.include(missing.stderr, "DescribeTable of nowhere failed with ResourceNotFoundException")
    await makeTable("tail-keys", "KEYS_ONLY")
    const keys = await tail(["tail-keys", "--memory", "--endpoint", dynamodbEndpoint])
    assert.include(keys.stderr, "the stream of table tail-keys has the view type KEYS_ONLY")
    assert.deepStrictEqual([missing.code, keys.code], [1, 1])
  })
})
