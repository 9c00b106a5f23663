/**
 * The cost of proof: orders on a real DynamoDB Local, filled into a real OpenSearch, and then compared in one round as
 * `Lambda.verify` and `verify --continuous` do. Prints its speed, and read units and requests for a million rows.
 * One document is edited by hand; ends with 1 where the round is not whole, or finds another number of them.
 */
import { BatchWriteItemCommand, CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { Effect, Layer, References } from "effect"
import { pkSk } from "../../src/example/demo/pkSk.ts"
import { table } from "../../src/example/table.ts"
import * as Servers from "../../src/local/Servers.ts"
import { backfill } from "../../src/maintain/backfill.ts"
import * as OpenSearchIndex from "../../src/maintain/openSearchIndex.ts"
import { prove } from "../../src/maintain/prove.ts"
import { requests as requestsMeasure } from "../../src/metrics/measures.ts"
import { Observations, Observed } from "../../src/metrics/observe.ts"
import * as awsScanApi from "../../src/source/scan/awsScanApi.ts"
import * as awsTableReader from "../../src/source/scan/awsTableReader.ts"
import { layerMemory } from "../../src/source/scan/ScanProgress.ts"
import { readFlags } from "../flags.ts"
import { ScanApi } from "../../src/source/scan/ScanApi.ts"

const usage = `node test/measure/proof.ts [options]: the cost of one round of proof

  --orders N  documents (25000)
  --items N   rows of each beside its details (3)
  --bytes N   bytes that each row has besides (0)`

const flags = readFlags(usage, {
  orders: { type: "string", default: "25000" },
  items: { type: "string", default: "3" },
  bytes: { type: "string", default: "0" }
})
const [orders, items] = [Number(flags.orders), Number(flags.items)]
const customerId = { S: `c${"x".repeat(Number(flags.bytes))}` }

const rowsOf = (order: number) => {
  const PK = { S: `ORDER#${order}` }
  const shippingAddress = { M: { street: { S: "a" }, city: { S: "b" }, zipCode: { S: "c" } } }
  const facts = { status: { S: "paid" }, totalAmount: { N: "9.5" }, orderDate: { S: "2026-01-01" } }
  return [
    { PK, SK: { S: "DETAILS" }, customerId, shippingAddress, ...facts },
    ...Array.from({ length: items }, (_, n) => ({
      PK,
      SK: { S: `ITEM#${n}` },
      customerId,
      itemId: { S: `${n}` },
      productName: { S: "tea" },
      quantity: { N: `${n}` },
      unitPrice: { N: "2.5" }
    }))
  ]
}

const tableName = "proof"
const credentials = { accessKeyId: "local", secretAccessKey: "local" }
const region = "us-east-1"

const fill = async (endpoint: string) => {
  const client = new DynamoDBClient({ endpoint, region, credentials })
  await client.send(new CreateTableCommand({ TableName: tableName, ...pkSk }))
  const rows = Array.from({ length: orders }, (_, order) => rowsOf(order)).flat()
  for (let i = 0; i < rows.length; i += 200) {
    const batches = Array.from({ length: 8 }, (_, n) => rows.slice(i + 25 * n, i + 25 * (n + 1)))
    await Promise.all(
      batches
        .filter(({ length }) => length > 0)
        .map((batch) =>
          client.send(
            new BatchWriteItemCommand({
              RequestItems: { [tableName]: batch.map((Item) => ({ PutRequest: { Item } })) }
            })
          )
        )
    )
  }
  client.destroy()
  return rows.length
}

/** The source, whose scans and queries are counted with their read units. */
const counting = (counts: { scans: number; scanUnits: number; queries: number; queryUnits: number }) =>
  Layer.effect(
    ScanApi,
    Effect.map(ScanApi, (real) => ({
      ...real,
      scan: (segment: Parameters<typeof real.scan>[0]) =>
        Effect.tap(real.scan(segment), ({ units }) =>
          Effect.sync(() => ((counts.scans += 1), (counts.scanUnits += units)))
        ),
      query: (partition: Parameters<typeof real.query>[0]) =>
        Effect.tap(real.query(partition), ({ units }) =>
          Effect.sync(() => ((counts.queries += 1), (counts.queryUnits += units)))
        )
    }))
  )

const measure = Effect.gen(function* () {
  const { endpoint } = yield* Servers.dynamodb({ speed: "steady" })
  const { node } = yield* Servers.openSearch({ speed: "steady" })
  const rows = yield* Effect.promise(() => fill(endpoint))
  const aws = { endpoint, region, credentials }
  const counts = { scans: 0, scanUnits: 0, queries: 0, queryUnits: 0 }
  const source = Layer.provide(counting(counts), awsScanApi.layerAws(aws))
  const layer = Layer.mergeAll(
    OpenSearchIndex.layer({ nodes: [new URL(node)], auth: { _tag: "none" } }),
    source,
    awsTableReader.layerAws(aws),
    layerMemory,
    Layer.succeed(References.MinimumLogLevel, "Error")
  )
  yield* Effect.gen(function* () {
    yield* backfill(table, { tableName })
    const edit = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"doc":{"status":"edited"}}'
    }
    yield* Effect.promise(() => fetch(`${node}/orders-000001/_update/1?refresh=true`, edit))
    const before = { ...counts }
    const observations = new Observations()
    const [began, cpu] = [performance.now(), process.cpuUsage()]
    const settings = { tableName, time: "1 day", unitsMax: Number.POSITIVE_INFINITY, settle: 0 } as const
    const { aggregates, documents, units } = yield* Effect.provideService(
      prove(table, settings),
      Observed,
      observations
    )
    const seconds = (performance.now() - began) / 1000
    const { system, user } = process.cpuUsage(cpu)
    const requests = observations.of(requestsMeasure)[0]!
    const million = (n: number) => Math.round((n / rows) * 1e6).toLocaleString("en")
    const [scans, queries] = [counts.scans - before.scans, counts.queries - before.queries]
    const [scanUnits, queryUnits] = [counts.scanUnits - before.scanUnits, counts.queryUnits - before.queryUnits]
    const lines = [
      `${rows} rows and ${documents} documents in ${seconds.toFixed(1)} s: ${Math.round(rows / seconds)} rows a second`,
      `for a million rows: ${((system + user) / rows).toFixed(1)} s of CPU`,
      `  ${million(units)} read units: ${million(scanUnits)} scanned, ${million(queryUnits)} queried, the rest by key`,
      `  ${million(scans)} scans, ${million(queries)} queries, ${million(requests)} requests to OpenSearch`
    ]
    console.log(lines.join("\n"))
    const differing = aggregates.reduce((sum, { waiting, wrong }) => sum + waiting.length + wrong.length, 0)
    const isRight = aggregates.every(({ isWhole }) => isWhole) && documents === orders && differing === 1
    if (!isRight) console.error(JSON.stringify(aggregates))
    process.exitCode = isRight ? 0 : 1
  }).pipe(Effect.provide(layer))
})

await Effect.runPromise(Effect.scoped(measure))
process.exit()
