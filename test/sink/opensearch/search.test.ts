/** Reading back by a search: typed hits of what readers see, and the README's own search on a real server. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { randomInt } from "node:crypto"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { afterAll } from "vitest"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Patch from "../../../src/fold/Patch.ts"
import * as Documents from "../../../src/sink/Documents.ts"
import * as OpenSearchSink from "../../../src/sink/opensearch/OpenSearchSink.ts"
import * as Sink from "../../../src/sink/Sink.ts"
import { put } from "../../../src/testing/events.ts"
import { writeBlocks } from "../../readmeBlocks.ts"
import { describeReal } from "../../servers/servers.ts"
import { SimulatedOpenSearch } from "../../simulate/SimulatedOpenSearch.ts"
import { sink } from "../../simulate/transport.ts"
import { ask, drop } from "../../whole/opensearch.ts"
import { outcomesOf } from "../outcomes.ts"
import { answer } from "./orders.ts"

const Order = Aggregate.make("orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", { orderId: Schema.String, placedAt: Schema.Date, cents: Schema.BigInt }),
  parts: {
    items: Aggregate.many("ITEM#{n}", { sku: Schema.String, quantity: Schema.Int }),
    shipment: Aggregate.one("SHIPMENT#{id}", { carrier: Schema.String })
  }
}).pipe(
  Aggregate.derive({ pieces: Schema.Int }, ({ items }) => ({
    pieces: items.reduce((sum, { quantity }) => sum + quantity, 0)
  }))
)

/** The README's. */
const Sold = Aggregate.make("orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", { orderId: Schema.String, status: Schema.String, totalAmount: Schema.Finite }),
  parts: { orderItems: Aggregate.many("ITEM#{n}", { productName: Schema.String, quantity: Schema.Int }) }
})

const order = (orderId: string, cents: bigint) =>
  put(Order).root({ orderId }, { orderId, placedAt: new Date(`2026-08-0${orderId}`), cents })
const item = (orderId: string, n: string, quantity: number) =>
  put(Order).items({ orderId, n }, { sku: "tea", quantity })

describeReal("a search", ({ openSearchNode }) => {
  const prefix = `search${randomInt(2 ** 31)}-`
  afterAll(() => drop(openSearchNode, prefix))
  const layer = OpenSearchSink.layer({
    nodes: [new URL(openSearchNode)],
    auth: { _tag: "none" },
    aliasPrefix: prefix
  })

  it.live("finds documents in their type, as they are read by key, with total and sort values", () =>
    Effect.gen(function* () {
      yield* outcomesOf(
        Patch.fromEvents([
          order("1", 5n),
          item("1", "a", 2),
          item("1", "b", 3),
          order("2", 12345678901234567890n),
          item("3", "a", 1),
          order("4", 1n),
          put(Order).shipment({ orderId: "2", id: "7" }, { carrier: "ACME" })
        ])
      )
      yield* Effect.promise(() => ask(openSearchNode, "POST", `/${prefix}orders/_refresh`))
      const found = yield* Documents.search(Order, {
        sort: [{ placedAt: "desc" }],
        size: 2,
        aggs: { pieces: { sum: { field: "pieces" } } }
      })
      assert.deepStrictEqual(
        found.hits.map(({ id }) => id),
        ["4", "2"],
        "the item that waits for order 3 is not seen"
      )
      assert.deepStrictEqual(found.total, { value: 3, relation: "eq" })
      assert.deepStrictEqual(found.wrongType, [])
      assert.deepStrictEqual(found.hits[0]!.sort, [Date.UTC(2026, 7, 4)])
      assert.deepNestedPropertyVal(found.raw, "aggregations.pieces.value", 5)
      for (const { document, id } of found.hits) {
        assert.deepStrictEqual(document, Option.getOrThrow(yield* Documents.get(Order, { orderId: id })))
      }
      assert.strictEqual(found.hits[1]!.document.cents, 12345678901234567890n)
      const next = yield* Documents.search(Order, {
        sort: [{ placedAt: "desc" }],
        search_after: found.hits[1]!.sort
      })
      assert.deepStrictEqual(
        next.hits.map(({ document }) => [document.orderId, document.items.length, document.pieces]),
        [["1", 2, 5]]
      )
    }).pipe(Effect.provide(layer))
  )

  it.live("that OpenSearch does not take fails in its words, one without an index names the alias", () =>
    Effect.gen(function* () {
      yield* outcomesOf(Patch.fromEvents([order("1", 5n)]))
      const refused = yield* Effect.flip(Documents.search(Order, { query: { mtch: {} } }))
      assert.strictEqual(refused._tag, "SearchRefused")
      assert.match(refused.message, /search\d+-orders: .*mtch/)
      const Other = Aggregate.make("others", { key: "OTHER#{id}", root: Aggregate.root("A", { id: Schema.String }) })
      const missing = yield* Effect.flip(Documents.search(Other, {}))
      assert.match(missing.message, /there is no alias "search\d+-others"; it is made with the first change/)
    }).pipe(Effect.provide(layer))
  )

  it.live("is the README's: it finds the orders with a product, the dearest first", () => {
    const folder = writeBlocks()
    return Effect.gen(function* () {
      const { Order }: { readonly Order: typeof Sold } = yield* Effect.promise(() => import(join(folder, "table.ts")))
      const { report }: { readonly report: Effect.Effect<ReadonlyArray<string>, unknown, Sink.Sink> } =
        yield* Effect.promise(() => import(join(folder, "search.ts")))
      const events = [1, 2, 3].flatMap((n) => [
        put(Order).root({ orderId: `r${n}` }, { orderId: `r${n}`, status: "paid", totalAmount: n }),
        put(Order).orderItems({ orderId: `r${n}`, n: "1" }, { productName: n === 2 ? "cup" : "tea", quantity: 1 })
      ])
      yield* outcomesOf(Patch.fromEvents(events))
      yield* Effect.promise(() => ask(openSearchNode, "POST", `/${prefix}readme-orders/_refresh`))
      assert.deepStrictEqual(yield* report, ["2 orders", "r3: 3", "r1: 1"])
    }).pipe(
      Effect.provide(
        OpenSearchSink.layer({
          nodes: [new URL(openSearchNode)],
          auth: { _tag: "none" },
          aliasPrefix: `${prefix}readme-`
        })
      ),
      Effect.ensuring(Effect.sync(() => rmSync(folder, { recursive: true, force: true })))
    )
  })
})

describe("a search", () => {
  const answered = (answer_: object, status = 200) => {
    const sent: Array<{ readonly path: string; readonly body?: string }> = []
    const layer = sink(
      new SimulatedOpenSearch(),
      (request) => {
        sent.push(request)
        return answer(status, JSON.stringify(answer_))
      },
      { aliasPrefix: "test-" }
    )
    return { sent, layer }
  }
  const hit = (_id: string, _source: object) => ({ _id, _score: 1, _source, highlight: { a: [] } })
  const source = { orderId: "1", placedAt: "2026-08-01T00:00:00.000Z", cents: "5", items: [], pieces: 0 }

  it.effect("gives what is not of the type apart, and keeps what else the answer holds", () => {
    const { layer, sent } = answered({
      took: 1,
      hits: {
        hits: [
          hit("1", source),
          hit("2", { ...source, cents: "many" }),
          hit("3", { ...source, _sync: { notComputed: { fields: ["pieces"], reason: "it threw" } } })
        ]
      }
    })
    return Effect.gen(function* () {
      const { hits, raw, total, wrongType } = yield* Documents.search(Order, { size: 3 })
      assert.deepStrictEqual(
        hits.map(({ id, raw, score, sort }) => ({ id, raw, score, sort })),
        [{ id: "1", score: 1, sort: [], raw: { _id: "1", _score: 1, highlight: { a: [] } } }]
      )
      assert.deepStrictEqual(
        wrongType.map(({ id, message }) => [id, message.replace(/.*says: /, "")]),
        [
          ["2", 'the stored root is not one that its schema takes now, at field "cents"'],
          ["3", "it threw"]
        ]
      )
      assert.isUndefined(total)
      assert.deepStrictEqual(raw, { took: 1 })
      assert.match(sent[0]!.path, /^\/test-orders\/_search\?allow_partial_search_results=false$/)
      assert.deepStrictEqual(JSON.parse(sent[0]!.body!), {
        size: 3,
        _source: { excludes: ["_sync.rows", "_sync.versions", "_sync.kept", "_sync.refused"] }
      })
    }).pipe(Effect.provide(layer))
  })

  it.effect("whose time was up is not taken for all of it", () => {
    const { layer } = answered({ timed_out: true, hits: { hits: [] } })
    return Documents.search(Order, {}).pipe(
      Effect.flip,
      Effect.provide(layer),
      Effect.map(({ message }) => assert.match(message, /test-orders was answered with a part of it/))
    )
  })

  it.effect("of documents in memory is an error that says what there is instead", () =>
    Documents.search(Order, {}).pipe(
      Effect.flip,
      Effect.provide(Sink.layerMemory),
      Effect.map(({ message }) => assert.match(message, /only OpenSearch can; .*Documents\.get/))
    )
  )
})
