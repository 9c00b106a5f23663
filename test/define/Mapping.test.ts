/** What each schema becomes in the index. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Definition from "../../src/define/Definition.ts"
import * as Mapping from "../../src/define/Mapping.ts"
import { Order } from "../definitions.ts"

const exact = { type: "keyword", ignore_above: 8191 }
const searchable = { ...exact, fields: { text: { type: "text" } } }
const stored = { type: "object", enabled: false }
class Money extends Schema.Class<Money>("Money")({ amount: Schema.BigDecimal, currency: Schema.Literal("EUR") }) {}

it.each<[string, Schema.Codec<any, any>, object]>([
  ["String", Schema.String, exact],
  ["String with checks", Schema.String.check(Schema.isMaxLength(5)), exact],
  ["TemplateLiteral", Schema.TemplateLiteral(["a", Schema.Int]), exact],
  ["a literal", Schema.Literal("a"), exact],
  ["literals", Schema.Literals(["a", "b"]), exact],
  ["literals of two types", Schema.Literals(["a", 1]), stored],
  ["literals of numbers", Schema.Literals([1, 2]), { type: "long" }],
  ["Boolean", Schema.Boolean, { type: "boolean" }],
  ["Number", Schema.Number, { type: "double" }],
  ["Finite", Schema.Finite, { type: "double" }],
  ["Int", Schema.Int, { type: "long" }],
  ["Int with checks", Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 })), { type: "long" }],
  ["NumberFromString", Schema.NumberFromString, { type: "double" }],
  ["BigInt", Schema.BigInt, { type: "long", ignore_malformed: true }],
  ["BigDecimal", Schema.BigDecimal, { type: "double" }],
  ["DateTimeUtc", Schema.DateTimeUtcFromString, { type: "date" }],
  ["Date", Schema.DateFromString, { type: "date" }],
  ["bytes", Schema.Uint8ArrayFromBase64, { type: "binary" }],
  ["NullOr", Schema.NullOr(Schema.Int), { type: "long" }],
  ["UndefinedOr", Schema.UndefinedOr(Schema.String), exact],
  ["a union of one type", Schema.Union([Schema.Int, Schema.Int.check(Schema.isGreaterThan(5))]), { type: "long" }],
  ["a union of several", Schema.Union([Schema.Int, Schema.String]), stored],
  ["an array", Schema.Array(Schema.Int), { type: "long" }],
  ["a tuple of several types", Schema.Tuple([Schema.Int, Schema.String]), stored],
  ["a set", Schema.ReadonlySet(Schema.Int), { type: "long" }],
  [
    "a struct",
    Schema.Struct({ a: Schema.Int, b: Schema.Struct({ c: Schema.Boolean }) }),
    { properties: { a: { type: "long" }, b: { properties: { c: { type: "boolean" } } } } }
  ],
  ["an array of structs", Schema.Array(Schema.Struct({ a: Schema.Int })), { properties: { a: { type: "long" } } }],
  ["an empty struct", Schema.Struct({}), stored],
  ["a free map", Schema.Record(Schema.String, Schema.Int), stored],
  ["any JSON", Schema.Json, stored],
  ["Unknown", Schema.Unknown, stored],
  ["a class", Money, { properties: { amount: { type: "double" }, currency: exact } }],
  ["an annotation", Schema.String.annotate(Mapping.text), { type: "text" }],
  ["words beside the exact value", Schema.String.annotate(Mapping.searchable), searchable],
  ["an annotation behind a check", Schema.String.check(Schema.isMaxLength(5)).annotate(Mapping.keyword), exact],
  [
    "an annotation inside NullOr",
    Schema.NullOr(Schema.String.annotate(Mapping.date("yyyy"))),
    { type: "date", format: "yyyy" }
  ],
  ["an annotation on an array", Schema.Array(Schema.String).annotate(Mapping.stored), stored],
  ["an annotation of anything", Schema.String.annotate(Mapping.field({ type: "ip" })), { type: "ip" }]
])("%s", (_, schema, mapping) => assert.deepStrictEqual(Mapping.ofSchema(schema), mapping))

describe("properties", () => {
  it("of dotted names are those of objects, as OpenSearch reads them", () =>
    assert.deepStrictEqual(Mapping.propertiesOf(Schema.Struct({ "a.b": Schema.Int, "a.c": Schema.Boolean })), {
      a: { properties: { b: { type: "long" }, c: { type: "boolean" } } }
    }))

  it("of renamed keys are those that the document has", () => {
    const renamed = Schema.Struct({ total: Schema.Int }).pipe(Schema.encodeKeys({ total: "t" }))
    assert.deepStrictEqual(Mapping.propertiesOf(renamed), { total: { type: "long" } })
    assert.deepStrictEqual(Mapping.fieldsOf(renamed), ["total"])
  })

  it("of an aggregate are nested for many, an object for one, and the sync state's flag", () => {
    const details = { orderId: exact, customerName: exact, note: exact }
    const item = { sku: exact, quantity: { type: "long" }, price: { type: "double" } }
    const shipment = { carrier: exact, status: exact }
    const nested = (properties: Mapping.Properties) => ({ type: "nested", properties })
    const parts = { properties: { orderItems: nested(item), shipmentInfo: nested(shipment) } }
    assert.deepStrictEqual(Definition.properties(Order), {
      ...details,
      orderItems: nested(item),
      shipmentInfo: { properties: shipment },
      pieces: { type: "double" },
      _sync: {
        dynamic: false,
        properties: { live: { type: "boolean" }, kept: { properties: { root: nested(details), parts } } }
      }
    })
  })

  it("of rows that are not shown copy nothing to fields that are", () => {
    const name = Schema.String.annotate(Mapping.field({ type: "text", copy_to: "all" }))
    const aggregate = Aggregate.make("people", {
      key: "P#{id}",
      root: Aggregate.root("P", { who: Schema.Struct({ name }) })
    })
    const text = JSON.stringify(Definition.properties(aggregate))
    assert.strictEqual(text.split("copy_to").length, 2)
    assert.strictEqual(text.split('"who":').length, 3)
  })
})

it("a keyword's longest value stays under Lucene's limit for a term", () =>
  assert.isAtMost((Mapping.keyword["tablefold/mapping"] as { ignore_above: number })["ignore_above"] * 4, 32_766))

it("every struct inside the fields of a schema is found, also where it holds itself", () => {
  interface Node {
    readonly name: string
    readonly children: ReadonlyArray<Node>
  }
  const Node: Schema.Codec<Node> = Schema.Struct({
    name: Schema.String,
    children: Schema.Array(Schema.suspend((): Schema.Codec<Node> => Node))
  })
  assert.deepStrictEqual(
    Mapping.fieldsWithin(Schema.Struct({ node: Schema.NullOr(Node), money: Money })).map((fields) => fields.join()),
    ["name,children", "amount,currency"]
  )
})
