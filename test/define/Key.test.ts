/** Key templates: formatting and parsing undo each other, and a key is read one way. */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary } from "effect"
import * as Key from "../../src/define/Key.ts"
import { index } from "../../src/testing/deliveries.ts"

const literals = ["A", "#", "-", "^", "]", "\\", ".", "é", "\u{1f375}", "A#"]
const characters = ["A", "#", "-", "^", "]", "\\", ".", "é", "\u{1f375}", "\u{1f376}", "b", "\n"]

/** Well-formed templates of up to three names, hard characters among their literals. */
const templates = Arbitrary.map(
  Arbitrary.array(Arbitrary.all({ literal: index(literals.length), hasName: index(2) }), { maxLength: 3 }),
  (pieces) => pieces.map(({ hasName, literal }, i) => `${literals[literal]}${hasName === 1 ? `{n${i}}` : ""}`).join("")
)
const texts = Arbitrary.map(Arbitrary.array(index(characters.length), { minLength: 1, maxLength: 5 }), (at) =>
  at.map((i) => characters[i]).join("")
)
const runs = { arbitrary: { runs: 500 } }

describe("parse and format", () => {
  it.prop(
    "what is parsed is formatted back to the same text",
    [templates, texts, texts],
    ([text, a, b]) => {
      const template = Key.make(text)
      const key = template.format({ n0: a, n1: b, n2: a })
      for (const candidate of [key, a, a + b]) {
        const values = template.parse(candidate)
        if (values !== undefined) assert.strictEqual(template.format(values), candidate)
      }
    },
    runs
  )

  it.prop(
    "what is formatted is parsed back, where no value holds the character that ends it",
    [templates, texts],
    ([text, value]) => {
      const template = Key.make(text)
      const stops = template.tokens.flatMap((token) => ("name" in token ? token.stop : []))
      if (stops.some((stop) => value.includes(stop))) return
      const values = Object.fromEntries(template.names.map((name) => [name, value]))
      assert.deepStrictEqual(template.parse(template.format(values)), values)
    },
    runs
  )

  it.each<[string, string, object | undefined]>([
    ["DETAILS", "DETAILS", {}],
    ["DETAILS", "DETAILS2", undefined],
    ["DETAILS", "details", undefined],
    ["ITEM#{n}", "ITEM#1", { n: "1" }],
    ["ITEM#{n}", "ITEM#1#2", { n: "1#2" }],
    ["ITEM#{n}", "ITEM#", undefined],
    ["ITEM#{n}", "XITEM#1", undefined],
    ["ITEM#{n}", "ITEM#a\nb\u2028\u0000", { n: "a\nb\u2028\u0000" }],
    ["{n}", "anything", { n: "anything" }],
    ["{n}", "", undefined],
    ["{a}#{b}", "1#2#3", { a: "1", b: "2#3" }],
    ["{a}#{b}", "#2", undefined],
    ["{a}#END", "1#END", { a: "1" }],
    ["{a}#END", "1#2#END", undefined],
    ["A{a}\u{1f375}B{b}", "A\u{1f376}\u{1f375}B2", { a: "\u{1f376}", b: "2" }],
    ["{__proto__}", "x", JSON.parse(`{"__proto__":"x"}`)],
    ["", "", {}],
    ["", "x", undefined]
  ])("%j reads %j", (template, text, values) => assert.deepStrictEqual(Key.make(template).parse(text), values))

  it("a name at the end stops where it is told to", () => {
    const template = Key.make("B#{b}", ["/", "#"])
    assert.deepStrictEqual(template.parse("B#1"), { b: "1" })
    for (const text of ["B#1/2", "B#1#2", "B#/"]) assert.isUndefined(template.parse(text))
  })

  it("a name that stands in a prefix and after it has one value", () => {
    const template = Key.append(Key.make("B#{b}", ["/"]), "/{n}#{b}")
    assert.deepStrictEqual(template.names, ["b", "n"])
    assert.deepStrictEqual(template.parse("B#1/2#1"), { b: "1", n: "2" })
    assert.isUndefined(template.parse("B#1/2#3"))
    assert.isUndefined(template.parse("B#1/2#11"))
    assert.strictEqual(template.format({ b: "1", n: "2" }), "B#1/2#1")
  })
})

it.each([
  ["ORDER#{id", `key template "ORDER#{id" has a brace without its pair`],
  ["ORDER#id}", `key template "ORDER#id}" has a brace without its pair`],
  ["{a{b}}", `key template "{a{b}}" has a brace without its pair`],
  ["ORDER#{}", `key template "ORDER#{}" has a name without letters`],
  ["ORDER#{ }", `key template "ORDER#{ }" has a name without letters`],
  ["{a}#{a}", `key template "{a}#{a}" uses one name twice`],
  ["{a}{b}", `key template "{a}{b}" has two names with nothing between them`]
])("%s is malformed, in words", (text, sentence) => assert.deepStrictEqual(Key.problems(text), [sentence]))

it("values of two templates are combined where a name that stands in both has one", () => {
  assert.deepStrictEqual(Key.combine({ a: "1" }, { b: "2" }), { a: "1", b: "2" })
  assert.deepStrictEqual(Key.combine({ a: "1", b: "2" }, { b: "2" }), { a: "1", b: "2" })
  assert.isUndefined(Key.combine({ a: "1", b: "2" }, { b: "3" }))
  assert.deepStrictEqual(Key.combine({ a: "1" }, { toString: "2" }), { a: "1", toString: "2" })
})
