/** Batches delivered together as they come, again as they stay open, and to their end when all is stopped. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Latch } from "effect"
import { TestClock } from "effect/testing"
import { type Batch, type Deliver, makeSettler } from "../../../src/source/stream/settler.ts"
import { advance } from "./tailWorld.ts"

const batch = (shardId: string, records = 1, bytes = 100): Batch => ({
  shardId,
  records: Array.from({ length: records }) as never,
  bytes
})

const named = (batches: ReadonlyArray<Batch>) => batches.map(({ shardId }) => shardId).join("")

const start = Effect.fnUntraced(function* (deliver: Deliver<string, never>) {
  const settled: Array<string> = []
  const { offer, run } = yield* makeSettler({
    deliver,
    isRetryable: (error) => error !== "final",
    onSettled: ({ shardId }) => Effect.sync(() => void settled.push(shardId)),
    report: () => Effect.void
  })
  const fiber = yield* Effect.forkChild(run)
  return { offer, fiber, settled }
})

const turns = Effect.repeat(Effect.yieldNow, { times: 50 })

describe("batches of followed shards", () => {
  it.effect("go together that come while others are delivered", () =>
    Effect.gen(function* () {
      const calls: Array<string> = []
      const gate = Latch.makeUnsafe(false)
      const { fiber, offer } = yield* start((batches) => {
        calls.push(named(batches))
        return Effect.as(
          gate.await,
          batches.map(() => undefined)
        )
      })
      yield* offer(batch("a"))
      yield* turns
      for (const name of ["b", "c", "d"]) yield* offer(batch(name))
      yield* turns
      assert.deepStrictEqual(calls, ["a"])
      gate.openUnsafe()
      yield* turns
      assert.deepStrictEqual(calls, ["a", "bcd"])
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.scoped)
  )

  it.effect("are no more than a handler is given", () =>
    Effect.gen(function* () {
      const calls: Array<number> = []
      const { fiber, offer } = yield* start((batches) => {
        calls.push(batches.reduce((sum, { records }) => sum + records.length, 0))
        return Effect.succeed(batches.map(() => undefined))
      })
      for (let n = 0; n < 25; n++) yield* offer(batch("a", 1000))
      yield* turns
      assert.strictEqual(
        calls.reduce((a, b) => a + b, 0),
        25_000
      )
      assert.isAtMost(Math.max(...calls), 10_000)
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    ["records", 5000, 100, 4],
    ["bytes", 10, 4 * 2 ** 20, 4]
  ] as const)("of all shards share what may wait for its first try, by %s", ([, records, bytes, most]) =>
    Effect.gen(function* () {
      const gate = Latch.makeUnsafe(false)
      let offered = 0
      const { fiber, offer, settled } = yield* start((batches) =>
        Effect.as(
          gate.await,
          batches.map(({ records, shardId }) => (shardId === "stuck" ? { reason: "no room", records } : undefined))
        )
      )
      const offering = yield* Effect.forkChild(
        Effect.forEach(["stuck", "stuck", "stuck", "stuck", "a", "b"], (shardId) =>
          Effect.tap(offer(batch(shardId, records, bytes)), () => Effect.sync(() => void offered++))
        )
      )
      yield* turns
      assert.strictEqual(offered, most)
      gate.openUnsafe()
      yield* turns
      assert.strictEqual(offered, 6, "what stays open after a try holds no other up")
      yield* Fiber.join(offering)
      assert.deepStrictEqual(settled, ["a", "b"])
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.scoped)
  )

  it.effect("come again after a pause where they stay open, and hold no others up", () =>
    Effect.gen(function* () {
      let isOpen = true
      const { fiber, offer, settled } = yield* start((batches) =>
        Effect.succeed(
          batches.map(({ records, shardId }) =>
            shardId === "a" && isOpen ? { reason: "no room", records } : undefined
          )
        )
      )
      for (const name of ["a", "b"]) yield* offer(batch(name))
      yield* advance("1 second")
      yield* offer(batch("c"))
      yield* advance("1 second")
      assert.deepStrictEqual(settled, ["b", "c"])
      isOpen = false
      yield* advance("10 seconds")
      assert.deepStrictEqual(settled, ["b", "c", "a"])
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.scoped)
  )

  it.effect("end with an error that no trying cures, and come again all of them with any other", () =>
    Effect.gen(function* () {
      let error: string | undefined = "away"
      const { fiber, offer, settled } = yield* start((batches) =>
        error === undefined ? Effect.succeed(batches.map(() => undefined)) : Effect.fail(error)
      )
      for (const name of ["a", "b"]) yield* offer(batch(name))
      yield* advance("1 second")
      error = undefined
      yield* advance("10 seconds")
      assert.deepStrictEqual(settled.toSorted(), ["a", "b"])
      error = "final"
      yield* offer(batch("c"))
      assert.strictEqual(yield* Effect.flip(Fiber.join(fiber)), "final")
    }).pipe(Effect.scoped)
  )

  it.effect("are settled that are on their way when all is stopped, within ten seconds", () =>
    Effect.gen(function* () {
      const { fiber, offer, settled } = yield* start((batches) =>
        Effect.delay(
          Effect.succeed(batches.map(() => undefined)),
          batches[0]!.shardId === "slow" ? "1 hour" : "5 seconds"
        )
      )
      yield* offer(batch("a"))
      yield* turns
      const stopping = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* advance("4 seconds")
      assert.isUndefined(stopping.pollUnsafe())
      yield* advance("2 seconds")
      yield* Fiber.join(stopping)
      assert.deepStrictEqual(settled, ["a"])
      const other = yield* start(() => Effect.never)
      yield* other.offer(batch("slow"))
      yield* turns
      const hanging = yield* Effect.forkChild(Fiber.interrupt(other.fiber))
      yield* turns
      yield* TestClock.adjust("11 seconds")
      yield* Fiber.join(hanging)
      assert.deepStrictEqual(other.settled, [])
    }).pipe(Effect.scoped)
  )
})
