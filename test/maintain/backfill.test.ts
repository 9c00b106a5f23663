/**
 * A backfill beside a live stream, on a table in memory and the simulated OpenSearch; then the cases of others' trouble
 * that it must not have.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import { backfill, type Options } from "../../src/maintain/backfill.ts"
import * as Documents from "../../src/sink/Documents.ts"
import { Sink } from "../../src/sink/Sink.ts"
import type { Attributes, AttributeValue } from "../../src/source/Change.ts"
import { rowBytes } from "../../src/source/rowBytes.ts"
import { SimulatedOpenSearch } from "../simulate/SimulatedOpenSearch.ts"
import { isState } from "../simulate/requests.ts"
import { stateOf } from "../simulate/state.ts"
import { deliver, makeWorld, stored, visible, type World } from "./world.ts"

const Order = Aggregate.make("orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", { orderId: Schema.String, customer: Schema.String }),
  parts: { items: Aggregate.many("ITEM#{n}", { quantity: Schema.Int }) }
})
const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Order] })

const details = (n: number, customer = "Ada"): Attributes => ({
  PK: { S: `ORDER#${n}` },
  SK: { S: "DETAILS" },
  customer: { S: customer }
})
const item = (n: number, i: number, quantity = 1): Attributes => ({
  PK: { S: `ORDER#${n}` },
  SK: { S: `ITEM#${i}` },
  quantity: { N: String(quantity) }
})
const keysOf = ({ PK, SK }: Attributes) => ({ PK: PK!, SK: SK! })
const all = Number.POSITIVE_INFINITY

const fill = (world: World, options: Partial<Options> = {}, of = table) =>
  backfill(of, { tableName: world.table.tableName, segmentsAtOnce: 1, ...options })

describe("a backfill", () => {
  it.effect(
    "writes each document once, whatever the pages, marks the generation, and a second one writes nothing",
    () =>
      Effect.gen(function* () {
        const world = yield* makeWorld({ table: { pageRowsMax: 2 } })
        yield* Effect.gen(function* () {
          for (let n = 0; n < 6; n++) {
            yield* world.table.put(details(n))
            for (let i = 0; i < 5; i++) yield* world.table.put(item(n, i))
          }
          yield* world.table.put({ PK: { S: "LOCK#1" }, SK: { S: "-" } })
          const first = yield* fill(world)
          assert.deepInclude(first, { rows: 37, documents: 6, written: 6, unchanged: 0, writesPerDocument: 1 })
          assert.deepInclude(first, { unclaimed: 1, refused: 0, outdated: 0, verificationDue: [] })
          assert.deepStrictEqual(
            yield* Documents.get(Order, { orderId: "3" }),
            Option.some({
              orderId: "3",
              customer: "Ada",
              items: Array.from({ length: 5 }, () => ({ quantity: 1 }))
            })
          )
          assert.isTrue(stateOf(world.server, "orders-000001").filled)
          yield* TestClock.adjust("1 hour")
          const again = yield* fill(world, { heldBytesMax: 2 * rowBytes(item(1, 1)) })
          assert.deepInclude(again, { rows: 37, refused: 0, written: 0 })
          assert.isAbove(again.writesPerDocument, 1)
          assert.match(again.verificationDue.join(), /orders-000001 was filled before/)
        }).pipe(Effect.provide(world.layer))
      })
  )

  it.effect("takes documents for new while the generation was never filled, and reads those that are not", () =>
    Effect.gen(function* () {
      const reads: Array<unknown> = []
      const world = yield* makeWorld()
      const worker = yield* makeWorld({
        server: world.server,
        intercept: (request, next) => {
          if (request.path.includes("/_mget") && !isState(request)) reads.push(...JSON.parse(request.body!).ids)
          return next
        }
      })
      worker.api.scan = world.table.scanApi.scan
      for (let n = 0; n < 3; n++) yield* world.table.put(details(n))
      yield* Effect.provide(deliver(table, yield* world.take(1)), world.layer)
      const first = yield* Effect.provide(fill(worker), worker.layer)
      assert.deepInclude(first, { documents: 3, written: 2 })
      assert.deepStrictEqual(reads, ["0"])
      yield* TestClock.adjust("1 hour")
      const again = yield* Effect.provide(fill(worker), worker.layer)
      assert.deepInclude(again, { documents: 3, written: 0 })
      assert.sameMembers(reads.slice(1), ["0", "1", "2"])
    })
  )

  it.effect("case 14: a page that is written last beats nothing that the stream has said", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      yield* Effect.gen(function* () {
        for (const row of [details(1), item(1, 1), item(1, 2), item(1, 3)]) yield* world.table.put(row)
        yield* world.take(all)
        const sink = yield* Sink
        const meanwhile = Effect.gen(function* () {
          yield* world.table.put(item(1, 1, 7))
          yield* world.table.put(item(1, 2, 8))
          yield* world.table.remove(keysOf(item(1, 2)))
          yield* deliver(table, yield* world.take(all))
        }).pipe(Effect.provideService(Sink, sink), Effect.orDie)
        world.api.scan = (segment) =>
          Effect.tap(world.table.scanApi.scan(segment), ({ items }) => (items.length > 0 ? meanwhile : Effect.void))
        const report = yield* fill(world)
        assert.deepStrictEqual(visible(world.server, "orders-000001")["1"], {
          orderId: "1",
          customer: "Ada",
          items: [{ quantity: 7 }, { quantity: 1 }]
        })
        assert.strictEqual(report.outdated, 2)
        assert.match(report.verificationDue.join(), /2 rows were left as the stream told/)
      }).pipe(Effect.provide(world.layer))
    })
  )

  it.effect("case 29: after a new stream it heals what changed unseen, and the new stream's small numbers win", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      yield* Effect.gen(function* () {
        for (const row of [details(1), item(1, 1), item(1, 2)]) yield* world.table.put(row)
        yield* deliver(table, yield* world.take(all))
        yield* world.table.disableStream
        yield* world.table.put(item(1, 1, 5))
        yield* world.table.replaceStream()
        const report = yield* fill(world)
        const seen = () => (visible(world.server, "orders-000001")["1"] as { readonly items: unknown }).items
        assert.deepStrictEqual(seen(), [{ quantity: 5 }, { quantity: 1 }])
        assert.match(report.verificationDue.join(), /newer one than orders-000001 knew/)
        yield* world.table.put(item(1, 2, 9))
        yield* deliver(table, yield* world.take(all))
        assert.deepStrictEqual(seen(), [{ quantity: 5 }, { quantity: 9 }])
      }).pipe(Effect.provide(world.layer))
    })
  )

  it.effect("case 41: a new generation has a new field in every document", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      const world = yield* makeWorld({ server })
      for (let n = 0; n < 3; n++) yield* world.table.put({ ...details(n), currency: { S: "EUR" } })
      yield* Effect.provide(fill(world), world.layer)
      const WithCurrency = Aggregate.make("orders", {
        key: "ORDER#{orderId}",
        root: Aggregate.root("DETAILS", { orderId: Schema.String, customer: Schema.String, currency: Schema.String }),
        parts: { items: Aggregate.many("ITEM#{n}", { quantity: Schema.Int }) }
      })
      const next = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [WithCurrency] })
      const later = yield* makeWorld({ server, aliasPrefix: "next-" })
      later.api.scan = world.table.scanApi.scan
      const report = yield* Effect.provide(fill(later, {}, next), later.layer)
      assert.strictEqual(report.written, 3)
      const documents = Object.values(visible(server, "next-orders-000001"))
      assert.isTrue(documents.length === 3 && documents.every((document) => (document as any).currency === "EUR"))
    })
  )
})

describe("case 19: scan and stream agree on a document's id", () => {
  const Device = Aggregate.make("devices", {
    key: "{device}",
    root: Aggregate.root("{at}", { name: Schema.String })
  })
  const devices = Table.make({ partitionKey: "p", sortKey: "s", aggregates: [Device] })
  const keys: { readonly [type: string]: readonly [inTable: AttributeValue, asRead: AttributeValue] } = {
    S: [{ S: "ä/1" }, { S: "ä/1" }],
    N: [{ N: "1702062202420" }, { N: "1.70206220242E+12" }],
    B: [{ B: Uint8Array.of(255, 0, 3) }, { B: "/wAD" }]
  }

  it.effect.each(Object.keys(keys))("with keys of type %s", (type) =>
    Effect.gen(function* () {
      const [inTable, asRead] = keys[type]!
      const world = yield* makeWorld({ table: { partitionKey: "p", sortKey: "s" } })
      yield* Effect.gen(function* () {
        yield* world.table.put({ p: inTable, s: inTable, name: { S: "x" } })
        yield* world.take(all)
        world.api.scan = (segment) =>
          Effect.map(world.table.scanApi.scan(segment), (page) => ({
            ...page,
            items: page.items.map((row) => ({ ...row, p: asRead, s: asRead }))
          }))
        yield* fill(world, {}, devices)
        assert.strictEqual(Object.keys(visible(world.server, "devices-000001")).length, 1)
        yield* world.table.remove({ p: inTable, s: inTable })
        yield* deliver(devices, yield* world.take(all))
        assert.deepStrictEqual(visible(world.server, "devices-000001"), {})
        assert.strictEqual(stored(world.server, "devices-000001").size, 1)
      }).pipe(Effect.provide(world.layer))
    })
  )
})

it.effect("case 4: a number spelled as an export does makes the same row and the same bytes as the stream's", () => {
  const Meter = Aggregate.make("meters", {
    key: "METER#{meter}",
    parts: { readings: Aggregate.many("{at}", { value: Schema.Finite, exact: Schema.BigDecimal }) }
  })
  const meters = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Meter] })
  const row = (at: string, value: string): Attributes => ({
    PK: { S: "METER#1" },
    SK: { N: at },
    value: { N: value },
    exact: { N: value }
  })
  return Effect.gen(function* () {
    const world = yield* makeWorld()
    yield* Effect.gen(function* () {
      yield* world.table.put(row("1702062202420", "1702062202420"))
      const fresh = yield* world.take(all)
      world.api.scan = (segment) =>
        Effect.map(world.table.scanApi.scan(segment), (page) => ({
          ...page,
          readAt: 1_767_225_600_000,
          items: page.items.map(() => row("1.70206220242E+12", "1.70206220242E+12"))
        }))
      yield* fill(world, {}, meters)
      const before = visible(world.server, "meters-000001")
      yield* deliver(meters, fresh)
      assert.deepStrictEqual(visible(world.server, "meters-000001"), before)
      assert.deepStrictEqual(before["1"], { readings: [{ value: 1_702_062_202_420, exact: "1702062202420" }] })
    }).pipe(Effect.provide(world.layer))
  })
})
