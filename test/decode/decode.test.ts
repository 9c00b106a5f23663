/** What a change means to the table's aggregates: an event, a reject, nobody's row, or a source that can't feed us. */
import { assert, describe, it } from "@effect/vitest"
import { Schema, SchemaGetter } from "effect"
import { decode } from "../../src/decode/decode.ts"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import type { Attributes, AttributeValue, Change } from "../../src/source/Change.ts"
import { Order, table } from "../definitions.ts"
import { folded, seen } from "../fold/fold.ts"
import { event, json, keys, put, reject, removed, scanned, streamArn, streamed } from "./changes.ts"

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
    const refused = reject(decode(table, streamed(eventName, keys("ORDER#1", "ITEM#1"), item(1), "77")))
    assert.strictEqual(refused.sequenceNumber, "77")
    assert.include(refused.reason, `"${eventName}"`)
    assert.strictEqual(refused.key, "ORDER#1 / ITEM#1")
  })

  it.each([
    ["INSERT", "KEYS_ONLY"],
    ["MODIFY", "OLD_IMAGE"],
    ["MODIFY", undefined]
  ])("an %s without a new image (%s) says how to set up the stream, and removes nothing", (eventName, viewType) => {
    const change = streamed(eventName, keys("ORDER#1", "ITEM#1"), undefined)
    const decoded = decode(table, { ...change, origin: { ...change.origin, viewType } as never })
    if (decoded._tag !== "Misconfigured") throw new Error(decoded._tag)
    assert.include(decoded.reason, streamArn)
    assert.include(decoded.reason, viewType ?? "unknown")
    assert.include(decoded.reason, "NEW_AND_OLD_IMAGES")
  })

  it.each(["x", "", "1.5", "-1"])("the sequence number %j is refused", (sequenceNumber) => {
    assert.include(reject(decode(table, put("ORDER#1", "ITEM#1", item(1), sequenceNumber))).reason, "sequence number")
  })

  it("an ARN that is none of a stream is refused", () =>
    assert.include(
      reject(decode(table, streamed("INSERT", keys("ORDER#1", "ITEM#1"), item(1), "1", "arn:x"))).reason,
      "arn:x"
    ))
})

describe("keys", () => {
  it.each<[string, Attributes]>([
    ["another partition key", { id: { S: "ORDER#1" }, SK: { S: "DETAILS" } }],
    ["none", {}],
    ["a name on the prototype", { constructor: { S: "ORDER#1" } }]
  ])("%s: the source is not the table that is described", (_, other) => {
    const decoded = decode(table, streamed("INSERT", other, details))
    if (decoded._tag !== "Misconfigured") throw new Error(decoded._tag)
    assert.include(decoded.reason, `"PK"`)
    assert.include(decoded.reason, streamArn)
  })

  it.each<[string, Attributes]>([
    ["another kind of sort key", keys("ORDER#1", "_unique#email#x")],
    ["an aggregate that nobody declared", keys("PRODUCT#1", "DETAILS")],
    ["no sort key at all", { PK: { S: "ORDER#1" } }],
    ["an empty name in the key", keys("ORDER#", "DETAILS")],
    ["a number where a text is expected", { PK: { N: "1" }, SK: { S: "DETAILS" } }]
  ])("case 53: %s is passed over", (_, other) =>
    assert.strictEqual(decode(table, streamed("INSERT", other, details))._tag, "PassedOver")
  )

  const Numbered = Aggregate.make("numbered", {
    key: "{id}",
    root: Aggregate.root("0", { name: Schema.String }),
    parts: { rows: Aggregate.many("1{n}", { n: Schema.String }) }
  })

  it.each<[string, AttributeValue, AttributeValue, string]>([
    ["S", { S: "7" }, { S: "7" }, "7"],
    ["N in two spellings", { N: "1702062202420" }, { N: "1.70206220242E+12" }, "1702062202420"],
    ["B as base64 and bytes", { B: "AP8=" }, { B: Uint8Array.of(0, 255) }, "AP8="]
  ])("case 19: one document id whichever source, for a partition key of type %s", (_, one, other, id) => {
    const table = tableOf(Numbered)
    const byScan = event(table, scanned({ PK: one, SK: { S: "0" } }, { name: { S: "x" } }))
    const byStream = event(table, streamed("REMOVE", { PK: other, SK: { S: "0" } }, undefined))
    assert.strictEqual(byScan.id, id)
    assert.strictEqual(byStream.id, id)
    assert.strictEqual(byStream.rowKey, byScan.rowKey)
    assert.deepStrictEqual(seen(folded([[byStream, byScan]])).get(`numbered ${id}`), undefined)
  })

  it("case 4: numeric sort keys are one row in any spelling, and rows stand in the order of the numbers", () => {
    const table = tableOf(
      Aggregate.make("scores", { key: "GAME#{game}", parts: { scores: Aggregate.many("{n}", { n: Schema.Finite }) } })
    )
    const at = (n: string, sequence: string) =>
      event(table, streamed("MODIFY", { PK: { S: "GAME#1" }, SK: { N: n } }, {}, sequence))
    const events = [
      at("10", "1"),
      at("9", "2"),
      at("-1.5", "3"),
      at("1E+1", "4"),
      at("-2", "5"),
      at("1702062202420", "6")
    ]
    assert.deepStrictEqual(seen(folded([events])).get("scores 1"), {
      scores: [{ n: -2 }, { n: -1.5 }, { n: 9 }, { n: 10 }, { n: 1702062202420 }]
    })
    assert.strictEqual(at("1.70206220242E+12", "7").rowKey, at("1702062202420", "8").rowKey)
  })

  it("binary sort keys stand in the order of their bytes", () => {
    const table = tableOf(
      Aggregate.make("blobs", { key: "B#{b}", parts: { rows: Aggregate.many("{n}", { n: Schema.String }) } })
    )
    const at = (bytes: ReadonlyArray<number>, sequence: string) =>
      event(table, streamed("MODIFY", { PK: { S: "B#1" }, SK: { B: Uint8Array.from(bytes) } }, {}, sequence))
    const rows = [[0], [0, 1], [1], [127, 255], [128], [255]]
    const events = rows.toReversed().map((bytes, i) => at(bytes, String(i + 1)))
    const document = seen(folded([events])).get("blobs 1") as { rows: ReadonlyArray<{ n: string }> }
    assert.deepStrictEqual(
      document.rows.map(({ n }) => n),
      rows.map((bytes) => Buffer.from(bytes).toString("base64"))
    )
  })

  it.each(["a\u0000b", "\u0001", " ", ".", "a..b", "__proto__", "\u{1f375}".repeat(254)])(
    "case 7: a sort key ITEM#%j is a row like any other",
    (n) => {
      const rows = [put("ORDER#1", "DETAILS", details, "1"), put("ORDER#1", `ITEM#${n}`, item(4), "2")]
      assert.strictEqual(order(rows)?.orderItems[0]?.quantity, 4)
      assert.deepStrictEqual(order([...rows, removed("ORDER#1", `ITEM#${n}`, "3")])?.orderItems, [])
    }
  )

  it.each(["x".repeat(513), "ä".repeat(1000), "\u{1f375}".repeat(500)])(
    "an id over 512 bytes is a hash, and the key is kept",
    (id) => {
      const long = event(table, put(`ORDER#${id}`, "DETAILS", details))
      assert.match(long.id, /^sha256-[0-9a-f]{64}$/)
      assert.strictEqual(long.longKey, `ORDER#${id}`)
      assert.notStrictEqual(long.id, event(table, put(`ORDER#${id}.`, "DETAILS", details)).id)
    }
  )

  it.each(["x".repeat(512), "ä".repeat(256), "\u{1f375}".repeat(128)])("an id of 512 bytes stands as it is", (id) => {
    const whole = event(table, put(`ORDER#${id}`, "DETAILS", details))
    assert.strictEqual(whole.id, id)
    assert.isUndefined(whole.longKey)
  })
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
    assert.include(reject(decode(tableOf(Named), put("N#7", "X#abc", {}))).reason, `"at"`)
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
    assert.include(reject(decode(table, put("P#1", "X", { state: { S: "out" } }))).reason, `"title"`)
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
    const { reason } = reject(decode(tableOf(Bad), put("P#1", "X", { title: { S: "Tea" }, state: { S: "x" } })))
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
    const { reason } = reject(decode(tableOf(Bad), put("P#1", "X", { title: { S: "SECRET" } })))
    assert.include(reason, name)
    assert.include(reason, "root")
    assert.notInclude(reason, "SECRET")
  })

  it("a refused row names its field, its key and its sequence number", () => {
    const refused = reject(decode(table, put("ORDER#1", "ITEM#1", { ...item(1), quantity: { S: "two" } }, "42")))
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

describe("reasons", () => {
  const secret = "SECRET-4711"
  const schemas: ReadonlyArray<Schema.Codec<any, any>> = [
    Schema.Int,
    Schema.Finite,
    Schema.Boolean,
    Schema.BigInt,
    Schema.BigDecimal,
    Schema.Null,
    Schema.Literal("a"),
    Schema.Literals(["a", "b"]),
    Schema.DateFromString,
    Schema.DateTimeUtcFromString,
    Schema.NumberFromString,
    Schema.FiniteFromString,
    Schema.BigIntFromString,
    Schema.Uint8ArrayFromBase64,
    Schema.String.check(Schema.isPattern(/^\d+$/)),
    Schema.String.check(Schema.isMaxLength(3)),
    Schema.String.check(Schema.makeFilter((text) => text.length < 3)),
    Schema.TemplateLiteral(["a", Schema.Int]),
    Schema.Union([Schema.Int, Schema.Literal("x")]),
    Schema.NullOr(Schema.Int),
    Schema.Array(Schema.Int),
    Schema.Array(Schema.Literal("a")),
    Schema.Struct({ a: Schema.Int }),
    Schema.Struct({ a: Schema.Literals(["x", "y"]) }),
    Schema.Record(Schema.String, Schema.Int),
    Schema.Record(Schema.String.check(Schema.isMaxLength(2)), Schema.Int),
    Schema.Record(Schema.Literals(["a", "b"]), Schema.Int),
    Schema.Tuple([Schema.Int, Schema.String]),
    Schema.ReadonlySet(Schema.Int),
    Schema.fromJsonString(Schema.Struct({ a: Schema.Int })),
    Schema.URLFromString
  ]
  const S = { S: secret }
  const values: ReadonlyArray<AttributeValue> = [
    S,
    { L: [S, S] },
    { M: { a: S } },
    { M: { [secret]: S } },
    { M: { [secret]: { N: "9007199254740993" } } },
    { M: { a: { L: [{ M: { [secret]: S } }] } } },
    { SS: [secret, "b"] },
    { N: secret },
    { NS: [secret] },
    { B: secret },
    { S: `{"a":"${secret}"}` },
    { S: `{"${secret}` }
  ]
  const index = (end: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: end - 1 }))
  const pairs = schemas.flatMap((schema, i) => values.map((value) => ({ i, schema, value })))

  it("hold nothing of the row, whatever refused it", () => {
    let refusedCount = 0
    for (const { i, schema, value } of pairs) {
      const table = tableOf(Aggregate.make("things", { key: "T#{id}", root: Aggregate.root("X", { value: schema }) }))
      const decoded = decode(table, put("T#1", "X", { value }))
      if (decoded._tag !== "Reject") continue
      refusedCount++
      assert.notInclude(decoded.reason, "SECRET", `schema ${i}, ${JSON.stringify(value)}: ${decoded.reason}`)
      assert.include(decoded.reason, `"value`)
    }
    assert.isAbove(refusedCount, pairs.length / 2)
  })

  it.prop(
    "hold nothing of the row, several fields at a time",
    [Schema.Array(Schema.Struct({ schema: index(schemas.length), value: index(values.length) }))],
    ([fields]) => {
      const root = Object.fromEntries(fields.map(({ schema }, i) => [`f${i}`, schemas[schema]!]))
      const image = Object.fromEntries(fields.map(({ value }, i) => [`f${i}`, values[value]!]))
      const table = tableOf(Aggregate.make("things", { key: "T#{id}", root: Aggregate.root("X", root) }))
      const decoded = decode(table, put("T#1", "X", image))
      if (decoded._tag === "Reject") assert.notInclude(decoded.reason, "SECRET")
    }
  )
})
