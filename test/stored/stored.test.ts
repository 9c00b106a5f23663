/**
 * Indices as they were stored before: this version plans nothing new for their definition, finds them right, and goes on
 * writing them. Upgrading tablefold alone never needs a new generation.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import { randomInt } from "node:crypto"
import { afterAll, vi } from "vitest"
import { plan } from "../../src/generation/plan.ts"
import * as Lambda from "../../src/lambda/Lambda.ts"
import * as openSearchDocuments from "../../src/maintain/openSearchDocuments.ts"
import { verify } from "../../src/maintain/verify.ts"
import * as client from "../../src/sink/opensearch/client.ts"
import { identityOf } from "../../src/sink/opensearch/indexProblem.ts"
import * as OpenSearchSink from "../../src/sink/opensearch/OpenSearchSink.ts"
import { layerMemory } from "../../src/source/scan/ScanProgress.ts"
import * as MemoryTable from "../../src/testing/MemoryTable.ts"
import { layerTableReader } from "../../src/testing/tableReader.ts"
import { describeReal } from "../servers/servers.ts"
import { ask, drop } from "../whole/opensearch.ts"
import * as stored from "./stored.ts"
import { table } from "./table.ts"

/** Searches of the kinds that the mapping is for, each of which finds the first depot alone. */
const finding = [
  { term: { address: "10.0.0.0/8" } },
  { geo_distance: { distance: "1km", at: { lat: 41.15, lon: -8.61 } } },
  { geo_distance: { distance: "1km", entry: { lat: 41.15, lon: -8.61 } } },
  { term: { open: 9 } },
  { range: { let: { gte: "2026-06-01", lte: "2026-06-02" } } },
  { term: { "labels.colour": "red" } },
  { match: { "title.text": "harbour" } },
  { match: { about: "crane" } },
  { range: { year: { lt: "1999" } } },
  { term: { "gate.digits": 4 } },
  { nested: { path: "tours.stops.parcels", query: { term: { "tours.stops.parcels.id": "c" } } } }
]

describeReal("an index that was stored before", ({ openSearchNode: node }) => {
  const aliasPrefix = `stored${randomInt(2 ** 31)}-`
  vi.stubEnv("AWS_LAMBDA_LOG_LEVEL", "FATAL")
  afterAll(() => drop(node, aliasPrefix))

  const options = { nodes: [new URL(node)], auth: { _tag: "none" }, aliasPrefix } as const
  const layer = Layer.mergeAll(
    OpenSearchSink.layer({ ...options, cacheBytesMax: 0 }),
    openSearchDocuments.layer({ aliasPrefix }).pipe(Layer.provide(client.layer(options))),
    client.layer(options),
    layerMemory,
    Logger.layer([])
  )

  const sent = async (method: string, path: string, body?: object) => {
    const { status, text } = await ask(node, method, path, body)
    assert.isBelow(status, 300, text)
    return JSON.parse(text)
  }

  const restore = async ({ aliases, documents, index, mappings, settings }: stored.StoredIndex) => {
    await sent("PUT", `/${index}`, { settings, mappings, aliases })
    const made = await sent("GET", `/${index}/_settings`)
    const identity = identityOf(made[index].settings)
    for (const { _id, _source } of documents) {
      const source = JSON.parse(JSON.stringify(_source).replaceAll(stored.identity, identity))
      await sent("PUT", `/${index}/_doc/${encodeURIComponent(_id)}?refresh=true`, source)
    }
  }

  const planned = Effect.map(plan(table.aggregates, aliasPrefix), (plans) => plans.map(({ change }) => change._tag))

  it.live("needs no new one, is right, and is written further", () =>
    Effect.gen(function* () {
      const { indices, rows, tableArn } = stored.read(aliasPrefix)
      yield* Effect.promise(() => Promise.all(indices.map(restore)))
      assert.deepStrictEqual(yield* planned, ["None", "None", "None"])

      const memory = yield* MemoryTable.make({ tableName: stored.tableName })
      assert.strictEqual(memory.tableArn, tableArn)
      for (const row of rows) yield* memory.put(row)
      const report = yield* verify(table, { tableName: stored.tableName, settle: 0 }).pipe(
        Effect.provide([MemoryTable.layerScanApi(memory), layerTableReader(memory)])
      )
      assert.strictEqual(report.drift, 0, JSON.stringify(report.named))
      assert.include(report.counts, { refused: 1, "not computed": 1 })

      const keys = (PK: string, SK: string) => ({ PK: { S: PK }, SK: { S: SK } })
      const streamArn = `${tableArn}/stream/2026-01-01T00:00:00.000`
      const rowAt = (PK: string, SK: string) =>
        rows.find((row) => JSON.stringify([row["PK"], row["SK"]]) === JSON.stringify([{ S: PK }, { S: SK }]))!
      const records = [
        stored.record(streamArn, 20_001, keys("ORDER#2", "DETAILS"), rowAt("ORDER#1", "DETAILS")),
        stored.record(streamArn, 20_002, keys("ORDER#1", "ITEM#2")),
        stored.record(streamArn, 20_003, keys("SHOP#1", "BASKET#2#LINE#4"), { sku: { S: "cup" }, count: { N: "2" } }),
        // What waited shows: a stop and a parcel whose outer rows come now; a fault's reading, for `derive` alone.
        stored.record(streamArn, 20_004, keys("DEPOT#1", "TOUR#3"), { driver: { S: "Jo" } }),
        stored.record(streamArn, 20_005, keys("DEPOT#1", "TOUR#2#STOP#9"), { where: { S: "41.0,-8.5" } }),
        stored.record(streamArn, 20_006, keys("DEPOT#1", "READING#2"), { celsius: { N: "9" } }),
        // Known already: older than all that is stored.
        stored.record(streamArn, 10_000, keys("ORDER#2", "ITEM#1"), {
          ...rowAt("ORDER#2", "ITEM#1"),
          quantity: { N: "77" }
        })
      ]
      const handler = Lambda.make(table, { layer: Layer.merge(OpenSearchSink.layer(options), Logger.layer([])) })
      assert.deepStrictEqual(yield* Effect.promise(() => handler({ Records: records })), { batchItemFailures: [] })

      const document = (index: string, id: string) =>
        Effect.promise(
          async () => (await sent("GET", `/${aliasPrefix}${index}/_doc/${encodeURIComponent(id)}`))._source
        )
      assert.include(yield* document("orders", "2"), { orderId: "2", pieces: 5 })
      assert.include(yield* document("orders", "1"), { pieces: 2, points: "3804086584686624768" })
      assert.deepStrictEqual((yield* document("baskets", "SHOP#1|BASKET#2")).lines.length, 3)
      assert.deepInclude(yield* document("depots", "1"), {
        tours: [
          {
            driver: "Ida",
            stops: [{ where: "41.2,-8.6", parcels: [{ id: "a", grams: 250 }] }],
            vehicle: { plate: "00-AA-00" }
          },
          { driver: null, stops: [{ where: "41.0,-8.5", parcels: [{ id: "c", grams: 1 }] }] },
          { driver: "Jo", stops: [{ where: "41.3,-8.7", parcels: [] }] }
        ],
        warmest: 9,
        faults: 1,
        isLet: true
      })
      yield* Effect.promise(() => sent("POST", `/${aliasPrefix}depots/_refresh`))
      for (const query of finding) {
        const { hits } = yield* Effect.promise(() =>
          sent("POST", `/${aliasPrefix}depots/_search`, { query: { bool: { filter: [query] } } })
        )
        assert.deepStrictEqual(
          hits.hits.map(({ _id }: { readonly _id: string }) => _id),
          ["1"],
          JSON.stringify(query)
        )
      }
      assert.deepStrictEqual(yield* planned, ["None", "None", "None"])
      const names = Object.keys(yield* Effect.promise(() => sent("GET", `/${aliasPrefix}*`)))
      assert.deepStrictEqual(names.toSorted(), indices.map(({ index }) => index).toSorted())
      for (const { index } of indices) {
        const { _source } = yield* Effect.promise(() =>
          sent("GET", `/${index}/_doc/${encodeURIComponent("\0tablefold")}`)
        )
        assert.isUndefined(_source._sync.state.verificationDue)
      }
    }).pipe(Effect.provide(layer))
  )
})
