/**
 * A patch that is tried again and again, each time with room for some writes: all tries together refuse the bad rows
 * and no other, write the rest, and take about as many writes as one try with room for all.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Patch from "../../src/fold/Patch.ts"
import * as Attempt from "../../src/sink/Attempt.ts"
import { refusalsOf } from "../../src/sink/Sink.ts"
import * as Unfinished from "../../src/sink/Unfinished.ts"
import { index } from "../../src/testing/deliveries.ts"
import { expected, nested, patchOf, plain, rows, run, textsOf, tryOnce } from "./attempts.ts"

const without = (patch: Patch.Patch, rowKeys: ReadonlySet<string>): Patch.Patch => ({
  ...patch,
  registers: new Map([...patch.registers].filter(([rowKey]) => !rowKeys.has(rowKey)))
})

describe.each([
  ["a nested object each", plain],
  ["several nested objects", nested]
])("rows of %s", (_, shape) => {
  it.prop(
    "come to the same in many tries as in one, wherever each ends, also if those that are settled come no more",
    [rows(2), rows(4), index(12), index(4), index(2)],
    ([first, second, limit, room, only]) => {
      const before = first.size === 0 ? undefined : run(undefined, patchOf(shape, 1, first), limit).document
      if (second.size === 0) return
      const whole = patchOf(shape, 2, second)
      const { left, refused: mustRefuse } = expected(before, whole, limit)
      const refused = new Set<string>()
      let document = before
      let unfinished: Unfinished.Unfinished | undefined
      let total = 0
      for (let tries = 0; ; tries++) {
        assert.isBelow(tries, 200)
        const patch = only === 0 ? whole : without(whole, refused)
        const start = unfinished === undefined ? Attempt.start(patch) : Unfinished.resume(patch, unfinished)
        const { attempt, writes, ...end } = tryOnce(document, start, limit, room + 1)
        document = end.document
        total += writes
        for (const { rowKey } of refusalsOf(end.outcome)) refused.add(rowKey!)
        for (const rowKey of refused) assert.include(mustRefuse, rowKey)
        if (end.outcome._tag !== "Unsettled") break
        unfinished = Unfinished.of(attempt)
      }
      assert.deepStrictEqual([...refused].toSorted(), mustRefuse)
      assert.deepStrictEqual(textsOf(document), left)
      const marks = document?.refused.map(({ rowKey }) => rowKey) ?? []
      for (const rowKey of mustRefuse) assert.include(marks, rowKey)
      assert.isAtMost(total, 2 + 2 * (mustRefuse.length + 1) * Math.ceil(Math.log2(second.size + 1) + 1))
    },
    { arbitrary: { runs: 500 } }
  )
})

it.prop(
  "a try that is resumed with other rows, or newer ones, refuses those that are bad now",
  [rows(3), rows(3), index(8)],
  ([first, second, room]) => {
    if (first.size === 0 || second.size === 0) return
    const limit = 100
    const tried = tryOnce(undefined, Attempt.start(patchOf(plain, 1, first)), limit, room)
    const patch = patchOf(plain, 2, second)
    const resumed = tryOnce(tried.document, Unfinished.resume(patch, Unfinished.of(tried.attempt)), limit, 500)
    const { left, refused } = expected(tried.document, patch, limit)
    assert.deepStrictEqual(
      refusalsOf(resumed.outcome)
        .map(({ rowKey }) => rowKey!)
        .toSorted(),
      refused
    )
    assert.deepStrictEqual(textsOf(resumed.document), left)
    const before = refusalsOf(tried.outcome).map(({ rowKey }) => rowKey!)
    const marks = resumed.document?.refused.map(({ rowKey }) => rowKey) ?? []
    for (const rowKey of before) if (!patch.registers.has(rowKey)) assert.include(marks, rowKey)
  }
)

it("a row that is read again is tried again, though it was refused as it was read before in the same moment", () => {
  const patch = (n: string) => {
    const [[rowKey, change]] = [...patchOf(plain, 1, new Map([["1", `{"n":"${n}"}`]])).registers] as any
    const registers = new Map([[rowKey, { ...change, version: { ...change.version, reading: 7 } }]])
    return { ...patchOf(plain, 1, new Map()), shape: plain, id: "1", longKey: undefined, registers }
  }
  const first = tryOnce(undefined, Attempt.start(patch("bad")), 9, 500)
  assert.strictEqual(first.outcome._tag, "Refused")
  const second = tryOnce(first.document, Unfinished.resume(patch("good"), Unfinished.of(first.attempt)), 9, 500)
  assert.strictEqual(second.outcome._tag, "Written")
})
