import { assert, describe, it } from "@effect/vitest"
import * as Attempt from "../../../src/sink/Attempt.ts"
import { UnfinishedAttempts } from "../../../src/sink/opensearch/UnfinishedAttempts.ts"
import { many, patchOf, plain, tryOnce } from "../attempts.ts"

const place = { writeAlias: "w", identity: "a" }

/** An attempt at rows of which some are bad, after so many writes. */
const attemptOf = (rows: number, writes: number): Attempt.Attempt => {
  const bad = [...many(rows)].map(([n]) => [n, `{"n":"bad"}`] as const)
  return tryOnce(undefined, Attempt.start(patchOf(plain, 1, new Map(bad))), rows, writes).attempt
}

describe("what is remembered of attempts", () => {
  it("is of one document in one index", () => {
    const unfinished = new UnfinishedAttempts()
    unfinished.put(place, "1", attemptOf(4, 3), 0)
    assert.strictEqual(unfinished.get(place, "1", 1)?.refused.size, 1)
    assert.isUndefined(unfinished.get(place, "2", 1))
    assert.isUndefined(unfinished.get({ ...place, identity: "b" }, "1", 1))
    assert.isUndefined(unfinished.get({ ...place, writeAlias: "v" }, "1", 1))
    unfinished.forget(place, "1")
    assert.isUndefined(unfinished.get(place, "1", 1))
  })

  it("is forgotten ten minutes after it last grew", () => {
    const unfinished = new UnfinishedAttempts()
    const minutes = (count: number) => count * 60_000
    unfinished.put(place, "1", attemptOf(8, 4), 0)
    unfinished.put(place, "1", attemptOf(8, 4), minutes(6))
    assert.isDefined(unfinished.get(place, "1", minutes(9)))
    assert.isUndefined(unfinished.get(place, "1", minutes(10)))
    unfinished.put(place, "1", attemptOf(8, 8), minutes(9))
    assert.isDefined(unfinished.get(place, "1", minutes(18)))
    unfinished.put(place, "1", attemptOf(8, 8), minutes(20))
    assert.isUndefined(unfinished.get(place, "1", minutes(20)))
    unfinished.put(place, "1", attemptOf(8, 8), minutes(21))
    assert.isDefined(unfinished.get(place, "1", minutes(22)))
  })

  it("is no more than 20,000 rows, the newest", () => {
    const unfinished = new UnfinishedAttempts()
    const attempt = attemptOf(3000, 3)
    const ids = Array.from({ length: 20 }, (_, i) => String(i))
    for (const id of ids) unfinished.put(place, id, attempt, 0)
    const kept = ids.filter((id) => unfinished.get(place, id, 1) !== undefined)
    assert.deepStrictEqual(kept, ids.slice(-6))
    unfinished.put(place, "large", attemptOf(20_001, 1), 0)
    assert.isUndefined(unfinished.get(place, "large", 1))
  })
})
