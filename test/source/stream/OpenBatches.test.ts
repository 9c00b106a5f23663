/** What is acknowledged of a shard, in whatever order its batches are settled, and how far it is read ahead. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result, Schema } from "effect"
import { OpenBatches } from "../../../src/source/stream/OpenBatches.ts"
import type { Batch } from "../../../src/source/stream/settler.ts"
import type { ReadRecord } from "../../../src/source/record/streamRecord.ts"

const record = (n: number): ReadRecord =>
  Result.succeed({
    keys: { PK: { S: "P" } },
    image: { PK: { S: "P" } },
    origin: {
      _tag: "Stream",
      streamArn: "arn:aws:dynamodb:eu-west-1:1:table/t/stream/2026-08-01T00:00:00.000",
      eventName: "MODIFY",
      sequenceNumber: String(n),
      createdAt: n,
      viewType: "NEW_IMAGE"
    }
  } as const) as ReadRecord

const batchOf = (...numbers: ReadonlyArray<number>): Batch => ({
  shardId: "s",
  records: numbers.map((n) => record(n)),
  bytes: 100
})

/** Acknowledges what may be, and gives the last numbers. */
const acknowledged = (open: OpenBatches): ReadonlyArray<string | undefined> => {
  const ends: Array<string | undefined> = []
  for (let end = open.settled; end !== undefined; end = open.settled) {
    ends.push(end.sequenceNumber)
    open.acknowledge()
  }
  return ends
}

describe("batches of a shard", () => {
  it.prop(
    "are acknowledged in their order, up to the first one that is open",
    [Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 99 }))).check(Schema.isMaxLength(12))],
    ([order]) => {
      const open = new OpenBatches()
      const batches = order.map((_, i) => batchOf(10 * i, 10 * i + 1))
      for (const batch of batches) open.add(batch)
      const left = batches.map((batch, i) => ({ batch, i }))
      const settled = new Set<number>()
      const seen: Array<string | undefined> = []
      for (const n of order) {
        const [next] = left.splice(n % left.length, 1)
        open.settle(next!.batch)
        settled.add(next!.i)
        seen.push(...acknowledged(open))
        const first = batches.findIndex((_, i) => !settled.has(i))
        const count = first === -1 ? batches.length : first
        assert.deepStrictEqual(
          seen,
          batches.slice(0, count).map((_, i) => String(10 * i + 1))
        )
        assert.strictEqual(open.isEmpty, count === batches.length)
      }
    }
  )

  it.effect.each([
    ["many records", () => batchOf(...Array.from({ length: 1000 }, (_, n) => n)), 5],
    ["large ones", () => ({ ...batchOf(1), bytes: 2 ** 20 }), 4]
  ] as const)("have room again once one of them is settled: %s", ([, make, most]) =>
    Effect.gen(function* () {
      const open = new OpenBatches()
      const batches: Array<Batch> = []
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
      open.settle(batches[1]!)
      yield* Effect.repeat(Effect.yieldNow, { times: 100 })
      assert.strictEqual(batches.length, most + 1)
      assert.deepStrictEqual(acknowledged(open), [])
      yield* Fiber.interrupt(adding)
    })
  )
})
