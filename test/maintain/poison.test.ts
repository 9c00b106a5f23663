/**
 * Rows that a real OpenSearch refuses: each becomes a dead letter that does not hold the value, and keeps none of its
 * neighbours out; mended in a real DynamoDB table and redriven, it is in the document.
 */
import { DeleteItemCommand, type DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Logger, Option, Schema } from "effect"
import { randomInt } from "node:crypto"
import { afterAll, beforeAll } from "vitest"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Mapping from "../../src/define/Mapping.ts"
import * as Table from "../../src/define/Table.ts"
import { redrive } from "../../src/maintain/redrive.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import * as DeadLetters from "../../src/sink/deadletter/DeadLetters.ts"
import * as Documents from "../../src/sink/Documents.ts"
import * as OpenSearchSink from "../../src/sink/opensearch/OpenSearchSink.ts"
import { layerAws as layerStreams } from "../../src/source/stream/awsStreamApi.ts"
import { layerAws } from "../../src/source/scan/awsTableReader.ts"
import { readStreamRecord } from "../../src/source/record/streamRecord.ts"
import { describeReal } from "../servers/servers.ts"
import { clientOf, makeTable, readStream } from "../whole/dynamodb.ts"
import { drop } from "../whole/opensearch.ts"

const typed = (type: string) => Schema.optionalKey(Schema.String.annotate(Mapping.field({ type })))

const Order = Aggregate.make("poison", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", { name: Schema.String }),
  parts: {
    items: Aggregate.many("ITEM#{n}", {
      quantity: Schema.Int,
      note: typed("keyword"),
      onset: typed("date"),
      address: typed("ip"),
      count: typed("long"),
      share: typed("double"),
      flag: typed("boolean"),
      place: typed("geo_point"),
      span: typed("date_range"),
      version: typed("unsigned_long")
    })
  }
})
const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Order] })

interface Item {
  readonly [name: string]: { readonly S: string } | { readonly N: string }
}
const keys = (id: string, sort: string) => ({ PK: { S: `ORDER#${id}` }, SK: { S: sort } })
const details = (id: string): Item => ({ ...keys(id, "DETAILS"), name: { S: "Ada" } })
const item = (id: string, n: number, fields: Item = {}): Item => ({
  ...keys(id, `ITEM#${n}`),
  quantity: { N: String(n) },
  ...fields
})

const credentials = { accessKeyId: "local", secretAccessKey: "local" }

describeReal("what OpenSearch refuses", ({ dynamodbEndpoint, openSearchNode }) => {
  const run = `poison${randomInt(2 ** 31)}`
  const deadLetters = new Map<string, DeadLetters.DeadLetter>()
  const logged: Array<string> = []
  const dynamodb = { endpoint: dynamodbEndpoint, region: "eu-central-1", credentials }
  const sink = { nodes: [new URL(openSearchNode)], auth: { _tag: "none" }, aliasPrefix: `${run}-` } as const
  const world = Layer.mergeAll(
    OpenSearchSink.layer(sink),
    DeadLetters.layerMemory(deadLetters),
    layerAws(dynamodb),
    layerStreams(dynamodb),
    Logger.layer([Logger.make(({ message }) => void logged.push(JSON.stringify(message)))])
  )
  const client = clientOf(dynamodbEndpoint)
  afterAll(async () => {
    await drop(openSearchNode, run)
    client.destroy()
  })

  let told = 0
  const tableName = run
  let streamArn = ""
  beforeAll(async () => {
    streamArn = await makeTable(client, tableName, { partitionKey: ["PK", "S"], sortKey: ["SK", "S"] })
  })

  /** What the stream of the table has said since the last call goes through the pipeline. */
  const deliver = Effect.gen(function* () {
    const mark = String(randomInt(2 ** 31))
    yield* put(client, tableName, { ...keys(mark, "MARK"), mark: { S: mark } })
    const records = yield* Effect.promise(() => readStream(dynamodbEndpoint, streamArn, mark))
    const batch = records.slice(told).map((record, i) => readStreamRecord(record, i))
    told = records.length
    return yield* Pipeline.deliver(table, batch)
  })
  const redriven = Effect.gen(function* () {
    const contents = [...deadLetters.values()].map((deadLetter) => ({ _tag: "DeadLetter", deadLetter }) as const)
    return yield* redrive(table, contents)
  })
  const quantities = (orderId: string) =>
    Effect.map(Documents.get(Order, { orderId }), (document) =>
      Option.getOrThrow(document).items.map(({ quantity }) => quantity)
    )

  layer(world)("in one batch", (it) => {
    it.effect("is a dead letter of its row alone, and no dead letter or log line holds the value (cases 23, 49)", () =>
      Effect.gen(function* () {
        const secret = "4111-1111"
        const good = ["2012-06-12", "2004", "2021-01"].map((onset, i) => item("1", i + 1, { onset: { S: onset } }))
        const nasty = `a', b] "c" ${secret}'. } [d]`
        const poison = [
          item("1", 10, { note: { S: secret + "ä".repeat(20_000) } }),
          item("1", 11, { onset: { S: "soon" } }),
          ...["onset", "address", "count", "share", "flag", "place", "span", "version"].flatMap((field, i) => [
            item("1", 20 + i, { [field]: { S: secret } }),
            item("1", 40 + i, { [field]: { S: nasty } })
          ]),
          item("1", 60, { count: { S: "41111111411111114111" } }),
          item("1", 61, { version: { S: "-41111111" } })
        ]
        for (const each of [details("1"), ...good, ...poison]) yield* put(client, tableName, each)
        const { summary, unacknowledged } = yield* deliver
        assert.deepStrictEqual(unacknowledged, [])
        assert.strictEqual(summary.deadLettered, poison.length)
        assert.deepStrictEqual(yield* quantities("1"), [1, 2, 3])
        const soon = [...deadLetters.values()].find(({ rows }) => rows[0].key === "ORDER#1 / ITEM#11")
        assert.strictEqual(soon!.serverType, "mapper_parsing_exception")
        assert.include(soon!.reason, "failed to parse date field")
        const texts = [...[...deadLetters.values()].map(DeadLetters.encode), ...logged]
        for (const text of texts) {
          assert.notInclude(text, secret)
          assert.notInclude(text, "41111111")
          assert.notInclude(text, "-61, -92")
          assert.notInclude(text, "soon")
        }
      })
    )

    it.effect("mended in the table and redriven, is in the document; late, it changes nothing; removed, it goes", () =>
      Effect.gen(function* () {
        deadLetters.clear()
        for (const each of [details("2"), item("2", 1), item("2", 2, { onset: { S: "soon" } })]) {
          yield* put(client, tableName, each)
        }
        yield* deliver
        assert.deepStrictEqual(yield* quantities("2"), [1])
        assert.deepStrictEqual(
          (yield* redriven).map(({ isSettled }) => isSettled),
          [false]
        )

        yield* put(client, tableName, { ...item("2", 2, { onset: { S: "2004" } }), quantity: { N: "20" } })
        assert.deepStrictEqual(yield* redriven, [{ isSettled: true, rows: 1, reasons: [] }])
        assert.deepStrictEqual(yield* quantities("2"), [1, 20])

        yield* deliver
        yield* put(client, tableName, { ...item("2", 2), quantity: { N: "21" } })
        yield* deliver
        yield* put(client, tableName, { ...item("2", 2), quantity: { N: "22" } })
        assert.deepStrictEqual(yield* redriven, [{ isSettled: true, rows: 1, reasons: [] }])
        assert.deepStrictEqual(yield* quantities("2"), [1, 21], "the stream has spoken since, and will speak again")
        yield* deliver
        assert.deepStrictEqual(yield* quantities("2"), [1, 22])

        deadLetters.clear()
        yield* put(client, tableName, { ...item("2", 1), onset: { S: "soon" } })
        yield* deliver
        yield* remove(client, tableName, "2", "ITEM#1")
        assert.deepStrictEqual(yield* redriven, [{ isSettled: true, rows: 1, reasons: [] }])
        assert.deepStrictEqual(yield* quantities("2"), [22])
      })
    )

    it.effect("a table of that name in another account is told from ours before a row is read", () =>
      Effect.gen(function* () {
        const [deadLetter] = deadLetters.values()
        const tableArn = deadLetter!.tableArn!.replace("000000000000", "111111111111")
        const error = yield* Effect.flip(
          redrive(table, [{ _tag: "DeadLetter", deadLetter: { ...deadLetter!, tableArn } }])
        )
        assert.include(error.message, "check AWS_REGION and the account")
      })
    )
  })
})

const put = (client: DynamoDBClient, TableName: string, item: Item) =>
  Effect.promise(() => client.send(new PutItemCommand({ TableName, Item: { ...item } })))

const remove = (client: DynamoDBClient, TableName: string, id: string, sort: string) =>
  Effect.promise(() => client.send(new DeleteItemCommand({ TableName, Key: keys(id, sort) })))
