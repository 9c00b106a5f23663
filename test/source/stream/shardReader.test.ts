/** How often a shard is read: more often while changes come, and not where it refuses. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { Unavailable } from "../../../src/source/stream/StreamApi.ts"
import { advance, makeWorld, order, whileFollowing } from "./tailWorld.ts"

/** The pauses between reads of a shard, each in milliseconds, in a world whose reads can be made to fail. */
const pausesWorld = Effect.gen(function* () {
  const { faults, table, tail } = yield* makeWorld()
  const clock = yield* Clock.Clock
  const reads: Array<number> = []
  let isFailing = false
  faults.request = (operation) => {
    if (operation !== "GetRecords") return undefined
    reads.push(clock.currentTimeMillisUnsafe())
    return isFailing ? new Unavailable() : undefined
  }
  const pass = Effect.fnUntraced(function* (seconds: number) {
    reads.splice(0, reads.length - 1)
    for (let i = 0; i < 10 * seconds; i++) yield* advance("100 millis")
    return reads.slice(1).map((at, i) => Math.round(at - reads[i]!))
  })
  const fail = (is: boolean) => void (isFailing = is)
  let rows = 0
  const put = Effect.suspend(() => table.put(order(rows++)))
  return { fail, pass, put, tail }
})

describe("a shard", () => {
  it.effect("that had a record within ten seconds is read four times a second, else twice", () =>
    Effect.gen(function* () {
      const { pass, put, tail } = yield* pausesWorld
      yield* whileFollowing(
        tail(),
        Effect.gen(function* () {
          assert.deepStrictEqual(new Set((yield* pass(5)).slice(1)), new Set([500]))
          yield* put
          const lively = yield* pass(9)
          assert.isAtMost(lively[0]!, 500)
          // The page after one with records is read at once.
          assert.deepStrictEqual(new Set(lively.slice(1)), new Set([0, 250]))
          yield* pass(3)
          assert.deepStrictEqual(new Set(yield* pass(5)), new Set([500]))
        })
      )
    })
  )

  it.effect("that refused a read is read twice a second for a minute, whatever comes", () =>
    Effect.gen(function* () {
      const { fail, pass, put, tail } = yield* pausesWorld
      yield* whileFollowing(
        tail(),
        Effect.gen(function* () {
          yield* put
          yield* pass(2)
          fail(true)
          yield* pass(1)
          fail(false)
          yield* pass(3)
          for (let i = 0; i < 5; i++) {
            yield* put
            assert.deepStrictEqual(new Set(yield* pass(10)), new Set([0, 500]))
          }
          yield* pass(10)
          yield* put
          assert.include(yield* pass(5), 250)
        })
      )
    })
  )
})
