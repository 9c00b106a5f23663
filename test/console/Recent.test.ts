/** Bounded whatever comes: the newest, as many as number and size allow. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Recent } from "../../src/console/Recent.ts"

const Step = Schema.Struct({
  key: Schema.Literals(["a", "b", "c", "d", "e", "f"]),
  bytes: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 })),
  isRemoved: Schema.Boolean
})

describe("Recent", () => {
  it.prop("holds the last ones set that fit", [Schema.Array(Step)], ([steps]) => {
    const recent = new Recent<number>({ countMax: 4, bytesMax: 60 })
    let expected: Array<{ readonly key: string; readonly bytes: number; readonly value: number }> = []
    for (const [value, { bytes, isRemoved, key }] of steps.entries()) {
      expected = expected.filter((entry) => entry.key !== key)
      if (isRemoved) recent.delete(key)
      else {
        recent.set(key, value, bytes)
        expected.push({ key, bytes, value })
        const size = () => expected.reduce((sum, entry) => sum + entry.bytes, 0)
        while (expected.length > 4 || (size() > 60 && expected.length > 1)) expected.shift()
      }
      assert.deepStrictEqual(
        recent.values(),
        expected.map((entry) => entry.value)
      )
    }
  })

  it("says that something had to go", () => {
    const recent = new Recent<number>({ countMax: 1, bytesMax: 10 })
    recent.set("a", 1, 100)
    assert.deepStrictEqual([recent.values(), recent.isPart], [[1], false])
    recent.set("b", 2, 1)
    assert.deepStrictEqual([recent.values(), recent.isPart], [[2], true])
  })
})
