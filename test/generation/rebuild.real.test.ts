/**
 * A rebuild on the real servers while a writer changes rows, the stream is followed by a worker that writes both
 * definitions, and a reader searches in a tight loop: no search ever sees a missing, half-filled or double document.
 */
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer, References } from "effect"
import { randomInt } from "node:crypto"
import { afterAll } from "vitest"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import { Order } from "../../src/example/table.ts"
import { backfill } from "../../src/maintain/backfill.ts"
import * as openSearchDocuments from "../../src/maintain/openSearchDocuments.ts"
import * as promote from "../../src/generation/promote.ts"
import { rebuild } from "../../src/generation/rebuild.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import * as client from "../../src/sink/opensearch/client.ts"
import * as OpenSearchSink from "../../src/sink/opensearch/OpenSearchSink.ts"
import { layerAws as layerScan } from "../../src/source/scan/awsScanApi.ts"
import { layerAws as layerStream } from "../../src/source/stream/awsStreamApi.ts"
import { layerAws as layerReader } from "../../src/source/scan/awsTableReader.ts"
import * as Checkpoints from "../../src/source/stream/Checkpoints.ts"
import { layerMemory } from "../../src/source/scan/ScanProgress.ts"
import type { Batch } from "../../src/source/Batch.ts"
import { describeReal } from "../servers/servers.ts"
import { follow } from "../source/stream/tailWorld.ts"
import { makeTable } from "../whole/dynamodb.ts"
import { ask, drop } from "../whole/opensearch.ts"

const settings = { region: "eu-central-1", credentials: { accessKeyId: "local", secretAccessKey: "local" } }

const After = Aggregate.make("orders", { key: Order.key, root: Order.root, parts: Order.parts, revision: 1 })
const before = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Order] })
const both = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [After], previous: [Order] })
const after = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [After] })

const orders = 150

describeReal("rebuild", ({ dynamodbEndpoint: endpoint, openSearchNode: node }) => {
  const aliasPrefix = `rebuild${randomInt(2 ** 31)}-`
  const alias = `${aliasPrefix}orders`
  const tableName = `${aliasPrefix}table`
  const dynamodb = new DynamoDBClient({ endpoint, ...settings })
  afterAll(async () => {
    dynamodb.destroy()
    await drop(node, aliasPrefix)
  })

  const transport = client.layer({ nodes: [new URL(node)], auth: { _tag: "none" } })
  const sink = Layer.provide(OpenSearchSink.layerTransport({ aliasPrefix, checkEvery: "500 millis" }), transport)
  const steps = Layer.mergeAll(
    Layer.provideMerge(openSearchDocuments.layer({ aliasPrefix }), transport),
    Layer.provide(OpenSearchSink.layerTransport({ aliasPrefix, cacheBytesMax: 0 }), transport),
    layerScan({ endpoint, ...settings }),
    layerReader({ endpoint, ...settings }),
    layerMemory
  )
  const stream = Layer.mergeAll(layerStream({ endpoint, ...settings }), Checkpoints.layerMemory, sink)

  const put = (n: number, SK: string, attributes: object) =>
    dynamodb.send(
      new PutItemCommand({ TableName: tableName, Item: { PK: { S: `ORDER#${n}` }, SK: { S: SK }, ...attributes } })
    )
  const details = (n: number, round: number) =>
    put(n, "DETAILS", {
      customerId: { S: "c" },
      status: { S: `round ${round}` },
      totalAmount: { N: "19.99" },
      orderDate: { S: "2026-01-01" },
      shippingAddress: { M: { street: { S: "a" }, city: { S: "b" }, zipCode: { S: "c" } } }
    })
  const item = (n: number, round: number) =>
    put(n, `ITEM#${round % 3}`, {
      itemId: { S: "i" },
      productName: { S: "tea" },
      quantity: { N: `${round}` },
      unitPrice: { N: "2.5" }
    })

  /** What one search sees: how many orders, how many different ones, and how many that lack something. */
  const search = async () => {
    const { status, text } = await ask(node, "POST", `/${alias}/_search`, { size: orders + 10, track_total_hits: true })
    if (status !== 200) return `status ${status}`
    const hits: ReadonlyArray<{ readonly _id: string; readonly _source: any }> = JSON.parse(text).hits.hits
    const half = hits.filter(({ _source }) => _source.status === undefined || _source.orderItems.length === 0)
    return `${hits.length} hits, ${new Set(hits.map(({ _id }) => _id)).size} orders, ${half.length} half-filled`
  }

  it("is not noticed by readers, under load, there and back", async () => {
    await makeTable(dynamodb, tableName, { partitionKey: ["PK", "S"], sortKey: ["SK", "S"] })
    for (let n = 0; n < orders; n++) await Promise.all([details(n, 0), item(n, 0)])
    const seen = new Map<string, number>()
    const load = { isOver: false }
    const look = async () => {
      while (!load.isOver) {
        const found = await search()
        seen.set(found, (seen.get(found) ?? 0) + 1)
      }
    }
    const change = async () => {
      for (let round = 1; !load.isOver; round++)
        await Promise.all([details(round % orders, round), item(round % orders, round)])
    }
    const deliver = (batches: ReadonlyArray<Batch>) =>
      Pipeline.deliver(
        both,
        batches.flatMap(({ changes }) => changes)
      )
    const following = follow({ tableName, from: "trim-horizon", pollEvery: "50 millis" }, deliver)

    await Effect.gen(function* () {
      yield* Effect.provide(backfill(before, { tableName }), steps)
      yield* Effect.promise(() => ask(node, "POST", `/${alias}/_refresh`))
      const worker = yield* Effect.forkChild(Effect.provide(following, stream))
      const running = Promise.all([look(), change(), change()])
      const rebuilt = rebuild(after, {
        tableName,
        aliasPrefix,
        noticedAfter: "2 seconds",
        settle: "1 second",
        onStep: () => Effect.void
      }).pipe(Effect.provide(steps))
      assert.strictEqual((yield* rebuilt).length, 1)
      const moved = yield* Effect.provide(promote.promote(After, aliasPrefix), steps)
      assert.deepInclude(moved, { from: `${alias}-000001`, to: `${alias}-000002` })
      yield* Effect.sleep("1 second")
      const back = yield* Effect.provide(promote.rollback(After, aliasPrefix), steps)
      assert.strictEqual(back.to, `${alias}-000001`)
      yield* Effect.sleep("500 millis")
      // What readers left is verified before they are led to it again.
      assert.strictEqual((yield* rebuilt).length, 1)
      yield* Effect.provide(promote.promote(After, aliasPrefix), steps)
      yield* Effect.provide(promote.drop(After, aliasPrefix, `${alias}-000001`), steps)
      yield* Effect.sleep("1 second")
      load.isOver = true
      yield* Effect.promise(() => running)
      yield* Fiber.interrupt(worker)
    }).pipe(Effect.provide(Layer.succeed(References.MinimumLogLevel, "Error")), Effect.scoped, Effect.runPromise)

    const searches = [...seen.values()].reduce((sum, n) => sum + n, 0)
    assert.isAbove(searches, 10)
    assert.deepStrictEqual([...seen.keys()], [`${orders} hits, ${orders} orders, 0 half-filled`])
    const { text } = await ask(node, "GET", `/${alias}-*`)
    assert.deepStrictEqual(Object.keys(JSON.parse(text)), [`${alias}-000002`])
  })
})
