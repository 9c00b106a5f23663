/** What is acknowledged of a shard, in whatever order its batches are settled, and how far it is read ahead. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import type { Batch } from "../../src/source/Batch.ts"
import { OpenBatches } from "../../src/source/OpenBatches.ts"

interface Place {
  readonly n: number
}

const batchOf = (n: number, changes = 2, bytes = 100): Batch<Place> => ({
  changes: Array.from({ length: changes }) as never,
  bytes,
  position: { n }
})

/** Acknowledges what may be, and gives the positions. */
const acknowledged = (open: OpenBatches<Place>): ReadonlyArray<number> => {
  const ends: Array<number> = []
  for (let end = open.settled; end !== undefined; end = open.settled) {
    ends.push(end.n)
    open.acknowledge()
  }
  return ends
}

describe("batches of a shard", () => {
  it.prop(
    "are acknowledged in their order, up to the first one that is open",
    [Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 99 }))).check(Schema.isMaxLength(12))],
    ([order]) => {
      const open = new OpenBatches<Place>()
      const batches = order.map((_, i) => batchOf(i))
      for (const batch of batches) open.add(batch)
      const left = batches.map((batch, i) => ({ batch, i }))
      const settled = new Set<number>()
      const seen: Array<number> = []
      for (const n of order) {
        const [next] = left.splice(n % left.length, 1)
        open.settle(next!.batch.position)
        settled.add(next!.i)
        seen.push(...acknowledged(open))
        const first = batches.findIndex((_, i) => !settled.has(i))
        const count = first === -1 ? batches.length : first
        assert.deepStrictEqual(
          seen,
          batches.slice(0, count).map((_, i) => i)
        )
        assert.strictEqual(open.isEmpty, count === batches.length)
      }
    }
  )

  it.effect.each([
    ["many records", () => batchOf(0, 1000), 5],
    ["large ones", () => batchOf(0, 1, 2 ** 20), 4]
  ] as const)("have room again once one of them is settled: %s", ([, make, most]) =>
    Effect.gen(function* () {
      const open = new OpenBatches<Place>()
      const batches: Array<Batch<Place>> = []
      const adding = yield* Effect.forkChild(
        Effect.forever(
          Effect.andThen(
            Effect.suspend(() => open.room),
            Effect.sync(() => {
              batches.push(make())
              open.add(batches.at(-1)!)
            })
          )
        )
      )
      yield* Effect.repeat(Effect.yieldNow, { times: 100 })
      assert.strictEqual(batches.length, most)
      // Not the first: nothing is acknowledged by that, and there is room all the same.
      open.settle(batches[1]!.position)
      yield* Effect.repeat(Effect.yieldNow, { times: 100 })
      assert.strictEqual(batches.length, most + 1)
      assert.deepStrictEqual(acknowledged(open), [])
      yield* Fiber.interrupt(adding)
    })
  )
})
