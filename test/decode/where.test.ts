/**
 * `where` tells which rows count. A row that does not match counts as removed; one of which that can't be told, as an
 * attribute that `where` looks at can't be read, is refused with the attribute's name, so its last state stays.
 */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import type { Attributes } from "../../src/source/Change.ts"
import { decoded, json, put, reject } from "./changes.ts"

const tableOf = (where: Schema.Decoder<unknown>) =>
  Table.make({
    partitionKey: "PK",
    sortKey: "SK",
    aggregates: [
      Aggregate.make("orders", {
        key: "ORDER#{orderId}",
        root: Aggregate.root("DETAILS", { status: Schema.String }, { where })
      })
    ]
  })
const order = (image: Attributes, id = "1") => put(`ORDER#${id}`, "DETAILS", { status: { S: "paid" }, ...image })

const long = { N: "9007199254740993" }
const rank = Schema.Struct({ rank: Schema.Finite })
const from = Schema.Struct({ from: Schema.Date })
const open = Schema.Struct({ state: Schema.Literal("open"), rank: Schema.Finite })
const either = Schema.Union([open, Schema.Struct({ state: Schema.Literal("always") })])
const mixed = Schema.Struct({ rank: Schema.Union([Schema.Finite, Schema.Literal("none")]) })
const notDeleted = Schema.Struct({ deletedAt: Schema.optionalKey(Schema.Never) })
const tagged = Schema.Struct({ type: Schema.Literal("A"), more: Schema.Json })

describe("can't be told", () => {
  it.each<[string, Schema.Decoder<unknown>, Attributes, string]>([
    ["case 72: a number that no double holds", rank, { rank: long }, "rank"],
    ["case 72: a fraction that no double holds", rank, { rank: { N: "0.12345678901234567890" } }, "rank"],
    ["a number that is none", rank, { rank: { N: "x" } }, "rank"],
    ["a number beyond DynamoDB's", rank, { rank: { N: "1E+999999999" } }, "rank"],
    ["several types at once", rank, { rank: { S: "x", N: "1" } as never }, "rank"],
    ["no type", rank, { rank: { S: null, N: null } as never }, "rank"],
    ["a text that is no date", from, { from: { S: "06/07/2020" } }, "from"],
    ["a text that is no date, in a list", Schema.Struct({ from: Schema.Array(Schema.Date) }), list("soon"), "from[0]"],
    [
      "a text that is no date, or null",
      Schema.Struct({ from: Schema.NullOr(Schema.Date) }),
      { from: { S: "" } },
      "from"
    ],
    ["a number in a union of structs", either, { state: { S: "open" }, rank: long }, "rank"],
    ["a number in a union of values", mixed, { rank: long }, "rank"],
    ["deep inside", Schema.Struct({ a: rank }), { a: { M: { rank: long } } }, "a.rank"]
  ])("%s", (_, where, image, field) => {
    const { reason } = reject(decoded(tableOf(where), order(image)))
    assert.isTrue(reason.startsWith(`field "${field}"`), reason)
    assert.notInclude(reason, "900719")
  })

  it("a number in the key", () => {
    const where = Schema.Struct({ orderId: Schema.Finite })
    assert.include(reject(decoded(tableOf(where), order({}, long.N))).reason, `field "orderId"`)
  })
})

function list(text: string): Attributes {
  return { from: { L: [{ S: text }] } }
}

describe("does not match, so the row counts as removed", () => {
  it.each<[string, Schema.Decoder<unknown>, Attributes]>([
    ["no attribute", rank, {}],
    ["another type", rank, { rank: { S: "1" } }],
    ["null", rank, { rank: { NULL: true } }],
    ["null for a date", from, { from: { NULL: true } }],
    ["a number for a date", from, { from: { N: "1592766600" } }],
    ["another literal", open, { state: { S: "closed" }, rank: { N: "1" } }],
    ["another literal beside long numbers elsewhere", tagged, { type: { S: "B" }, more: { M: { n: long } } }],
    ["an attribute that must be absent", notDeleted, { deletedAt: { S: "2026-01-01" } }],
    ["a number that must be absent, however long", notDeleted, { deletedAt: long }],
    ["long numbers that it does not look at", rank, { rank: { NULL: true }, other: long }]
  ])("%s", (_, where, image) => assert.isUndefined(json(tableOf(where), order(image))))
})

describe("matches", () => {
  it.each<[string, Schema.Decoder<unknown>, Attributes]>([
    ["a number", rank, { rank: { N: "1" } }],
    ["an attribute that must be absent, and is", notDeleted, {}],
    ["NULL for one that must be absent", notDeleted, { deletedAt: { NULL: true } }],
    ["a date without a zone", from, { from: { S: "2020-06-21T19:10:00" } }],
    ["a long number that is wanted with all its digits", Schema.Struct({ rank: Schema.BigInt }), { rank: long }],
    ["a long number in what takes anything", tagged, { type: { S: "A" }, more: { M: { n: long } } }],
    [
      "a text beside dates",
      Schema.Struct({ from: Schema.Union([Schema.Date, Schema.String]) }),
      { from: { S: "soon" } }
    ]
  ])("%s", (_, where, image) => assert.deepStrictEqual(json(tableOf(where), order(image)), { status: "paid" }))

  it("what a name in the key stands for, where the row lacks it; an attribute wins", () => {
    const table = tableOf(Schema.Struct({ orderId: Schema.Literal("1") }))
    assert.isDefined(json(table, order({})))
    assert.isUndefined(json(table, order({}, "2")))
    assert.isDefined(json(table, order({ orderId: { S: "1" } }, "2")))
  })
})
