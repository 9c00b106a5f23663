/** Forms: each text becomes the value that the definition wants, or a sentence. */
import { assert, describe, it } from "@effect/vitest"
import type { Aggregate, RowKind } from "../../../../src/console/messages.ts"
import { plain, summary } from "../../../../src/console/page/model/attributes.ts"
import { draftOf, parseField, rawRequest, typedRequest } from "../../../../src/console/page/model/form.ts"
import { searchOf } from "../../../../src/console/page/model/query.ts"
import { row } from "../rows.ts"

const field = (name: string, type: RowKind["fields"][number]["type"], isOptional = false) => ({
  name,
  type,
  isOptional,
  choices: []
})
const item: RowKind = {
  field: "items",
  kind: "many",
  template: "ITEM#{n}",
  keyNames: ["orderId", "n"],
  fields: [field("orderId", "text"), field("name", "text"), field("quantity", "integer"), field("note", "text", true)]
}
const orders: Aggregate = { name: "orders", alias: "orders", key: "ORDER#{orderId}", rows: [item], mapping: {} }

describe("a field", () => {
  it.each([
    ["text", "tea", "tea"],
    ["text", "", ""],
    ["integer", "3", 3],
    ["number", "2.5", 2.5],
    ["boolean", "true", true],
    ["json", '{"a":[1]}', { a: [1] }]
  ] as const)("of type %s reads %s", (type, text, value) =>
    assert.deepStrictEqual(parseField(field("x", type), text), { value })
  )

  it.each([
    ["integer", "2.5"],
    ["integer", ""],
    ["number", "two"],
    ["boolean", "perhaps"],
    ["json", "{"]
  ] as const)("of type %s does not read %s", (type, text) =>
    assert.property(parseField(field("x", type), text), "problem")
  )

  it("that is optional is left out where nothing is typed", () =>
    assert.deepStrictEqual(parseField(field("x", "integer", true), ""), { value: undefined }))
})

describe("a form", () => {
  it("is a request", () =>
    assert.deepStrictEqual(
      typedRequest(orders, item, { key: { orderId: "1", n: "2" }, values: { name: "tea", quantity: "3" } }),
      {
        value: {
          _tag: "Typed",
          aggregate: "orders",
          field: "items",
          key: { orderId: "1", n: "2" },
          values: { orderId: "1", name: "tea", quantity: 3 }
        },
        problems: {}
      }
    ))

  it("tells of each text that is wrong", () => {
    const found = typedRequest(orders, item, { key: { orderId: "1" }, values: { name: "tea", quantity: "x" } })
    assert.deepStrictEqual(found.problems, { "key n": "n is missing", quantity: "quantity is no number" })
  })

  it("begins with the row's texts", () => {
    const tea = { ...row("ORDER#1", "ITEM#2"), field: "items", item: { name: { S: "tea" }, quantity: { N: "3" } } }
    const expected = { key: { orderId: "1", n: "2" }, values: { name: "tea", quantity: "3" } }
    assert.deepStrictEqual(draftOf(orders, item, tea, false), expected)
  })

  it("for another row of the document begins with its key", () =>
    assert.deepStrictEqual(draftOf(orders, item, row("ORDER#1", "DETAILS"), true), {
      key: { orderId: "1" },
      values: {}
    }))
})

it("a raw row is an object of attributes", () => {
  assert.deepStrictEqual(rawRequest('{"PK":{"S":"1"}}'), { value: { _tag: "Raw", item: { PK: { S: "1" } } } })
  assert.property(rawRequest("[]"), "problem")
  assert.property(rawRequest("{"), "problem")
})

it("a search is a body where it begins as one, else a query string", () => {
  assert.deepStrictEqual(searchOf("orders", " "), { value: { aggregate: "orders" } })
  assert.deepStrictEqual(searchOf("orders", "tea"), { value: { aggregate: "orders", query: "tea" } })
  assert.deepStrictEqual(searchOf("orders", '{"size":1}'), { value: { aggregate: "orders", body: { size: 1 } } })
  assert.property(searchOf("orders", "{"), "problem")
})

describe("attributes", () => {
  it("are shown in plain JSON, numbers that a double can't hold as text", () =>
    assert.deepStrictEqual(
      plain({ M: { a: { N: "1.5" }, b: { L: [{ NULL: true }] }, c: { N: "12345678901234567890" } } }),
      {
        a: 1.5,
        b: [null],
        c: "12345678901234567890"
      }
    ))

  it("are summed up on one line, in the order of the definition, cut", () => {
    const item = { b: { N: "2" }, PK: { S: "1" }, c: { S: "9" }, a: { S: "x" } }
    assert.strictEqual(summary(item, { keys: new Set(["PK"]), id: "9", order: ["a", "absent"] }), "a x  ·  b 2")
    const long = summary({ a: { S: "x".repeat(10_000) } }, { keys: new Set(), id: null, order: [] })
    assert.isBelow(long.length, 220)
  })
})
