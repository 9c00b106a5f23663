/** What each schema becomes in the index. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Definition from "../../src/define/Definition.ts"
import * as Mapping from "../../src/define/Mapping.ts"
import { Order } from "../definitions.ts"

const exact = { type: "keyword", ignore_above: 8191 }
const searchable = { ...exact, fields: { text: { type: "text" } } }
const flat = { type: "flat_object" }
const stored = { type: "object", enabled: false }
class Money extends Schema.Class<Money>("Money")({ amount: Schema.BigDecimal, currency: Schema.Literal("EUR") }) {}

it.each<[string, Schema.Codec<any, any>, object]>([
  ["String", Schema.String, exact],
  ["String with checks", Schema.String.check(Schema.isMaxLength(5)), exact],
  ["TemplateLiteral", Schema.TemplateLiteral(["a", Schema.Int]), exact],
  ["a literal", Schema.Literal("a"), exact],
  ["literals", Schema.Literals(["a", "b"]), exact],
  ["a literal or any text", Schema.Union([Schema.Literal("a"), Schema.String]), exact],
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
  ["an integer that may be text in the row", Schema.Union([Schema.Int, Schema.NumberFromString]), { type: "long" }],
  ["an integer of any size", Schema.Union([Schema.Int, Schema.BigInt]), { type: "long", ignore_malformed: true }],
  ["an integer or a decimal", Schema.Union([Schema.Int, Schema.BigDecimal]), { type: "double" }],
  ["literals of numbers with fractions", Schema.Literals([1, 2.5]), { type: "double" }],
  ["one or several", Schema.Union([Schema.String, Schema.Array(Schema.String)]), exact],
  [
    "a union of structs",
    Schema.Union([
      Schema.Struct({ kind: Schema.Literal("card"), last: Schema.String }),
      Schema.NullOr(Schema.Struct({ kind: Schema.Literal("cash"), given: Schema.Finite }))
    ]),
    { properties: { kind: exact, last: exact, given: { type: "double" } } }
  ],
  ["an array", Schema.Array(Schema.Int), { type: "long" }],
  ["a set", Schema.ReadonlySet(Schema.Int), { type: "long" }],
  [
    "a struct",
    Schema.Struct({ a: Schema.Int, b: Schema.Struct({ c: Schema.Boolean }) }),
    { properties: { a: { type: "long" }, b: { properties: { c: { type: "boolean" } } } } }
  ],
  ["an array of structs", Schema.Array(Schema.Struct({ a: Schema.Int })), { properties: { a: { type: "long" } } }],
  ["any JSON", Schema.Json, stored],
  ["a free map that is found", Schema.Record(Schema.String, Schema.Int).annotate(Mapping.flatObject), flat],
  ["a mixed union with a mapping", Schema.Union([Schema.Int, Schema.String]).annotate(Mapping.keyword), exact],
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

describe("what has no one type", () => {
  interface Tree {
    readonly inner: ReadonlyArray<Tree>
  }
  const Tree: Schema.Codec<Tree> = Schema.Struct({
    inner: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
  })
  const map = Schema.Record(Schema.String, Schema.Int)
  const mixed = Schema.Union([Schema.Int, Schema.String])
  it.each<[string, Schema.Codec<any, any>, string, string]>([
    ["a free map", map, "a", "a free map"],
    ["a free map beside fields", Schema.StructWithRest(Schema.Struct({ x: Schema.Int }), [map]), "a", "a free map"],
    ["a list of free maps in a struct", Schema.Struct({ b: Schema.Array(map) }), "a.b", "a free map"],
    ["one in a class", class extends Schema.Class<any>("Own")({ b: map }) {} as never, "a.b", "a free map"],
    ["literals of two types", Schema.Literals(["a", 1]), "a", "a value of several types"],
    ["a union", Schema.NullOr(mixed), "a", "a value of several types"],
    ["a date or any text", Schema.Union([Schema.Date, Schema.String]), "a", "a value of several types"],
    [
      "structs or numbers",
      Schema.Union([Schema.Struct({ x: Schema.Int }), Schema.Int]),
      "a",
      "a value of several types"
    ],
    ["a tuple", Schema.Tuple([Schema.Int, Schema.String]), "a", "a list of several types"],
    [
      "structs that differ in a field",
      Schema.Union([Schema.Struct({ x: Schema.Int }), Schema.Struct({ x: Schema.String })]),
      "a.x",
      "a value of several types"
    ],
    ["an empty struct", Schema.Struct({}), "a", "an object without fields"],
    ["Unknown", Schema.Unknown, "a", "a value of any type"],
    ["what holds itself", Tree, "a.inner", "a type that holds itself"]
  ])("is told: %s", (_, schema, path, what) => {
    assert.deepStrictEqual([...Mapping.untyped(Schema.Struct({ a: Schema.optionalKey(schema) }))], [[path, what]])
    for (const word of [Mapping.stored, Mapping.flatObject]) {
      assert.strictEqual(Mapping.untyped(Schema.Struct({ a: schema.annotate(word as {}) as typeof schema })).size, 0)
    }
  })
  it("needs no word for JSON", () => assert.strictEqual(Mapping.untyped(Schema.Struct({ a: Schema.Json })).size, 0))
})

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
