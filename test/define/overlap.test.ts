/**
 * Rows that one key fits: found exactly where there is such a key, a name having one value in all of a row's templates.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Key from "../../src/define/Key.ts"
import { overlap } from "../../src/define/overlap.ts"
import { index } from "../../src/testing/deliveries.ts"
import { fits, templates, textsOf } from "./templates.ts"

describe("one template each", () => {
  const all = textsOf(["A", "B", "#"], 5)
  const small = templates(["A", "B", "#"], 2)

  it.prop(
    "is found exactly where some text fits both",
    [small, small, index(2)],
    ([a, b, stopped]) => {
      const left = Key.make(a, stopped === 1 ? ["#"] : [])
      const right = Key.make(b)
      const common = all.find((text) => left.parse(text) !== undefined && right.parse(text) !== undefined)
      for (const found of [overlap([left], [right]), overlap([right], [left])]) {
        assert.strictEqual(found !== undefined, common !== undefined, `${a} and ${b}: ${common}`)
        if (found !== undefined) assert.isTrue(fits([left], found) && fits([right], found), found.join())
      }
    },
    { arbitrary: { runs: 500 } }
  )

  it.each([
    ["ITEM#{n}", "ITEM#{other}", true],
    ["ITEM#{n}", "ITEM#DETAILS", true],
    ["ITEM#{n}", "ITEMS#{n}", false],
    ["{n}", "DETAILS", true],
    ["DETAILS", "DETAILS", true],
    ["DETAIL", "DETAILS", false],
    ["{a}#X", "{b}#Y", false],
    ["A{a}#X", "{b}X", true],
    ["{a}#{b}#{c}#{d}", "{e}-{f}-{g}-{h}", true]
  ])("%s and %s: %s", (a, b, expected) =>
    assert.strictEqual(overlap([Key.make(a)], [Key.make(b)]) !== undefined, expected)
  )
})

describe("two templates each", () => {
  // One character more than the templates have: a value may need one that ends no name.
  const all = textsOf(["A", "#", "x"], 6)
  const one = templates(["A", "#"], 2)

  it.prop(
    "is found exactly where some key fits both",
    [one, one, one, one],
    ([partition, sort, otherPartition, otherSort]) => {
      const left = [Key.make(partition), Key.make(sort)]
      const right = [Key.make(otherPartition), Key.make(otherSort)]
      const some = (i: 0 | 1) => all.filter((text) => left[i]!.parse(text) && right[i]!.parse(text))
      const [partitions, sorts] = [some(0), some(1)]
      let common: ReadonlyArray<string> | undefined
      for (const partition of partitions) {
        common ??= sorts.map((sort) => [partition, sort]).find((key) => fits(left, key) && fits(right, key))
      }
      const what = `${partition} / ${sort} and ${otherPartition} / ${otherSort}: ${common?.join(" / ")}`
      for (const found of [overlap(left, right), overlap(right, left)]) {
        assert.strictEqual(found !== undefined, common !== undefined, what)
        if (found !== undefined) assert.isTrue(fits(left, found) && fits(right, found), found.join(" / "))
      }
    },
    { arbitrary: { runs: 500 } }
  )

  it.each<[string, string, string, boolean]>([
    ["USER#{u}", "USER#{u}", "USER#{u}#EMAIL#{n}", false],
    ["USER#{u}", "USER#{u}", "USER#EMAIL#{u}", false],
    ["USER#{u}", "USER#{u}", "USER#{u}#{u2}", false],
    ["USER#{u}", "USER#{u}", "USER#{other}", true],
    ["USER#{u}", "USER#{u}", "USER#EMAIL#{n}", true],
    ["USER#{u}", "{u}#A", "{u}#B", false],
    ["USER#{u}", "A#{u}#{x}", "A#{y}#{u}", true],
    ["{u}", "{u}", "BILL#{b}", true],
    ["U{a}#{b}", "{a}", "{b}", true],
    ["U{a}#{b}", "{a}", "{b}x", true],
    ["U{a}#{b}", "{a}#", "{b}", true],
    ["U{a}#{b}", "{a}{", "{b}}", false]
  ])("in partition %s the rows %s and %s: %s", (partition, a, b, expected) => {
    const row = (sort: string) => [Key.make(partition), Key.make(sort)]
    assert.strictEqual(overlap(row(a), row(b)) !== undefined, expected)
  })

  it("three names three times each end, too", () => {
    const row = (...texts: ReadonlyArray<string>) => texts.map((text) => Key.make(text))
    assert.isUndefined(overlap(row("{a}-{b}-{c}", "{c}-{a}-{b}"), row("{a}-{b}-{c}", "{b}-{c}x-{a}y")))
    assert.isDefined(overlap(row("{a}-{b}-{c}", "{c}-{a}-{b}"), row("{a}-{b}-{c}", "{b}-{c}-{a}")))
  })
})
