/** Every type of attribute value as the row's schema reads it, from a Lambda event and from the SDK alike. */
import { assert, describe, it } from "@effect/vitest"
import { Schema, SchemaGetter } from "effect"
import type { AttributeValue } from "../../src/source/Change.ts"
import { read, refused } from "./oneValue.ts"

const bytes = Uint8Array.from([0, 255, 128, 7])
const base64 = Buffer.from(bytes).toString("base64")

describe("an optional field named like a member of every object", () => {
  const names = ["toString", "hasOwnProperty", "constructor", "valueOf"]
  const fields = Object.fromEntries(names.map((name) => [name, Schema.optionalKey(Schema.String)]))

  it.each(names)("is absent where the row lacks it: %s", (name) => {
    for (const schema of [Schema.Struct(fields), Schema.NullOr(Schema.Struct(fields))]) {
      assert.deepStrictEqual(read(schema, { M: {} }), {})
      assert.deepStrictEqual(read(schema, { M: { [name]: { S: "tea" } } }), { [name]: "tea" })
      assert.deepStrictEqual(read(schema, { M: { [name]: { NULL: true } } }), {})
    }
  })
})

describe("a value of each type", () => {
  it.each<[string, Schema.Codec<any, any>, AttributeValue, unknown]>([
    ["S", Schema.String, { S: "tea" }, "tea"],
    ["empty S", Schema.String, { S: "" }, ""],
    ["N", Schema.Finite, { N: "19.99" }, 19.99],
    ["N as an integer", Schema.Int, { N: "12" }, 12],
    ["negative zero", Schema.Finite, { N: "-0" }, 0],
    [
      "N of 38 digits as BigDecimal",
      Schema.BigDecimal,
      { N: "12345678901234567890.123456789012345678" },
      "1.2345678901234567890123456789012345678e+19"
    ],
    ["N as BigInt", Schema.BigInt, { N: "3804086584686624768" }, "3804086584686624768"],
    ["N in a text schema of numbers", Schema.NullOr(Schema.BigInt), { N: "-1E+3" }, "-1000"],
    ["BOOL", Schema.Boolean, { BOOL: false }, false],
    ["NULL", Schema.NullOr(Schema.String), { NULL: true }, null],
    ["B as text", Schema.String, { B: base64 }, base64],
    ["B as bytes", Schema.String, { B: bytes }, base64],
    ["B as a schema of bytes", Schema.Uint8ArrayFromBase64, { B: bytes }, base64],
    [
      "SS, in the order of UTF-8",
      Schema.Array(Schema.String),
      { SS: ["\u{1f375}", "b", "\uff21", "a"] },
      ["a", "b", "\uff21", "\u{1f375}"]
    ],
    [
      "NS, in the order of the numbers",
      Schema.Array(Schema.Finite),
      { NS: ["10", "9", "-1.5E0", "-2"] },
      [-2, -1.5, 9, 10]
    ],
    ["BS, as text or bytes", Schema.Array(Schema.String), { BS: [bytes, "AA=="] }, ["AA==", base64].toSorted()],
    ["L", Schema.Array(Schema.Finite), { L: [{ N: "2" }, { N: "1" }] }, [2, 1]],
    ["empty L", Schema.Array(Schema.Finite), { L: [] }, []],
    ["L of mixed types", Schema.Json, { L: [{ N: "2" }, { S: "x" }, { NULL: true }, { M: {} }] }, [2, "x", null, {}]],
    [
      "M",
      Schema.Struct({ a: Schema.Struct({ b: Schema.Int }) }),
      { M: { a: { M: { b: { N: "1" }, other: { S: "x" } } } } },
      { a: { b: 1 } }
    ],
    [
      "M as a free map",
      Schema.Record(Schema.String, Schema.Finite),
      { M: { b: { N: "1" }, a: { N: "2" } } },
      { a: 2, b: 1 }
    ],
    [
      "numbers too long for a double inside free JSON",
      Schema.Json,
      { M: { n: { N: "3804086584686624768" } } },
      { n: "3804086584686624768" }
    ],
    [
      "BigInts inside lists",
      Schema.Array(Schema.BigInt),
      { L: [{ N: "3804086584686624768" }] },
      ["3804086584686624768"]
    ]
  ])("%s", (_, schema, value, expected) => assert.deepStrictEqual(read(schema, value), expected))

  it("`__proto__` is an ordinary name in a free map", () => {
    const value = JSON.parse(`{"M":{"__proto__":{"M":{"polluted":{"S":"x"}}},"constructor":{"N":"1"},"a":{"N":"2"}}}`)
    const text = JSON.stringify(read(Schema.Json, value))
    assert.strictEqual(text, `{"__proto__":{"polluted":"x"},"a":2,"constructor":1}`)
    assert.isUndefined(({} as { polluted?: unknown }).polluted)
  })

  it("the names of a free map come in one order, whatever the record's", () => {
    const one = JSON.stringify(
      read(Schema.Json, { M: { b: { N: "1" }, a: { N: "2" }, "10": { N: "3" }, "9": { N: "4" } } })
    )
    const other = JSON.stringify(
      read(Schema.Json, { M: { "9": { N: "4" }, a: { N: "2" }, "10": { N: "3" }, b: { N: "1" } } })
    )
    assert.strictEqual(one, other)
  })

  it("sets come in one order, whatever the record's", () => {
    const read3 = (BS: ReadonlyArray<string | Uint8Array>) => read(Schema.Array(Schema.String), { BS })
    assert.deepStrictEqual(read3(["AQ==", "AA=="]), read3([Uint8Array.of(0), Uint8Array.of(1)]))
    assert.deepStrictEqual(
      read(Schema.Array(Schema.String), { SS: ["b", "a"] }),
      read(Schema.Array(Schema.String), { SS: ["a", "b"] })
    )
  })
})

describe("numbers that a double can't hold", () => {
  it.each<[string, Schema.Codec<any, any>, AttributeValue, string]>([
    ["Int", Schema.Int, { N: "3804086584686624768" }, "value"],
    ["Finite", Schema.Finite, { N: "0.12345678901234567890" }, "value"],
    ["Number", Schema.Number, { N: "9007199254740993" }, "value"],
    ["NullOr(Finite)", Schema.NullOr(Schema.Finite), { N: "9007199254740993" }, "value"],
    ["in a list", Schema.Array(Schema.Finite), { L: [{ N: "1" }, { N: "9007199254740993" }] }, "value[1]"],
    ["in a set", Schema.Array(Schema.Finite), { NS: ["1", "9007199254740993"] }, "value"],
    ["in a map", Schema.Struct({ a: Schema.Finite }), { M: { a: { N: "9007199254740993" } } }, "value.a"],
    ["in a free map", Schema.Record(Schema.String, Schema.Finite), { M: { a: { N: "9007199254740993" } } }, "value.*"]
  ])("case 2: %s is refused with its field", (_, schema, value, field) => {
    const reason = refused(schema, value)
    assert.include(reason, `"${field}"`)
    assert.include(reason, "BigInt")
    assert.notInclude(reason, "90071992")
    assert.notInclude(reason, "380408")
  })

  it.each(["1E+400", "x", ""])("N %j is refused, never null", (N) => {
    for (const schema of [Schema.Finite, Schema.Number, Schema.Int]) assert.include(refused(schema, { N }), `"value"`)
  })
})

describe("values that JSON can't hold are refused, never turned into null", () => {
  it.each<[string, Schema.Codec<any, any>, AttributeValue]>([
    ["NaN by name", Schema.Number, { S: "NaN" }],
    ["Infinity by name", Schema.Number, { S: "Infinity" }],
    ["NaN by name in a list", Schema.Array(Schema.Number), { L: [{ S: "NaN" }] }],
    ["text that is no number", Schema.NumberFromString, { S: "tea" }],
    ["text that is no date", Schema.DateFromString, { S: "soon" }],
    [
      "a NaN that a transform made",
      Schema.String.pipe(Schema.decodeTo(Schema.Number, { decode: toNumber(), encode: toText() })),
      { S: "tea" }
    ]
  ])("%s", (_, schema, value) => assert.include(refused(schema, value), `"value`))
})

function toNumber() {
  return SchemaGetter.transform((text: string) => Number(text))
}
function toText() {
  return SchemaGetter.transform((value: number) => String(value))
}

it.each([
  ["no attribute value", "tea"],
  ["null", null],
  ["an unknown type", { X: "tea" }],
  ["an empty object", {}]
])("%s is refused with its field", (_, value) => assert.include(refused(Schema.String, value as never), `"value"`))

describe("values nested deeper than DynamoDB nests them", () => {
  const nested = (depth: number, wrap: (value: AttributeValue) => AttributeValue) => {
    let value: AttributeValue = { S: "tea" }
    for (let i = 0; i < depth; i++) value = wrap(value)
    return value
  }
  const wraps = [(value: AttributeValue) => ({ L: [value] }), (value: AttributeValue) => ({ M: { a: value } })]

  it("are read to its own depth and refused far beyond it, whatever takes them", () => {
    for (const wrap of wraps) {
      for (const schema of [Schema.Unknown, Schema.Json]) {
        read(schema, nested(32, wrap))
        assert.include(refused(schema, nested(200, wrap)), "nested deeper than DynamoDB")
        assert.include(refused(schema, nested(50_000, wrap)), "nested deeper than DynamoDB")
      }
    }
  })
})
