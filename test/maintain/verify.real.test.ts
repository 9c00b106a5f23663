/**
 * Backfill, verification and repair on the real servers, beside a writer whose stream is followed by a slow worker and
 * loses some of its records for good: what is found and repaired in the end is all that was wrong.
 */
import { DeleteItemCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, References } from "effect"
import { randomInt } from "node:crypto"
import { afterAll } from "vitest"
import { table } from "../../src/example/table.ts"
import { backfill } from "../../src/maintain/backfill.ts"
import * as openSearchDocuments from "../../src/maintain/openSearchDocuments.ts"
import { verify } from "../../src/maintain/verify.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import * as client from "../../src/sink/opensearch/client.ts"
import * as OpenSearchSink from "../../src/sink/opensearch/OpenSearchSink.ts"
import * as awsScanApi from "../../src/source/scan/awsScanApi.ts"
import * as awsTableReader from "../../src/source/scan/awsTableReader.ts"
import { layerMemory } from "../../src/source/scan/ScanProgress.ts"
import { readStreamRecord } from "../../src/source/record/streamRecord.ts"
import { describeReal } from "../servers/servers.ts"
import { makeTable, readStream, scan } from "../whole/dynamodb.ts"
import { ask, drop, searchAll } from "../whole/opensearch.ts"
import { example } from "../whole/oracle.ts"
import { show } from "../whole/tree.ts"

const settings = { region: "eu-central-1", credentials: { accessKeyId: "local", secretAccessKey: "local" } }

describeReal("verify", ({ dynamodbEndpoint: endpoint, openSearchNode: node }) => {
  const aliasPrefix = `verify${randomInt(2 ** 31)}-`
  const tableName = `${aliasPrefix}table`
  const dynamodb = new DynamoDBClient({ endpoint, ...settings })
  afterAll(async () => {
    dynamodb.destroy()
    await drop(node, aliasPrefix)
  })

  const layer = Layer.mergeAll(
    OpenSearchSink.layerTransport({ aliasPrefix, cacheBytesMax: 0 }),
    openSearchDocuments.layer({ aliasPrefix, pageMax: 7 })
  ).pipe(
    Layer.provide(client.layer({ nodes: [new URL(node)], auth: { _tag: "none" } })),
    Layer.merge(awsScanApi.layerAws({ endpoint, ...settings })),
    Layer.merge(awsTableReader.layerAws({ endpoint, ...settings })),
    Layer.merge(layerMemory),
    Layer.merge(Layer.succeed(References.MinimumLogLevel, "Error"))
  )

  const details = (n: number, status: string) => ({
    PK: { S: `ORDER#${n}` },
    SK: { S: "DETAILS" },
    customerId: { S: "c" },
    status: { S: status },
    totalAmount: { N: "19.99" },
    orderDate: { S: "2026-01-01" },
    shippingAddress: { M: { street: { S: "a" }, city: { S: "b" }, zipCode: { S: "c" } } }
  })
  const item = (n: number, i: number, quantity: number) => ({
    PK: { S: `ORDER#${n}` },
    SK: { S: `ITEM#${i}` },
    itemId: { S: `${i}` },
    productName: { S: "tea" },
    quantity: { N: `${quantity}` },
    unitPrice: { N: "2.5" }
  })
  const put = (Item: ReturnType<typeof details> | ReturnType<typeof item>) =>
    dynamodb.send(new PutItemCommand({ TableName: tableName, Item }))
  const remove = ({ PK, SK }: { readonly PK: { readonly S: string }; readonly SK: { readonly S: string } }) =>
    dynamodb.send(new DeleteItemCommand({ TableName: tableName, Key: { PK, SK } }))
  const orders = 25

  const write = async (rounds: number) => {
    for (let round = 0; round < rounds; round++) {
      const n = round % orders
      await put(details(n, `round ${round}`))
      await put(item(n, round % 3, round))
      if (round % 4 === 0) await remove(item(n, (round + 1) % 3, 0))
      if (round % 11 === 0) await remove(details((n + 5) % orders, ""))
    }
  }

  const agrees = async () => {
    const found = await searchAll(node, `${aliasPrefix}orders`)
    const seen = new Map(
      [...found].map(([id, fields]) => [id, new Map([...fields].filter(([name]) => name !== "_sync"))])
    )
    const expected = example(await scan(endpoint, tableName)).get("orders")!
    const visible = new Map(
      [...expected].flatMap(([id, fields]) => (fields === undefined ? [] : [[id, fields] as const]))
    )
    assert.strictEqual(show(seen as never), show(visible as never))
  }

  it("and repair beside a writer make nothing wrong, and find all that was lost or spoilt", async () => {
    const streamArn = await makeTable(dynamodb, tableName, { partitionKey: ["PK", "S"], sortKey: ["SK", "S"] })
    await write(60)
    let told = 0
    /** Delivers what the stream has, but for records that `loses` names. */
    const follow = (mark: string, loses: (i: number) => boolean) =>
      Effect.gen(function* () {
        yield* Effect.promise(() =>
          dynamodb.send(
            new PutItemCommand({
              TableName: tableName,
              Item: { PK: { S: "MARK" }, SK: { S: "MARK" }, mark: { S: mark } }
            })
          )
        )
        const records = yield* Effect.promise(() => readStream(endpoint, streamArn, mark))
        const fresh = records.slice(told).filter((_, i) => !loses(i))
        told = records.length
        yield* Pipeline.deliver(
          table,
          fresh.map((record, i) => readStreamRecord(record, i))
        )
      })
    const run = verify(table, { tableName, settle: "300 millis", isRepairing: true, segments: 2 })
    await Effect.gen(function* () {
      yield* Effect.all([backfill(table, { tableName }), Effect.promise(() => write(60))], { concurrency: 2 })
      yield* Effect.all([run, Effect.promise(() => write(90))], { concurrency: 2 })
      yield* follow("first", () => false)
      yield* Effect.promise(agrees)

      yield* Effect.promise(() => write(50))
      yield* follow("second", (i) => i % 3 === 0)
      const index = `${aliasPrefix}orders-000001`
      const tamper = (path: string, body: unknown) => Effect.promise(() => ask(node, "POST", path, body))
      yield* tamper(`/${index}/_update/3?refresh=true`, { doc: { colour: "red" } })
      const { text } = yield* Effect.promise(() => ask(node, "GET", `/${index}/_doc/4`))
      yield* tamper(`/${index}/_doc/ghost?refresh=true`, { ...JSON.parse(text)._source, orderId: "ghost" })
      yield* Effect.promise(() => ask(node, "DELETE", `/${index}/_doc/5?refresh=true`))
      const report = yield* run
      assert.isAbove(report.drift, 3)
      assert.strictEqual(report.repaired, report.drift)
      assert.strictEqual(report.counts["ghost document"], 1)
      assert.strictEqual(report.counts["stale field"], 1)
      assert.isAbove(report.counts["missing row"], 0)
      assert.isAbove(report.counts["wrong row"], 0)
      yield* Effect.promise(agrees)
      assert.deepInclude(yield* run, { drift: 0, restless: 0 })

      yield* Effect.promise(() => write(30))
      yield* follow("third", () => false)
      yield* Effect.promise(agrees)
    }).pipe(Effect.provide(layer), Effect.runPromise)
  })
})
