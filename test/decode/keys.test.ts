/** Keys of every type and length: one row, one document, in the table's own order, whatever the source. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { decode } from "../../src/decode/decode.ts"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import type { Attributes, AttributeValue, Change } from "../../src/source/Change.ts"
import { Order, table } from "../definitions.ts"
import { folded, seen } from "../fold/fold.ts"
import { decoded, event, keys, put, reject, removed, scanned, streamed } from "./changes.ts"

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

describe("keys", () => {
  const origins: ReadonlyArray<readonly [string, (keys: Attributes) => Change]> = [
    ["an insertion", (keys) => streamed("INSERT", keys, details, "42")],
    ["a removal", (keys) => streamed("REMOVE", keys, undefined, "42")],
    ["a scan", (keys) => scanned(keys, details)],
    [
      "a reading",
      (keys) => ({
        keys,
        image: details,
        origin: { _tag: "Reading", tableArn: "t", epoch: 0, kind: 1, sequence: "42", readAt: 9 }
      })
    ]
  ]
  const [one, other] = [{ S: "ORDER#1" }, { S: "DETAILS" }]
  const wrong: ReadonlyArray<readonly [string, Table.Table, Attributes, string]> = [
    ["another partition key", table, { id: one, SK: other }, "its keys are id, SK, but the definition's are PK, SK"],
    ["another sort key", table, { PK: one, sk: other }, "its keys are PK, sk, but the definition's are PK, SK"],
    ["no sort key", table, { PK: one }, "its keys are PK, but the definition's are PK, SK"],
    ["one key more", table, { PK: one, SK: other, T: one }, "its keys are PK, SK, T, but the definition's are PK, SK"],
    ["no keys", table, {}, "its keys are none, but the definition's are PK, SK"],
    ["names on the prototype", table, { constructor: one, toString: other }, "its keys are constructor, toString, but"],
    [
      "a sort key that the definition lacks",
      Table.make({
        partitionKey: "PK",
        aggregates: [Aggregate.make("flat", { key: "ORDER#{id}", root: Aggregate.root({ id: Schema.String }) })]
      }),
      { PK: one, SK: other },
      "its keys are PK, SK, but the definition's are PK"
    ]
  ]

  it.each(
    wrong.flatMap(([what, table, keys, reason]) => origins.map((of) => [...of, what, table, keys, reason] as const))
  )("case 68: %s with %4$s is refused, and told with the names of both", (origin, of, _, table, keys, reason) => {
    const refused = reject(decoded(table, of(keys)))
    assert.include(refused.reason, reason)
    assert.isUndefined(refused.aggregate)
    assert.strictEqual(refused.sequenceNumber, /ins|rem/.test(origin) ? "42" : undefined)
    const named = Object.entries(keys).map(([name, value]) => `${name}=${(value as { readonly S: string }).S}`)
    assert.strictEqual(refused.key, named.join(", "))
  })

  it.each<[string, unknown, unknown]>([
    ["PK", { S: 7 }, other],
    ["PK", null, other],
    ["PK", {}, other],
    ["SK", one, { BOOL: true }],
    ["SK", one, { N: "one" }],
    ["SK", one, undefined]
  ])("a key %s that can't be one is refused: %j and %j", (name, PK, SK) => {
    const refused = reject(decoded(table, streamed("REMOVE", { PK, SK } as never, undefined, "42")))
    assert.include(refused.reason, `the key attribute "${name}"`)
    assert.strictEqual(refused.sequenceNumber, "42")
  })

  it.each<[string, Attributes]>([
    ["another kind of sort key", keys("ORDER#1", "_unique#email#x")],
    ["an aggregate that nobody declared", keys("PRODUCT#1", "DETAILS")],
    ["an empty name in the key", keys("ORDER#", "DETAILS")],
    ["a number where a text is expected", { PK: { N: "1" }, SK: { S: "DETAILS" } }]
  ])("case 53: %s is unclaimed", (_, other) =>
    assert.deepStrictEqual(decode(table, streamed("INSERT", other, details)), [])
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
