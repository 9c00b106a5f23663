/** Rows all of whose keys are another's: found exactly where no key of the one is missing in the other. */
import { assert, describe, it } from "@effect/vitest"
import { covers } from "../../src/define/covers.ts"
import * as Key from "../../src/define/Key.ts"
import { index } from "../../src/testing/deliveries.ts"
import { fits, templates, textsOf } from "./templates.ts"

describe("one template each", () => {
  // One character more than the templates have: a value may need one that no template has.
  const all = textsOf(["A", "#", "x"], 6)
  const small = templates(["A", "#"], 2)

  it.prop(
    "is found exactly where no text fits the one alone",
    [small, small, index(2), index(2)],
    ([a, b, stopped, otherStopped]) => {
      const outer = Key.make(a, stopped === 1 ? ["#"] : [])
      const inner = Key.make(b, otherStopped === 1 ? ["#"] : [])
      const lacking = all.find((text) => inner.parse(text) !== undefined && outer.parse(text) === undefined)
      assert.strictEqual(covers([outer], [inner]), lacking === undefined, `${a} of ${b}: ${lacking}`)
    },
    { arbitrary: { runs: 1000 } }
  )

  it.each([
    ["{n}", "DETAILS", true],
    ["DETAILS", "{n}", false],
    ["TASK#{t}#{rest}", "TASK#{t}#COMMENT#{c}", true],
    ["TASK#{t}#COMMENT#{c}", "TASK#{t}#{rest}", false],
    ["A{a}#X", "{b}X", false],
    ["{b}X", "A{a}#X", false],
    ["{p}#{q}", "A{z}-#{r}", true],
    ["{p}#{q}", "{z}-#{r}", false],
    ["{p}#{q}", "{z}-{r}", false],
    ["{p}", "{z}#{r}", true]
  ])("%s has all keys of %s: %s", (a, b, expected) =>
    assert.strictEqual(covers([Key.make(a)], [Key.make(b)]), expected)
  )
})

describe("two templates each", () => {
  const all = textsOf(["A", "#", "x"], 5)
  const one = templates(["A", "#"], 2)

  it.prop(
    "is found exactly where no key fits the one alone",
    [one, one, one, one],
    ([partition, sort, otherPartition, otherSort]) => {
      const outer = [Key.make(partition), Key.make(sort)]
      const inner = [Key.make(otherPartition), Key.make(otherSort)]
      const [partitions, sorts] = [0, 1].map((i) => all.filter((text) => inner[i]!.parse(text)))
      let lacking: ReadonlyArray<string> | undefined
      for (const partition of partitions!) {
        lacking ??= sorts!.map((sort) => [partition, sort]).find((key) => fits(inner, key) && !fits(outer, key))
      }
      const what = `${partition} / ${sort} of ${otherPartition} / ${otherSort}: ${lacking?.join(" / ")}`
      assert.strictEqual(covers(outer, inner), lacking === undefined, what)
    },
    { arbitrary: { runs: 500 } }
  )

  it.each<[string, string, string, boolean]>([
    ["USER#{u}", "{any}", "USER#{u}", true],
    ["USER#{u}", "USER#{u}", "{any}", false],
    ["USER#{u}", "USER#{other}", "USER#{u}", true],
    ["USER#{u}", "USER#{u}", "USER#{other}", false]
  ])("in partition %s the rows %s have all keys of %s: %s", (partition, a, b, expected) => {
    const row = (sort: string) => [Key.make(partition), Key.make(sort)]
    assert.strictEqual(covers(row(a), row(b)), expected)
  })
})
