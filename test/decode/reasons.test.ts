/** A reject's reason names the field and what was expected, and holds nothing of the row. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import type { AttributeValue } from "../../src/source/Change.ts"
import { decoded, put, stored } from "./changes.ts"

const tableOf = (...aggregates: ReadonlyArray<Aggregate.Any>) =>
  Table.make({ partitionKey: "PK", sortKey: "SK", aggregates })

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
      const table = tableOf(
        Aggregate.make("things", { key: "T#{id}", root: Aggregate.root("X", stored({ value: schema })) })
      )
      const one = decoded(table, put("T#1", "X", { value }))
      if (one._tag !== "Reject") continue
      refusedCount++
      assert.notInclude(one.reason, "SECRET", `schema ${i}, ${JSON.stringify(value)}: ${one.reason}`)
      assert.include(one.reason, `"value`)
    }
    assert.isAbove(refusedCount, pairs.length / 2)
  })

  it.prop(
    "hold nothing of the row, several fields at a time",
    [Schema.Array(Schema.Struct({ schema: index(schemas.length), value: index(values.length) }))],
    ([fields]) => {
      const root = Object.fromEntries(fields.map(({ schema }, i) => [`f${i}`, schemas[schema]!]))
      const image = Object.fromEntries(fields.map(({ value }, i) => [`f${i}`, values[value]!]))
      const table = tableOf(Aggregate.make("things", { key: "T#{id}", root: Aggregate.root("X", stored(root)) }))
      const one = decoded(table, put("T#1", "X", image))
      if (one._tag === "Reject") assert.notInclude(one.reason, "SECRET")
    }
  )
})

describe("of a kind whose fields are a union, reasons", () => {
  class Note extends Schema.TaggedClass<Note>()("note", { text: Schema.String }) {}
  class Call extends Schema.TaggedClass<Call>()("call", { seconds: Schema.Int }) {}
  const card = Schema.Struct({ kind: Schema.Literal("card"), last4: Schema.String })
  const transfer = Schema.Struct({
    kind: Schema.Literals(["sepa", "wire"]),
    iban: Schema.String,
    note: Schema.optionalKey(Schema.String)
  })
  const reason = (schema: Schema.Codec<any, any>, image: { readonly [name: string]: AttributeValue }) => {
    const one = decoded(
      tableOf(Aggregate.make("things", { key: "T#{id}", root: Aggregate.root("X", schema) })),
      put("T#1", "X", image)
    )
    return one._tag === "Reject" ? one.reason : one._tag
  }
  const payment = Schema.Union([card, transfer])
  const renamed = Schema.Union([
    card.pipe(Schema.encodeKeys({ kind: "k" })),
    transfer.pipe(Schema.encodeKeys({ kind: "k" }))
  ])

  it.each<[string, Schema.Codec<any, any>, { readonly [name: string]: AttributeValue }, string]>([
    [
      "a value of no alternative",
      payment,
      { kind: { S: "SECRET" } },
      `field "kind": Expected "card" or "sepa" or "wire", got S`
    ],
    [
      "a value of another type",
      payment,
      { kind: { N: "1" } },
      `field "kind": Expected "card" or "sepa" or "wire", got N`
    ],
    ["no value", payment, { iban: { S: "SECRET" } }, `field "kind": Expected "card" or "sepa" or "wire"`],
    [
      "a field that the alternative needs",
      payment,
      { kind: { S: "card" }, iban: { S: "x" } },
      `field "last4": Missing key, where kind is "card"`
    ],
    [
      "a field that it refuses",
      payment,
      { kind: { S: "wire" }, iban: { N: "4711" } },
      `field "iban": Expected string, got N, where kind is "wire"`
    ],
    ["another name of the attribute", renamed, { k: { S: "card" } }, `field "last4": Missing key, where k is "card"`],
    [
      "classes",
      Schema.Union([Note, Call]),
      { _tag: { S: "call" }, seconds: { S: "1" } },
      `field "seconds": Expected number, got S, where _tag is "call"`
    ],
    ["a null", payment, { kind: { S: "sepa" }, iban: { S: "x" }, note: { NULL: true } }, "Event"],
    ["a fitting row", payment, { kind: { S: "card" }, last4: { S: "1" }, iban: { S: "x" } }, "Event"]
  ])("name what tells the alternatives apart: %s", (_, schema, image, expected) =>
    assert.strictEqual(reason(schema, image), expected)
  )

  it("name each alternative's fields where nothing tells them apart", () => {
    const one = Schema.Union([Schema.Struct({ a: Schema.String }), Schema.Struct({ b: Schema.String })])
    assert.strictEqual(reason(one, {}), `field "a": Missing key; field "b": Missing key`)
  })
})
