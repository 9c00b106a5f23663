/**
 * One suite of tests for every sink: `SinkSuite.suite("memory", Sink.layerMemory)`. Whatever keeps the documents, the
 * same events make the same ones. Ids are new for each run, so a server may be shared and need not be empty.
 *
 * The layer must take `SinkSuite.table`. It is given no test clock: retries wait as they do in earnest.
 */
import { assert, layer } from "@effect/vitest"
import { BigDecimal, Effect, type Layer, Option, Schema } from "effect"
import { randomUUID } from "node:crypto"
import type { RowEvent } from "../decode/RowEvent.ts"
import * as Version from "../Version.ts"
import * as Aggregate from "../define/Aggregate.ts"
import * as Shape from "../define/Shape.ts"
import * as Table from "../define/Table.ts"
import * as Patch from "../fold/Patch.ts"
import * as Pipeline from "../pipeline/Pipeline.ts"
import * as Documents from "../sink/Documents.ts"
import { Sink, writeAll } from "../sink/Sink.ts"
import { type Schedule, schedules } from "./deliveries.ts"
import { document } from "./document.ts"
import { epoch, put, remove } from "./events.ts"

const Order = Aggregate.make("tablefold-suite-orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", { customer: Schema.String, note: Schema.optionalKey(Schema.String) }),
  parts: {
    items: Aggregate.many("ITEM#{n}", { sku: Schema.String, quantity: Schema.Int }),
    shipment: Aggregate.one("SHIPMENT#{id}", { carrier: Schema.String })
  }
}).pipe(
  Aggregate.derive({ pieces: Schema.Int }, ({ customer, items }) => {
    if (customer === "nobody") throw new Error("an order of nobody")
    return { pieces: items.reduce((sum, { quantity }) => sum + quantity, 0) }
  })
)

/** Without a root, under a pair of keys. */
const Basket = Aggregate.make("tablefold-suite-baskets", {
  key: ["SHOP#{shop}", "BASKET#{basket}"],
  parts: { lines: Aggregate.many("/LINE#{line}", { sku: Schema.String }) }
})

const Ledger = Aggregate.make("tablefold-suite-ledgers", {
  key: "LEDGER#{id}",
  root: Aggregate.root("HEAD", { balance: Schema.BigInt, free: Schema.Json, 10: Schema.String }),
  parts: { entries: Aggregate.many("E{n}", { amount: Schema.BigDecimal, text: Schema.String, free: Schema.Json }) }
})

/** The table whose documents the suite writes; a sink that makes indices makes them for its aggregates. */
export const table: Table.Table = Table.make({
  partitionKey: "PK",
  sortKey: "SK",
  aggregates: [Order, Basket, Ledger]
})

/** Registers the suite for the sink that `sink` gives. */
export const suite = <E>(name: string, sink: Layer.Layer<Sink, E>): void => {
  layer(sink, { excludeTestServices: true })(`the sink suite: ${name}`, (it) => {
    for (const [title, test] of Object.entries({ ...orders, ...scanned, ...values, ...several })) it.effect(title, test)
    it.effect.prop(
      "any history makes the documents that folding it makes, however it is delivered",
      [schedules([Order, Basket], { documents: 2 })],
      ([schedule]) => agrees(schedule),
      { arbitrary: { runs: 20, maxShrinks: 50 } }
    )
  })
}

type Test = () => Effect.Effect<void, unknown, Sink>

const write = (...events: ReadonlyArray<RowEvent>) => Pipeline.write(table, events)

const outcomesOf = (patches: ReadonlyArray<Patch.Patch>) =>
  Effect.map(writeAll(patches, []), (settled) => settled.map(({ outcome }) => outcome))
const order = (orderId: string) => Documents.get(Order, { orderId })
const seen = (orderId: string) => Effect.map(order(orderId), Option.getOrThrow)
const fresh = () => ({ orderId: randomUUID() })
const item = (key: { readonly orderId: string }, n: string, quantity = 1) =>
  put(Order).items({ ...key, n }, { sku: "tea", quantity })

const orders: { readonly [title: string]: Test } = {
  "what was never written is not there": Effect.fnUntraced(function* () {
    assert.isTrue(Option.isNone(yield* order(randomUUID())))
  }),

  "an item waits for its order": Effect.fnUntraced(function* () {
    const key = fresh()
    yield* write(item(key, "1", 2))
    assert.isTrue(Option.isNone(yield* order(key.orderId)))
    yield* write(put(Order).root(key, { customer: "Ada" }))
    assert.deepStrictEqual(yield* seen(key.orderId), {
      customer: "Ada",
      items: [{ sku: "tea", quantity: 2 }],
      pieces: 2
    })
  }),

  "a new state of the root replaces all of it, and no part": Effect.fnUntraced(function* () {
    const key = fresh()
    yield* write(put(Order).root(key, { customer: "Ada", note: "ring twice" }), item(key, "1"))
    yield* write(put(Order).root(key, { customer: "Lin" }))
    assert.deepStrictEqual(yield* seen(key.orderId), {
      customer: "Lin",
      items: [{ sku: "tea", quantity: 1 }],
      pieces: 1
    })
  }),

  "an order removed before its items is gone, and comes back with what is left of them": Effect.fnUntraced(
    function* () {
      const key = fresh()
      yield* write(put(Order).root(key, { customer: "Ada" }), item(key, "1"), item(key, "2"))
      yield* write(remove(Order).root(key))
      assert.isTrue(Option.isNone(yield* order(key.orderId)))
      yield* write(remove(Order).items({ ...key, n: "1" }))
      yield* write(put(Order).root(key, { customer: "Lin" }))
      assert.deepStrictEqual((yield* seen(key.orderId)).items, [{ sku: "tea", quantity: 1 }])
    }
  ),

  "a change that comes after its row's removal, and is older, changes nothing": Effect.fnUntraced(function* () {
    const key = fresh()
    const late = item(key, "1")
    yield* write(put(Order).root(key, { customer: "Ada" }))
    yield* write(remove(Order).items({ ...key, n: "1" }))
    yield* write(late)
    assert.deepStrictEqual((yield* seen(key.orderId)).items, [])
  }),

  "of two shipments the greater key is shown, and the other one when it goes": Effect.fnUntraced(function* () {
    const key = fresh()
    const shipment = (id: string) => put(Order).shipment({ ...key, id }, { carrier: id })
    yield* write(put(Order).root(key, { customer: "Ada" }), shipment("2"))
    yield* write(shipment("1"))
    assert.deepStrictEqual((yield* seen(key.orderId)).shipment, { carrier: "2" })
    yield* write(shipment("3"))
    assert.deepStrictEqual((yield* seen(key.orderId)).shipment, { carrier: "3" })
    yield* write(remove(Order).shipment({ ...key, id: "3" }), remove(Order).shipment({ ...key, id: "2" }))
    assert.deepStrictEqual((yield* seen(key.orderId)).shipment, { carrier: "1" })
    yield* write(remove(Order).shipment({ ...key, id: "1" }))
    assert.isFalse("shipment" in (yield* seen(key.orderId)))
  }),

  "items stand in the order of their keys' bytes": Effect.fnUntraced(function* () {
    const key = fresh()
    const names = ["\u{1f375}", "\uff21", "b", "a", "10", "9", "."]
    yield* write(put(Order).root(key, { customer: "Ada" }))
    for (const n of names) yield* write(put(Order).items({ ...key, n }, { sku: n, quantity: 1 }))
    const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    assert.deepStrictEqual(
      (yield* seen(key.orderId)).items.map(({ sku }) => sku),
      sorted
    )
  }),

  "what is delivered again is not written again": Effect.fnUntraced(function* () {
    const key = fresh()
    const events = [put(Order).root(key, { customer: "Ada" }), item(key, "1"), remove(Order).items({ ...key, n: "2" })]
    yield* write(...events)
    const outcomes = yield* outcomesOf(Patch.fromEvents(events))
    assert.deepStrictEqual(outcomes, [{ _tag: "Unchanged" }])
  })
}

const text = (id: string) => Effect.map(Documents.json(Ledger, id), Option.getOrThrow)

const scanned: { readonly [title: string]: Test } = {
  "rows of a scan that lost to a stream are counted, those that were there already are not": Effect.fnUntraced(
    function* () {
      const key = fresh()
      yield* write(put(Order).root(key, { customer: "Ada" }), remove(Order).items({ ...key, n: "1" }))
      const version = Version.scan(epoch, 7)
      const rows = [
        put(Order).root(key, { customer: "Lin" }, { version }),
        put(Order).items({ ...key, n: "1" }, { sku: "tea", quantity: 1 }, { version }),
        put(Order).items({ ...key, n: "2" }, { sku: "tea", quantity: 2 }, { version })
      ]
      for (const _ of ["once", "again"]) {
        const [settled] = yield* writeAll(Patch.fromEvents(rows), [])
        assert.strictEqual(settled!.outdated, 2)
      }
      assert.strictEqual((yield* seen(key.orderId)).pieces, 2)
    }
  )
}

const values: { readonly [title: string]: Test } = {
  "no digit, name or character of a row is touched, also when a sibling changes": Effect.fnUntraced(function* () {
    const id = randomUUID()
    const free = JSON.parse(
      `{"__proto__":{"a":1},"10":"x","9":["\\u0000\\u2028\u{1f375}",1e21,5e-324,null,{}],"a.b":""}`
    )
    const amount = BigDecimal.fromStringUnsafe("1234567890.1234567890123456789012345678")
    const entry = (n: string, text: string) => put(Ledger).entries({ id, n }, { amount, text, free })
    yield* write(put(Ledger).root({ id }, { balance: 3804086584686624768n, free, 10: "ten" }), entry("1", "a\u0000\nb"))
    const before = yield* text(id)
    yield* write(entry("2", "sibling"))
    yield* write(remove(Ledger).entries({ id, n: "2" }))
    assert.strictEqual(yield* text(id), before)
    assert.include(before, "3804086584686624768")
    assert.include(before, `"__proto__":{"a":1}`)
    const { balance, entries } = Option.getOrThrow(yield* Documents.get(Ledger, { id }))
    assert.strictEqual(balance, 3804086584686624768n)
    assert.isTrue(BigDecimal.equals(entries[0]!.amount, amount))
  }),

  "a key too long for an id makes a document like any other": Effect.fnUntraced(function* () {
    const key = { orderId: `${randomUUID()}${"\u{1f375}".repeat(400)}` }
    yield* write(put(Order).root(key, { customer: "Ada" }))
    yield* write(item(key, "1"))
    assert.strictEqual((yield* seen(key.orderId)).pieces, 1)
    assert.isTrue(Option.isNone(yield* order(`${key.orderId}.`)))
    const [kept] = yield* (yield* Sink).read(Shape.of(Order), [Documents.idFor(Order, key)])
    assert.strictEqual(kept?.longKey, `ORDER#${key.orderId}`)
  }),

  "keys of odd characters each have a document of their own": Effect.fnUntraced(function* () {
    const run = randomUUID()
    const ids = ["/", "?", "#", "%2F", " ", "..", "__proto__", "\u{1f375}", "\u0000", '"'].map((odd) => run + odd)
    for (const orderId of ids) yield* write(put(Order).root({ orderId }, { customer: orderId }))
    for (const orderId of ids) assert.strictEqual((yield* seen(orderId)).customer, orderId)
  }),

  "a pair of keys makes one document, and its halves do not run together": Effect.fnUntraced(function* () {
    const shop = randomUUID()
    const line = (shop: string, basket: string) => put(Basket).lines({ shop, basket, line: "1" }, { sku: basket })
    yield* write(line(shop, "a|b"), line(`${shop}|a`, "b"), line(`${shop}\\`, "a"))
    for (const [half, basket] of [
      [shop, "a|b"],
      [`${shop}|a`, "b"],
      [`${shop}\\`, "a"]
    ] as const) {
      const found = Option.getOrThrow(yield* Documents.get(Basket, { shop: half, basket }))
      assert.deepStrictEqual(found, { lines: [{ sku: basket }] })
    }
    yield* write(remove(Basket).lines({ shop, basket: "a|b", line: "1" }))
    assert.isTrue(Option.isNone(yield* Documents.get(Basket, { shop, basket: "a|b" })))
  })
}

const several: { readonly [title: string]: Test } = {
  "many documents of several aggregates in one batch": Effect.fnUntraced(function* () {
    const run = randomUUID()
    const ids = Array.from({ length: 50 }, (_, i) => `${run}-${i}`)
    yield* write(
      ...ids.map((orderId, i) => item({ orderId }, "1", i)),
      ...ids.map((shop) => put(Basket).lines({ shop, basket: "1", line: "1" }, { sku: "x" })),
      ...ids.map((orderId) => put(Order).root({ orderId }, { customer: "Ada" }))
    )
    for (const [i, orderId] of ids.entries()) assert.strictEqual((yield* seen(orderId)).pieces, i)
    const found = yield* (yield* Sink).read(Shape.of(Order), [...ids.toReversed(), `${run}-none`])
    assert.deepStrictEqual(
      found.map((document) => document?.id),
      [...ids.toReversed(), undefined]
    )
  }),

  "writers of one document at the same time lose nothing": Effect.fnUntraced(function* () {
    const key = fresh()
    const names = Array.from({ length: 12 }, (_, i) => String(i + 10))
    const events = [put(Order).root(key, { customer: "Ada" }), ...names.map((n) => item(key, n))]
    yield* Effect.all(
      events.map((event) => write(event)),
      { concurrency: "unbounded" }
    )
    assert.strictEqual((yield* seen(key.orderId)).pieces, names.length)
  }),

  "a document whose derived field can't be computed is written without it, and has it again when it can":
    Effect.fnUntraced(function* () {
      const bad = fresh()
      const fields = Effect.map(Documents.json(Order, bad.orderId), (text) => JSON.parse(Option.getOrThrow(text)))
      yield* write(put(Order).root(bad, { customer: "Ada" }), item(bad, "1"))
      const patches = Patch.fromEvents([put(Order).root(bad, { customer: "nobody" })])
      const outcomes = yield* outcomesOf(patches)
      const reason = "the function of the derived field pieces threw Error"
      assert.deepStrictEqual(outcomes, [{ _tag: "Written", notComputed: { fields: ["pieces"], reason } }])
      assert.deepStrictEqual(yield* fields, { customer: "nobody", items: [{ sku: "tea", quantity: 1 }] })
      assert.include((yield* Effect.flip(order(bad.orderId))).message, reason)
      yield* write(put(Order).root(bad, { customer: "Lin" }))
      assert.strictEqual((yield* seen(bad.orderId)).pieces, 1)
    })
}

/** Writes a history as it was delivered, under ids of its own, and compares with folding it in order. */
const agrees = Effect.fnUntraced(function* ({ inOrder, lanes }: Schedule) {
  const run = randomUUID()
  const moved = (event: RowEvent): RowEvent => ({ ...event, id: `${run}-${event.id}` })
  yield* Effect.forEach(
    lanes,
    (batches) => Effect.forEach(batches, (batch) => write(...batch.map(moved)), { discard: true }),
    { concurrency: "unbounded", discard: true }
  )
  for (const { id, shape } of Patch.fromEvents(inOrder)) {
    const own = inOrder.filter((event) => event.shape === shape && event.id === id)
    const expected = Option.map(document(shape.aggregate, own), (fields) => JSON.stringify(fields))
    const found = yield* Documents.json(shape.aggregate, `${run}-${id}`)
    assert.deepStrictEqual(Option.map(found, JSON.parse), Option.map(expected, JSON.parse))
  }
})
