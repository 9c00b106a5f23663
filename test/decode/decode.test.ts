/** What a change means to the table's aggregates: an event, a reject, nobody's row, or a source that can't feed us. */
import { assert, describe, it } from "@effect/vitest"
import { Schema, SchemaGetter } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import type { Attributes, Change } from "../../src/source/Change.ts"
import { Order, table } from "../definitions.ts"
import { folded, seen } from "../fold/fold.ts"
import { decoded, event, json, keys, put, reject, removed, scanned, streamArn, streamed } from "./changes.ts"

const item = (quantity: number): Attributes => ({
  sku: { S: "tea" },
  quantity: { N: String(quantity) },
  price: { N: "3" }
})
const details: Attributes = { orderId: { S: "1" }, customerName: { S: "Ada" } }
const documents = (changes: ReadonlyArray<Change>) => seen(folded([changes.map((change) => event(table, change))]))
const order = (changes: ReadonlyArray<Change>) => documents(changes).get("orders 1") as typeof Order.Type | undefined
const tableOf = (...aggregates: ReadonlyArray<Aggregate.Any>) =>
  Table.make({ partitionKey: "PK", sortKey: "SK", aggregates })

describe("stream records", () => {
  const root = put("ORDER#1", "DETAILS", details, "1")

  it("case 1: a change and a removal of a row in one batch, in either order of the batch", () => {
    const changed = put("ORDER#1", "ITEM#1", item(2), "5")
    for (const batch of [
      [changed, removed("ORDER#1", "ITEM#1", "6")],
      [removed("ORDER#1", "ITEM#1", "6"), changed]
    ]) {
      assert.deepStrictEqual(order([root, ...batch])?.orderItems, [])
    }
    for (const batch of [
      [removed("ORDER#1", "ITEM#1", "4"), changed],
      [changed, removed("ORDER#1", "ITEM#1", "4")]
    ]) {
      assert.strictEqual(order([root, ...batch])?.orderItems.length, 1)
    }
  })

  it.each(["KEYS_ONLY", "NEW_IMAGE", undefined])("case 8: a removal with keys alone (%s)", (viewType) => {
    const change = removed("ORDER#1", "ITEM#1")
    assert.isUndefined(event(table, { ...change, origin: { ...change.origin, viewType } as never }).json)
  })

  it("case 8, 59: a removal that carries an image is a removal all the same", () =>
    assert.isUndefined(event(table, streamed("REMOVE", keys("ORDER#1", "ITEM#1"), item(1))).json))

  it("case 28: a row is made, changed and removed with nothing to configure", () => {
    const inserted = streamed("INSERT", keys("ORDER#1", "ITEM#1"), item(1), "2")
    const changed = put("ORDER#1", "ITEM#1", item(2), "3")
    assert.strictEqual(order([root, inserted])?.orderItems[0]?.quantity, 1)
    assert.strictEqual(order([root, inserted, changed])?.orderItems[0]?.quantity, 2)
    assert.deepStrictEqual(order([root, inserted, changed, removed("ORDER#1", "ITEM#1", "4")])?.orderItems, [])
    assert.isTrue(event(table, inserted).isInsert)
    assert.isFalse(event(table, changed).isInsert)
  })

  it("case 29: a new stream with smaller numbers speaks after the old one", () => {
    const later = streamArn.replace("2026-08-01", "2026-08-02")
    const old = put("ORDER#1", "ITEM#1", item(1), "634000000000000000000")
    const fresh = streamed("INSERT", keys("ORDER#1", "ITEM#1"), item(9), "2", later)
    for (const batch of [
      [old, fresh],
      [fresh, old]
    ])
      assert.strictEqual(order([root, ...batch])?.orderItems[0]?.quantity, 9)
  })

  it("case 31: a part's row alone reaches an order that is there already", () => {
    const shipment = put("ORDER#1", "SHIPMENT#1", { carrier: { S: "DHL" }, status: { S: "sent" } }, "3")
    assert.deepStrictEqual(order([root, shipment])?.shipmentInfo, { carrier: "DHL", status: "sent" })
  })

  it("case 32: a row moved to another parent leaves one document and comes to the other", () => {
    const roots = [root, put("ORDER#2", "DETAILS", details, "1")]
    const moved = [removed("ORDER#1", "ITEM#7", "5"), put("ORDER#2", "ITEM#7", item(1), "6")]
    for (const batch of [moved, moved.toReversed()]) {
      const both = documents([...roots, put("ORDER#1", "ITEM#7", item(1), "2"), ...batch])
      assert.deepStrictEqual((both.get("orders 1") as typeof Order.Type).orderItems, [])
      assert.strictEqual((both.get("orders 2") as typeof Order.Type).orderItems.length, 1)
    }
  })

  it("case 40: a change that comes after its row's removal brings nothing back", () => {
    const batch = [root, removed("ORDER#1", "ITEM#1", "7"), put("ORDER#1", "ITEM#1", item(2), "6")]
    assert.deepStrictEqual(order(batch)?.orderItems, [])
  })

  it.each(["REPLACE", "", "insert"])("case 59: the eventName %j is refused, with its sequence number", (eventName) => {
    const refused = reject(decoded(table, streamed(eventName, keys("ORDER#1", "ITEM#1"), item(1), "77")))
    assert.strictEqual(refused.sequenceNumber, "77")
    assert.include(refused.reason, `"${eventName}"`)
    assert.strictEqual(refused.key, "ORDER#1 / ITEM#1")
  })

  it.each([
    ["INSERT", "NEW_IMAGE"],
    ["MODIFY", "NEW_AND_OLD_IMAGES"],
    ["MODIFY", undefined]
  ])("an %s without a new image (%s) can't be read: it is refused, and removes nothing", (eventName, viewType) => {
    const change = streamed(eventName, keys("ORDER#1", "ITEM#1"), undefined, "42")
    const refused = reject(decoded(table, { ...change, origin: { ...change.origin, viewType } as never }))
    assert.deepInclude(refused, { aggregate: "orders", key: "ORDER#1 / ITEM#1", sequenceNumber: "42" })
    assert.strictEqual(refused.version?.sequence, "42")
    assert.include(refused.reason, `the ${eventName} record carries no new image`)
    assert.include(refused.reason, viewType ?? "does not say")
  })

  it.each([
    ["INSERT", "KEYS_ONLY"],
    ["MODIFY", "KEYS_ONLY"],
    ["INSERT", "OLD_IMAGE"],
    ["MODIFY", "OLD_IMAGE"]
  ])("an %s without a new image (%s) says how to set up the stream, and removes nothing", (eventName, viewType) => {
    const change = streamed(eventName, keys("ORDER#1", "ITEM#1"), undefined)
    const one = decoded(table, { ...change, origin: { ...change.origin, viewType } as never })
    if (one._tag !== "Misconfigured") throw new Error(one._tag)
    assert.include(one.reason, streamArn)
    assert.include(one.reason, viewType)
    assert.include(one.reason, "NEW_AND_OLD_IMAGES")
  })

  it.each(["x", "", "1.5", "-1"])("the sequence number %j is refused", (sequenceNumber) => {
    assert.include(reject(decoded(table, put("ORDER#1", "ITEM#1", item(1), sequenceNumber))).reason, "sequence number")
  })

  it("an ARN that is none of a stream is refused", () =>
    assert.include(
      reject(decoded(table, streamed("INSERT", keys("ORDER#1", "ITEM#1"), item(1), "1", "arn:x"))).reason,
      "arn:x"
    ))
})

describe("rows", () => {
  it("case 5: whole and broken numbers fit one field, and undeclared attributes of any type never show", () => {
    const rows = [
      put("ORDER#1", "DETAILS", { ...details, extra: { N: "1" } }, "1"),
      put("ORDER#1", "ITEM#1", { ...item(1), price: { N: "10" }, extra: { N: "1" } }, "2"),
      put("ORDER#1", "ITEM#2", { ...item(1), price: { N: "10.5" }, extra: { S: "abc" } }, "3")
    ]
    assert.deepStrictEqual(
      order(rows)?.orderItems.map(({ price }) => price),
      [10, 10.5]
    )
    assert.notInclude(JSON.stringify(order(rows)), "extra")
  })

  it("case 7: control characters stand in the text, escaped, on one line", () => {
    const text = event(table, put("ORDER#1", "DETAILS", { ...details, note: { S: "a\u0000b\u001f\n\u2028" } })).json!
    assert.strictEqual((JSON.parse(text) as { note: string }).note, "a\u0000b\u001f\n\u2028")
    assert.isTrue([...text].every((character) => character >= " "))
  })

  it("case 17: attributes named like OpenSearch's own, undeclared, never show", () => {
    const own = Object.fromEntries(
      ["_id", "_source", "_routing", "_ttl", "_version", "_index", "_sync"].map((name) => [name, { S: "x" }])
    )
    assert.deepStrictEqual(json(table, put("ORDER#1", "DETAILS", { ...details, ...own })), {
      orderId: "1",
      customerName: "Ada"
    })
  })

  it("case 2, 4: the same number in two spellings gives the same bytes", () => {
    const head = { balance: { N: "3804086584686624768" }, 10: { S: "x" }, free: { NULL: true } }
    const one = event(table, put("LEDGER#1", "HEAD", head)).json!
    const other = event(table, put("LEDGER#1", "HEAD", { ...head, balance: { N: "3.804086584686624768E+18" } })).json!
    assert.include(one, "3804086584686624768")
    assert.strictEqual(one, other)
  })

  it("names in the key stand in for attributes that the row lacks; an attribute wins", () => {
    const Named = Aggregate.make("named", {
      key: "N#{id}",
      root: Aggregate.root("X#{at}", { id: Schema.String, at: Schema.Int })
    })
    assert.deepStrictEqual(json(tableOf(Named), put("N#7", "X#12", {})), { id: "7", at: 12 })
    assert.deepStrictEqual(json(tableOf(Named), put("N#7", "X#12", { id: { S: "a" }, at: { N: "3" } })), {
      id: "a",
      at: 3
    })
    assert.strictEqual(event(tableOf(Named), put("N#7", "X#12", { id: { S: "a" } })).id, "7")
    assert.include(reject(decoded(tableOf(Named), put("N#7", "X#abc", {}))).reason, `"at"`)
  })

  it("renamed keys are read by the row's names and shown by the schema's", () => {
    const Renamed = Aggregate.make("renamed", {
      key: "R#{id}",
      root: Aggregate.root(
        "X",
        Schema.Struct({ id: Schema.String, total: Schema.BigInt }).pipe(Schema.encodeKeys({ total: "t" }))
      )
    })
    assert.deepStrictEqual(
      json(tableOf(Renamed), put("R#1", "X", { t: { N: "3804086584686624768" }, total: { S: "no" } })),
      {
        id: "1",
        total: "3804086584686624768"
      }
    )
  })

  it("a class is read and shown by its fields", () => {
    class Money extends Schema.Class<Money>("Money")({ amount: Schema.BigDecimal, currency: Schema.String }) {}
    class Invoice extends Schema.Class<Invoice>("Invoice")({ id: Schema.String, sum: Money }) {}
    const table = tableOf(Aggregate.make("invoices", { key: "I#{id}", root: Aggregate.root("X", Invoice) }))
    const image = { sum: { M: { amount: { N: "19.990" }, currency: { S: "EUR" }, other: { S: "x" } } } }
    assert.deepStrictEqual(json(table, put("I#1", "X", image)), { id: "1", sum: { amount: "19.99", currency: "EUR" } })
  })

  it("`where` decides first: what it does not take counts as removed, however incomplete", () => {
    const Published = Aggregate.make("published", {
      key: "P#{id}",
      root: Aggregate.root("X", { title: Schema.String }, { where: Schema.Struct({ state: Schema.Literal("out") }) })
    })
    const table = tableOf(Published)
    const image = { title: { S: "Tea" }, state: { S: "out" } }
    assert.deepStrictEqual(json(table, put("P#1", "X", image)), { title: "Tea" })
    for (const state of [{ S: "draft" }, { N: "1" }, { NULL: true }] as const) {
      assert.isUndefined(event(table, put("P#1", "X", { state })).json)
      assert.isUndefined(event(table, put("P#1", "X", { ...image, state })).json)
    }
    assert.isUndefined(event(table, put("P#1", "X", {})).json)
    assert.include(reject(decoded(table, put("P#1", "X", { state: { S: "out" } }))).reason, `"title"`)
  })

  it("what a user's `where` throws is a reject, not a crash", () => {
    const where = Schema.Struct({
      state: Schema.String.check(
        Schema.makeFilter(() => {
          throw new Error("SECRET")
        })
      )
    })
    const Bad = Aggregate.make("bad", { key: "P#{id}", root: Aggregate.root("X", { title: Schema.String }, { where }) })
    const { reason } = reject(decoded(tableOf(Bad), put("P#1", "X", { title: { S: "Tea" }, state: { S: "x" } })))
    assert.include(reason, "where")
    assert.notInclude(reason, "SECRET")
  })

  it.each<[string, () => never, string]>([
    [
      "an Error",
      () => {
        throw new Error("SECRET")
      },
      "Error"
    ],
    [
      "a TypeError",
      () => {
        throw new TypeError("SECRET")
      },
      "TypeError"
    ],
    [
      "a text",
      () => {
        throw "SECRET"
      },
      "string"
    ]
  ])("a transform that throws %s is a reject that names it, and not its message", (_, fail, name) => {
    const thrower = Schema.String.pipe(
      Schema.decodeTo(Schema.String, {
        decode: SchemaGetter.transform(fail),
        encode: SchemaGetter.transform((s: string) => s)
      })
    )
    const Bad = Aggregate.make("bad", { key: "P#{id}", root: Aggregate.root("X", { title: thrower }) })
    const { reason } = reject(decoded(tableOf(Bad), put("P#1", "X", { title: { S: "SECRET" } })))
    assert.include(reason, name)
    assert.include(reason, "root")
    assert.notInclude(reason, "SECRET")
  })

  it("a refused row names its field, its key and its sequence number", () => {
    const refused = reject(decoded(table, put("ORDER#1", "ITEM#1", { ...item(1), quantity: { S: "two" } }, "42")))
    assert.deepStrictEqual(
      [refused.aggregate, refused.key, refused.sequenceNumber],
      ["orders", "ORDER#1 / ITEM#1", "42"]
    )
    assert.include(refused.reason, `"quantity"`)
    assert.strictEqual(refused.version?.sequence, "42")
  })

  it("a row that a scan no longer finds counts as removed under its version", () => {
    const gone = event(table, scanned(keys("ORDER#1", "ITEM#1"), undefined, 5, 7))
    assert.isUndefined(gone.json)
    assert.deepStrictEqual(gone.version, { epoch: 5, kind: 0, sequence: "7", reading: 0 })
  })
})
