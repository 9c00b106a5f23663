/** NULL counts as absent where an attribute may be absent and has no null; elsewhere it is null, or refused. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import type { Attributes, AttributeValue } from "../../src/source/Change.ts"
import { decoded, put, stored } from "./changes.ts"

const nothing: AttributeValue = { NULL: true }

/** The decoded row; `undefined` where `where` does not take it, and a sentence where it is refused. */
const read = (
  fields: { readonly [name: string]: Schema.Codec<any, any> },
  image: Attributes,
  where?: Schema.Decoder<unknown>
) => {
  const options = where === undefined ? {} : { where }
  const thing = Aggregate.make("things", { key: "T#{id}", root: Aggregate.root("X", stored(fields), options) })
  const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [thing] })
  const one = decoded(table, put("T#1", "X", image))
  if (one._tag !== "Event") return (one as { readonly reason: string }).reason
  return one.event.json === undefined ? undefined : (JSON.parse(one.event.json) as unknown)
}

class Address extends Schema.Class<Address>("Address")({
  street: Schema.optionalKey(Schema.String),
  floor: Schema.optionalKey(Schema.NullOr(Schema.Int))
}) {}

const types: ReadonlyArray<Schema.Codec<any, any>> = [
  Schema.String,
  Schema.Int,
  Schema.Number,
  Schema.Boolean,
  Schema.BigInt,
  Schema.BigDecimal,
  Schema.Date,
  Schema.DateTimeUtc,
  Schema.Literals(["a", "b"]),
  Schema.Uint8ArrayFromBase64,
  Schema.NumberFromString,
  Schema.Array(Schema.String),
  Schema.Record(Schema.String, Schema.String),
  Schema.Struct({ a: Schema.Int }),
  Schema.Union([Schema.String, Schema.Int]),
  Schema.String.check(Schema.isMinLength(1)),
  Schema.suspend(() => Schema.String),
  Address
]

describe("NULL", () => {
  it("is absent in every optional attribute whose type has no null, and refused by its name in a required one", () => {
    for (const type of types) {
      assert.deepStrictEqual(read({ v: Schema.optionalKey(type) }, { v: nothing }), {})
      assert.deepStrictEqual(read({ v: Schema.optional(type) }, { v: nothing }), {})
      assert.match(String(read({ v: type }, { v: nothing })), /^field "v": .*, got NULL$/)
    }
  })

  it("is null where the schema takes it", () => {
    for (const type of types) {
      assert.deepStrictEqual(read({ v: Schema.optionalKey(Schema.NullOr(type)) }, { v: nothing }), { v: null })
      assert.deepStrictEqual(read({ v: Schema.NullOr(type) }, { v: nothing }), { v: null })
    }
    for (const type of [Schema.Unknown, Schema.Json, Schema.Null]) {
      assert.deepStrictEqual(read({ v: Schema.optionalKey(type) }, { v: nothing }), { v: null })
    }
  })

  it.effect.prop(
    "makes the same row as no attribute, beside any others",
    [Schema.Array(Schema.Literals(["absent", "null", "there"])), Schema.Array(Schema.Boolean)],
    ([states, nesting]) =>
      Effect.sync(() => {
        const fields: { [name: string]: Schema.Codec<any, any> } = {}
        const [image, without]: Array<{ [name: string]: AttributeValue }> = [{}, {}]
        for (const [i, state] of states.entries()) {
          const nested = (value: AttributeValue): AttributeValue => (nesting[i] ? { M: { a: value } } : value)
          const optional = Schema.optionalKey(Schema.Int)
          fields[`f${i}`] = nesting[i] ? Schema.Struct({ a: optional }) : optional
          if (state !== "absent") image![`f${i}`] = nested(state === "null" ? nothing : { N: "5" })
          if (state === "there") without![`f${i}`] = nested({ N: "5" })
          else if (nesting[i]) image![`f${i}`] ??= without![`f${i}`] = { M: {} }
          if (state === "null" && nesting[i]) without![`f${i}`] = { M: {} }
        }
        assert.deepStrictEqual(read(fields, image!), read(fields, without!))
      })
  )

  it("is judged by the type that reads it: in lists, maps, classes and each side of a union", () => {
    const Side = Schema.Union([
      Schema.Struct({ t: Schema.Literal("a"), x: Schema.optionalKey(Schema.String) }),
      Schema.Struct({ t: Schema.Literal("b"), x: Schema.optionalKey(Schema.NullOr(Schema.String)) })
    ])
    const side = (t: string): AttributeValue => ({ M: { t: { S: t }, x: nothing } })
    assert.deepStrictEqual(read({ v: Schema.Array(Side) }, { v: { L: [side("a"), side("b")] } }), {
      v: [{ t: "a" }, { t: "b", x: null }]
    })
    const inner = Schema.Struct({ x: Schema.optionalKey(Schema.BigInt) })
    const map: AttributeValue = { M: { k: { M: { x: nothing } } } }
    assert.deepStrictEqual(read({ v: Schema.Record(Schema.String, inner) }, { v: map }), { v: { k: {} } })
    assert.deepStrictEqual(read({ v: Address }, { v: { M: { street: nothing, floor: nothing } } }), {
      v: { floor: null }
    })
    assert.deepStrictEqual(read({ v: Schema.Union([Schema.String, inner]) }, { v: { M: { x: nothing } } }), { v: {} })
  })

  it("lets a default stand in, as no attribute does", () => {
    const fields = { v: Schema.String.pipe(Schema.withDecodingDefaultKey(Effect.succeed("none"))) }
    assert.deepStrictEqual(read(fields, { v: nothing }), { v: "none" })
    assert.deepStrictEqual(read(fields, {}), { v: "none" })
  })

  it("in a list is no absence", () => {
    const reason = read({ v: Schema.optionalKey(Schema.Array(Schema.String)) }, { v: { L: [{ S: "a" }, nothing] } })
    assert.strictEqual(reason, 'field "v[1]": Expected string, got NULL')
  })

  it("is taken alike by where", () => {
    const fields = { v: Schema.optionalKey(Schema.NullOr(Schema.String)) }
    const takes = (v: Schema.Codec<any, any>) => read(fields, { v: nothing }, Schema.Struct({ v })) !== undefined
    assert.isTrue(takes(Schema.optionalKey(Schema.Literal("live"))))
    assert.isTrue(takes(Schema.optionalKey(Schema.Never)))
    assert.isTrue(takes(Schema.Null))
    assert.isFalse(takes(Schema.String))
  })
})

describe("a refusal says the type that came, in DynamoDB's words", () => {
  it.each<[Schema.Codec<any, any>, AttributeValue, string]>([
    [Schema.String, { N: "1" }, 'field "v": Expected string, got N'],
    [Schema.String, { BOOL: true }, 'field "v": Expected string, got BOOL'],
    [Schema.Int, { S: "1" }, 'field "v": Expected number, got S'],
    [Schema.Array(Schema.Int), { M: {} }, 'field "v": Expected array, got M'],
    [Schema.Array(Schema.Int), { NS: ["1.5"] }, 'field "v[0]": Expected an integer, got N'],
    [Schema.Struct({ a: Schema.Int }), { L: [] }, 'field "v": Expected object, got L'],
    [Schema.Struct({ a: Schema.Int }), { M: { a: { B: "AQI=" } } }, 'field "v.a": Expected number, got B'],
    [Schema.Int, { SS: ["1"] }, 'field "v": Expected number, got SS'],
    [Schema.String, { S: "1", N: null } as never, ""]
  ])("%#", (schema, value, reason) => {
    const found = read({ v: schema }, { v: value })
    if (reason === "") assert.deepStrictEqual(found, { v: "1" })
    else assert.strictEqual(found, reason)
  })

  it("and none where nothing came", () => {
    assert.strictEqual(read({ v: Schema.String }, {}), 'field "v": Missing key')
  })
})
