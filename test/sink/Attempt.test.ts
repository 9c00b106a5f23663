/**
 * A patch against a server that takes no more than so many rows of a kind in a document, and no row that is bad: what
 * is left in the end is what plain loops tell, each refused row is refused for itself and marked, in few writes.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Version from "../../src/Version.ts"
import { index } from "../../src/testing/deliveries.ts"
import { expected, many, nested, patchOf, plain, rows, run, sizeOf, textsOf } from "./attempts.ts"

describe.each([
  ["a nested object each", plain],
  ["several nested objects", nested]
])("rows of %s", (_, shape) => {
  it.prop(
    "are refused where they are bad or too many, each by itself, and leave marks",
    [rows(2), rows(4), index(12)],
    ([first, second, limit]) => {
      const before = first.size === 0 ? undefined : run(undefined, patchOf(shape, 1, first), limit).document
      if (second.size === 0) return
      const patch = patchOf(shape, 2, second)
      const { document, refused, writes } = run(before, patch, limit)
      const { left, refused: mustRefuse } = expected(before, patch, limit)
      assert.deepStrictEqual(refused, mustRefuse)
      assert.deepStrictEqual(textsOf(document), left)
      const marks = document?.refused.map(({ rowKey }) => rowKey) ?? []
      for (const rowKey of mustRefuse) assert.include(marks, rowKey)
      assert.isAtMost(writes, 2 + 2 * (mustRefuse.length + 1) * Math.ceil(Math.log2(second.size + 1) + 1))
    },
    { arbitrary: { runs: 500 } }
  )
})

it("a thousand rows too many take as many writes as halving once", () => {
  const full = run(undefined, patchOf(plain, 1, new Map([["DETAILS", "{}"], ...many(3000)])), 3000)
  const { refused, writes } = run(full.document, patchOf(plain, 2, many(1000, 3000)), 3000)
  assert.lengthOf(refused, 1000)
  assert.isAtMost(writes, 15)
  const some = run(full.document, patchOf(plain, 2, many(1000, 3000)), 3333)
  assert.lengthOf(some.refused, 667)
  assert.isAtMost(some.writes, 25)
})

describe("a document that is refused as it is stored", () => {
  const stored = run(undefined, patchOf(plain, 1, new Map([["DETAILS", "{}"], ...many(6)])), 6).document
  const change = many(4)

  it("is said to be, once, and after few writes", () => {
    const { document, refusals, writes } = run(stored, patchOf(plain, 2, change), 5)
    assert.deepStrictEqual(
      refusals.map(({ rowKey }) => rowKey),
      [undefined]
    )
    assert.include(refusals[0]!.reason, "refused as it is stored")
    assert.isAtMost(writes, 5)
    assert.strictEqual(document, stored)
  })

  it("takes the removals that mend it, and then the rest", () => {
    const patch = patchOf(plain, 2, new Map([["00005", undefined], ...change, ["00009", `{"n":"1"}`]]))
    assert.deepStrictEqual(run(stored, patch, 5).refused, ["ITEM#00009"])
    assert.strictEqual(sizeOf(run(stored, patch, 5).document!), 5)
  })
})

it("a row refused again leaves its mark as it is, and writes nothing", () => {
  const patch = patchOf(
    plain,
    1,
    new Map([
      ["DETAILS", "{}"],
      ["1", `{"n":"bad"}`]
    ])
  )
  const first = run(undefined, patch, 5)
  assert.deepStrictEqual(first.document?.refused, [{ rowKey: "ITEM#1", version: Version.stream(1, "1"), refusedAt: 5 }])
  assert.strictEqual(run(first.document, patch, 5).document, first.document)
})
