/**
 * Rows by key out of DynamoDB Local: in order, absent ones as such, and never one taken for absent that was not read.
 */
import { PutItemCommand } from "@aws-sdk/client-dynamodb"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomInt } from "node:crypto"
import { afterAll, beforeAll } from "vitest"
import { layerAws as layerStreams } from "../../../src/source/stream/awsStreamApi.ts"
import { layerAws } from "../../../src/source/scan/awsTableReader.ts"
import { StreamApi } from "../../../src/source/stream/StreamApi.ts"
import { readRange } from "../../../src/source/stream/streamRange.ts"
import { TableReader } from "../../../src/source/scan/TableReader.ts"
import { describeReal } from "../../servers/servers.ts"
import { clientOf, makeTable } from "../../whole/dynamodb.ts"

const credentials = { accessKeyId: "local", secretAccessKey: "local" }

describeReal("TableReader over AWS", ({ dynamodbEndpoint: endpoint }) => {
  const client = clientOf(endpoint)
  const tableName = `reader${randomInt(2 ** 31)}`
  let tableArn = ""
  let streamArn = ""
  beforeAll(async () => {
    streamArn = await makeTable(client, tableName, { partitionKey: ["PK", "S"], sortKey: ["SK", "B"] })
    tableArn = streamArn.replace(/\/stream\/.*$/, "")
  })
  afterAll(() => client.destroy())

  const key = (n: number) => ({ PK: { S: "P" }, SK: { B: Buffer.from([n >> 8, n & 255]) } })
  const asText = (n: number) => ({ PK: { S: "P" }, SK: { B: Buffer.from([n >> 8, n & 255]).toString("base64") } })
  const put = (n: number, note: string) =>
    Effect.promise(() =>
      client.send(new PutItemCommand({ TableName: tableName, Item: { ...key(n), note: { S: note } } }))
    )
  const rows = (arn: string, keys: ReadonlyArray<ReturnType<typeof asText> | ReturnType<typeof key>>) =>
    Effect.flatMap(TableReader, (reader) => reader.rows(arn, keys))
  const lengths = (found: ReadonlyArray<{ readonly [name: string]: object } | undefined>) =>
    found.map((row) => (row === undefined ? undefined : (row["note"] as { readonly S: string }).S.length))
  const dynamodb = { endpoint, region: "eu-central-1", credentials }

  layer(layerAws(dynamodb))((it) => {
    it.effect("reads more than a request takes, keys in either form and twice, some of them absent", () =>
      Effect.gen(function* () {
        for (const n of [1, 2, 103]) yield* put(n, "x".repeat(n))
        const all = Array.from({ length: 120 }, (_, n) => (n % 2 === 0 ? asText(n) : key(n)))
        const found = lengths(yield* rows(tableArn, [...all, key(1)]))
        assert.deepStrictEqual(
          found,
          [...all, 1].map((_, n) => (n === 120 ? 1 : [1, 2, 103].includes(n) ? n : undefined))
        )
      })
    )

    it.effect("asks again for what an answer of 16 MB had no room for", () =>
      Effect.gen(function* () {
        const many = Array.from({ length: 50 }, (_, n) => 1000 + n)
        yield* Effect.forEach(many, (n) => put(n, "x".repeat(390_000)), { concurrency: 8 })
        const found = lengths(yield* rows(tableArn, many.map(asText)))
        assert.isTrue(found.every((length) => length === 390_000))
      })
    )

    it.effect("says so where the table is another's, or is not there", () =>
      Effect.gen(function* () {
        const other = yield* Effect.flip(rows(tableArn.replace(/:\d{12}:/, ":111111111111:"), [key(1)]))
        assert.include(other.message, "check AWS_REGION and the account")
        const missing = yield* Effect.flip(rows(tableArn.replace(tableName, "nowhere"), [key(1)]))
        assert.include(missing.message, "nowhere")
        assert.isFalse(missing.isRetryable)
      })
    )
  })

  layer(layerStreams(dynamodb))((it) => {
    it.effect("records between two sequence numbers are those, both included", () =>
      Effect.gen(function* () {
        const api = yield* StreamApi
        const [shard] = (yield* api.describeStream(streamArn)).shards
        const start = yield* api.shardIterator(streamArn, shard!.shardId, { _tag: "TrimHorizon" })
        const { records } = yield* api.records(start)
        const numbers = records.map((record) => (record as Sdk).dynamodb.SequenceNumber)
        const range = { streamArn, shardId: shard!.shardId }
        const found = yield* readRange({
          ...range,
          startSequenceNumber: numbers[1]!,
          endSequenceNumber: numbers[2]!
        })
        assert.strictEqual(found.records.length, 2)
        assert.isUndefined(found.missing)
        const gone = yield* readRange({
          ...range,
          shardId: `${shard!.shardId}9`,
          startSequenceNumber: numbers[1]!,
          endSequenceNumber: numbers[2]!
        })
        assert.include(gone.missing!, "no longer has the shard")
      })
    )
  })
})

interface Sdk {
  readonly dynamodb: { readonly SequenceNumber: string }
}
