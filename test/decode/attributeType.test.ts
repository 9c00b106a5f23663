/**
 * An attribute value has exactly one member that is not null, and it holds what its type says: anything else is refused
 * with the attribute's name, in values as in keys, and nothing throws.
 */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { decode } from "../../src/decode/decode.ts"
import { orderedOf, textOf } from "../../src/decode/rowKey.ts"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import type { Attributes, AttributeValue } from "../../src/source/Change.ts"
import { index } from "../../src/testing/deliveries.ts"
import { decoded, event, json, keys, put, reject, removed, streamed } from "./changes.ts"

const tableOf = (value: Schema.Codec<any, any>) =>
  Table.make({
    partitionKey: "PK",
    sortKey: "SK",
    aggregates: [
      Aggregate.make("things", {
        key: "T#{id}",
        root: Aggregate.root("X", { value }),
        parts: { parts: Aggregate.many("P#{n}", { value }) }
      })
    ]
  })
const free = tableOf(Schema.Json)

const types = ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"]
const scalars: ReadonlyArray<AttributeValue> = [
  { S: "" },
  { S: "tea" },
  { N: "0" },
  { N: "-29.5" },
  { N: "3804086584686624768" },
  { B: "AP8=" },
  { BOOL: false },
  { NULL: true },
  { SS: ["b", "a"] },
  { NS: ["2", "1"] },
  { BS: ["AP8=", ""] }
]

const values: Arbitrary.Arbitrary<AttributeValue> = Arbitrary.map(
  Arbitrary.array(index(100), { minLength: 1, maxLength: 12 }),
  (seeds): AttributeValue =>
    seeds.reduce<AttributeValue>((inner, seed) => {
      if (seed < 30) return { L: [inner, scalars[seed % scalars.length]!] }
      if (seed < 60) return { M: { a: inner, b: scalars[seed % scalars.length]! } }
      return scalars[seed % scalars.length]!
    }, scalars[0]!)
)

/** The same value as a serialiser writes it that has a place for every member. */
const padded = (value: AttributeValue, filler: null | undefined): AttributeValue => {
  const [type, member] = Object.entries(value)[0]!
  const inner =
    type === "L"
      ? (member as ReadonlyArray<AttributeValue>).map((item) => padded(item, filler))
      : type === "M"
        ? Object.fromEntries(Object.entries(member as Attributes).map(([name, item]) => [name, padded(item, filler)]))
        : member
  return Object.fromEntries(types.map((name) => [name, name === type ? inner : filler])) as never
}

const valueOf = (value: AttributeValue) => json(free, put("T#1", "X", { value }))

describe("members that are null", () => {
  it.prop("case 63: count as absent, however deep the value is", [values, index(2)], ([value, filler]) =>
    assert.deepStrictEqual(valueOf(padded(value, filler === 0 ? null : undefined)), valueOf(value))
  )

  it("case 63: count as absent in the keys and the image of one record", () => {
    const image = { status: { S: "paid" }, totalAmount: { N: "29.5" }, paid: { BOOL: true } }
    const whole = (attributes: Attributes) => (padded({ M: attributes }, null) as unknown as { M: Attributes }).M
    const table = Table.make({
      partitionKey: "PK",
      sortKey: "SK",
      aggregates: [
        Aggregate.make("orders", {
          key: "ORDER#{orderId}",
          root: Aggregate.root("DETAILS", {
            status: Schema.String,
            totalAmount: Schema.NullOr(Schema.Finite),
            paid: Schema.NullOr(Schema.Boolean)
          })
        })
      ]
    })
    const decoded = event(table, streamed("INSERT", whole(keys("ORDER#1", "DETAILS")), whole(image)))
    assert.strictEqual(decoded.id, "1")
    assert.deepStrictEqual(JSON.parse(decoded.json!), { status: "paid", totalAmount: 29.5, paid: true })
  })

  it.prop(
    "several that are not null are refused, and none",
    [index(scalars.length), index(scalars.length)],
    ([a, b]) => {
      const both = { ...scalars[a], ...scalars[b] } as AttributeValue
      const change = put("T#1", "X", { value: { L: [{ S: "x" }, { M: { secret: both } }] } })
      if (Object.keys(both).length === 1) return assert.strictEqual(decoded(free, change)._tag, "Event")
      assert.strictEqual(reject(decoded(free, change)).reason, `field "value[1].*" has several types at once`)
    }
  )
})

describe("a member of another kind than its type says", () => {
  const wrong: ReadonlyArray<readonly [string, unknown]> = [
    ["S", 5],
    ["S", ["x"]],
    ["N", 29.5],
    ["N", "x"],
    ["N", ""],
    ["N", "0x10"],
    ["N", "1E+999999999"],
    ["N", "1E-999999999"],
    ["N", "9".repeat(100_000)],
    ["N", `${"1".repeat(100_000)}x`],
    ["BOOL", "true"],
    ["BOOL", 0],
    ["NULL", false],
    ["NULL", "true"],
    ["L", {}],
    ["L", "x"],
    ["L", [null]],
    ["L", ["x"]],
    ["M", []],
    ["M", "x"],
    ["M", { a: null }],
    ["M", { a: "x" }],
    ["B", "no base64!"],
    ["B", { type: "Buffer", data: [1] }],
    ["SS", "x"],
    ["SS", [1]],
    ["SS", [null]],
    ["NS", {}],
    ["NS", [1]],
    ["NS", ["1", "x"]],
    ["NS", ["1E+999999999"]],
    ["BS", ["no base64!"]],
    ["BS", [1]],
    ["X", "x"]
  ]
  const schemas = {
    Json: Schema.Json,
    BigInt: Schema.BigInt,
    Finite: Schema.Finite,
    texts: Schema.Array(Schema.String)
  }

  it.each(wrong.flatMap(([type, member]) => Object.keys(schemas).map((name) => [type, member, name] as const)))(
    "%s of %j is refused with the field's name alone, read as %s",
    (type, member, name) => {
      const table = tableOf(schemas[name as keyof typeof schemas])
      for (const path of ["value", "value[0]"]) {
        const value = { [type]: member } as unknown as AttributeValue
        const change = put("T#1", "X", { value: path === "value" ? value : { L: [value] } })
        const { reason } = reject(decoded(table, change))
        assert.isTrue(reason.startsWith(`field "${path}`), reason)
        assert.isBelow(reason.length, 200)
      }
    }
  )

  it.each([null, undefined, "tea", 5, [], {}, { S: null }, { S: undefined }])("%j is no attribute value", (value) =>
    assert.isTrue(reject(decoded(free, put("T#1", "X", { value: value as never }))).reason.startsWith(`field "value"`))
  )
})

describe("keys", () => {
  const one: ReadonlyArray<AttributeValue> = [{ S: "a" }, { N: "29.50" }, { N: "3E2" }, { B: "AP8=" }]

  it.each(one)("of type %j may have members that are null", (key) => {
    assert.strictEqual(textOf(padded(key, null)), textOf(key))
    assert.strictEqual(orderedOf(padded(key, null)), orderedOf(key))
    assert.isNotEmpty(orderedOf(key))
  })

  const none: ReadonlyArray<unknown> = [
    null,
    {},
    { S: null, N: null },
    { S: "a", N: "1" },
    { S: 5 },
    { N: "x" },
    { N: 5 },
    { N: "1E+999999999" },
    { B: "no base64!" },
    { BOOL: true },
    { L: [] },
    "P#1"
  ]

  it.each(none)("of %j are of no row, whichever key it is", (key) => {
    const bad = key as AttributeValue
    for (const [name, own] of [
      ["PK", { PK: bad, SK: { S: "X" } }],
      ["SK", { PK: { S: "T#1" }, SK: bad }]
    ] as const) {
      for (const change of [streamed("REMOVE", own, undefined), streamed("INSERT", own, { value: { S: "x" } })]) {
        const refused = reject(decoded(free, change))
        assert.include(refused.reason, `the key attribute "${name}"`)
        assert.isUndefined(refused.aggregate)
        assert.strictEqual(refused.sequenceNumber, "100000000000000000001")
      }
    }
  })

  it("case 63: numeric keys in another spelling and with null members are one row, others another", () => {
    const table = Table.make({
      partitionKey: "PK",
      sortKey: "SK",
      aggregates: [Aggregate.make("n", { key: "{id}", parts: { rows: Aggregate.many("{n}", { v: Schema.Finite }) } })]
    })
    const rowKey = (SK: AttributeValue) => event(table, streamed("REMOVE", { PK: { S: "1" }, SK }, undefined)).rowKey
    assert.strictEqual(rowKey(padded({ N: "29.50" }, null)), rowKey({ N: "29.5" }))
    assert.notStrictEqual(rowKey(padded({ N: "29.51" }, null)), rowKey({ N: "29.5" }))
  })

  it("what is missing altogether stays a matter of the table's keys", () => {
    assert.strictEqual(decoded(free, { ...removed("T#1", "X"), keys: { id: { S: "T#1" } } })._tag, "Reject")
    assert.deepStrictEqual(decode(free, streamed("REMOVE", keys("T#1", "other"), undefined)), [])
  })
})
