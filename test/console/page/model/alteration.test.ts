/** Differences of documents: nothing is marked where nothing differs, and whatever is not marked is as it was. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as alteration from "../../../../src/console/page/model/alteration.ts"
import { at, atPath, isList, isObject, join, type Json, same } from "../../../../src/console/page/model/json.ts"
import { keyOf, lines, pathOf } from "../../../../src/console/page/model/lines.ts"

const Small = Schema.Literals(["a", "b", "c"])
const Leaf = Schema.Union([Small, Schema.Literals([1, 2]), Schema.Null])
const Item = Schema.Struct({ n: Schema.Literals([1, 2, 3]), note: Schema.optionalKey(Small) })
const Doc = Schema.Struct({
  id: Small,
  items: Schema.Array(Item),
  one: Schema.optionalKey(Schema.Struct({ x: Leaf, y: Schema.optionalKey(Leaf) })),
  loose: Schema.optionalKey(Schema.Union([Leaf, Schema.Array(Leaf), Item]))
})
const json = (value: typeof Doc.Type): Json => JSON.parse(JSON.stringify(value)) as Json
const runs = { arbitrary: { runs: 500 } }

const isEmpty = ({ gone, marks }: alteration.Alteration) => marks.size === 0 && gone.size === 0

describe("between", () => {
  it.prop(
    "finds something exactly where two documents differ",
    [Doc, Doc],
    ([a, b]) => assert.strictEqual(isEmpty(alteration.between(json(a), json(b))), same(json(a), json(b))),
    runs
  )

  it.prop("finds nothing from a document to itself", [Doc], ([a]) => {
    assert.isTrue(isEmpty(alteration.between(json(a), json(a))))
  })

  it.prop(
    "says of all that is added or changed what it is: the old values are there, or were not",
    [Doc, Doc],
    ([a, b]) => {
      const [from, to] = [json(a), json(b)]
      const { marks } = alteration.between(from, to)
      const names = (value: Json) => (isObject(value) ? Object.keys(value) : [])
      for (const name of new Set([...names(from), ...names(to)])) {
        const mark = marks.get(name)
        const [old, now] = [at(from, name), at(to, name)]
        if (mark === "added") assert.isUndefined(old)
        if (mark === "changed") assert.isFalse(same(old, now))
        const touched = [...marks.keys()].some((path) => path === name || path.startsWith(`${name}.`))
        if (now !== undefined && !touched && !isList(now)) assert.isTrue(same(old, now) || isObject(now))
      }
    },
    runs
  )

  it("aligns lists by what they begin and end with", () => {
    const list = (...all: ReadonlyArray<number>): Json => ({ list: all.map((n) => ({ n })) })
    const removed = alteration.between(list(1, 2, 3), list(1, 3))
    assert.deepStrictEqual([...removed.marks], [])
    assert.deepStrictEqual(removed.gone.get("list"), [{ name: undefined, before: "1", value: { n: 2 } }])
    const added = alteration.between(list(1, 3), list(1, 2, 3))
    assert.deepStrictEqual([...added.marks], [[join("list", 1), "added"]])
  })
})

describe("lines", () => {
  it.prop("have the paths of their values, with dots in names too", [Doc, Small], ([a, name]) => {
    const whole: Json = { ...(json(a) as object), [`${name}.${name}`]: { [`.${name}`]: json(a) } }
    for (const line of lines(whole)) {
      const { fold, path, text } = line
      assert.strictEqual(pathOf(keyOf(line)), path)
      if (fold === undefined && text !== "{}" && text !== "[]")
        assert.strictEqual(JSON.stringify(atPath(whole, path)), text)
    }
  })

  it.prop("of a document, without its marks, are the document", [Doc], ([a]) => {
    const text = lines(json(a))
      .map(
        ({ comma, name, text }) => `${name === undefined ? "" : `${JSON.stringify(name)}:`}${text}${comma ? "," : ""}`
      )
      .join("")
    assert.deepStrictEqual(JSON.parse(text), json(a))
  })

  it.prop("show what is gone where it was, and nothing twice", [Doc, Doc], ([a, b]) => {
    const shown = lines(json(b), { alteration: alteration.between(json(a), json(b)) })
    const paths = shown.filter(({ fold, mark }) => mark !== "gone" && fold !== "close").map(({ path }) => path)
    assert.strictEqual(new Set(paths).size, paths.length)
    assert.strictEqual(shown.length - lines(json(b)).length >= 0, true)
  })

  it("shows control characters and what turns the reading direction as escapes, in names too", () => {
    const [, line] = lines({ "a\u0000b": "\u202Etxt\u0007" })
    assert.strictEqual(line?.name, "a\\u0000b")
    assert.strictEqual(line?.text, '"\\u202etxt\\u0007"')
  })

  it("cuts long texts and says how long they are", () => {
    const [, line] = lines({ text: "x".repeat(1_000_000) })
    assert.isBelow(line!.text.length, 400)
    assert.include(line!.text, "1,000,000 characters")
  })

  it("folds what is folded", () => {
    const shown = lines({ a: [1, 2, 3], b: 1 }, { folded: new Set(["a"]) })
    assert.deepStrictEqual(
      shown.map(({ text }) => text),
      ["{", "[ 3 ]", "1", "}"]
    )
  })
})
