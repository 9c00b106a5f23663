/** Batches delivered together as they come, again as they stay open, and to their end when all is stopped. */
import { assert, describe, it } from "@effect/vitest"
import { type Cause, Effect, Fiber, Latch, Queue, Stream } from "effect"
import { TestClock } from "effect/testing"
import { drained } from "../../src/drained.ts"
import { type Answer, joined, settledPositions } from "../../src/pipeline/joined.ts"
import type { Batch } from "../../src/source/Batch.ts"
import { advance } from "../source/stream/tailWorld.ts"

type Named = Batch<{ readonly name: string }>

const batch = (name: string, changes = 1, bytes = 100): Named => ({
  changes: Array.from({ length: changes }) as never,
  bytes,
  position: { name }
})

const named = (batches: ReadonlyArray<Named>) => batches.map(({ position }) => position.name).join("")

const allSettled: Answer = { unacknowledged: [] }

/** All changes of the batches of that name are open. */
const openOf = (batches: ReadonlyArray<Named>, open: string): Answer => ({
  unacknowledged: batches
    .flatMap(({ changes, position }) => changes.map(() => position.name))
    .flatMap((name, index) => (name === open ? [{ index, reason: "no room" }] : []))
})

const start = Effect.fnUntraced(function* (deliver: (batches: ReadonlyArray<Named>) => Effect.Effect<Answer, string>) {
  const settled: Array<string> = []
  const source = yield* Queue.bounded<Named, Cause.Done>(1)
  const run = drained((stop) =>
    Stream.fromQueue(source).pipe(
      joined({
        deliver,
        stop,
        isRetryable: (error: string) => error !== "final",
        subjectOf: ({ position }) => position.name
      }),
      Stream.runForEach((delivered) =>
        Effect.sync(() => void settled.push(...settledPositions(delivered).map(({ name }) => name)))
      )
    )
  )
  const fiber = yield* Effect.forkChild(run)
  return { offer: (batch: Named) => Queue.offer(source, batch), end: Queue.end(source), fiber, settled }
})

const turns = Effect.repeat(Effect.yieldNow, { times: 50 })

describe("batches", () => {
  it.effect("go together that come while others are delivered", () =>
    Effect.gen(function* () {
      const calls: Array<string> = []
      const gate = Latch.makeUnsafe(false)
      const { fiber, offer } = yield* start((batches) => {
        calls.push(named(batches))
        return Effect.as(gate.await, allSettled)
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
        calls.push(batches.reduce((sum, { changes }) => sum + changes.length, 0))
        return Effect.succeed(allSettled)
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
      const { fiber, offer, settled } = yield* start((batches) => Effect.as(gate.await, openOf(batches, "stuck")))
      const offering = yield* Effect.forkChild(
        Effect.forEach(["stuck", "stuck", "stuck", "stuck", "a", "b", "c", "d"], (shardId) =>
          Effect.tap(offer(batch(shardId, records, bytes)), () => Effect.sync(() => void offered++))
        )
      )
      yield* turns
      // One more is read and waits for room, and one is in the queue.
      assert.strictEqual(offered, most + 2)
      gate.openUnsafe()
      yield* turns
      assert.strictEqual(offered, 8, "what stays open after a try holds no other up")
      yield* Fiber.join(offering)
      assert.deepStrictEqual(settled, ["a", "b", "c", "d"])
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.scoped)
  )

  it.effect("come again after a pause where they stay open, and hold no others up", () =>
    Effect.gen(function* () {
      let isOpen = true
      const { fiber, offer, settled } = yield* start((batches) => Effect.succeed(openOf(batches, isOpen ? "a" : "")))
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

  it.effect("end with their source, and not before all are settled", () =>
    Effect.gen(function* () {
      let isOpen = true
      const { end, fiber, offer, settled } = yield* start((batches) =>
        Effect.succeed(openOf(batches, isOpen ? "a" : ""))
      )
      for (const name of ["a", "b"]) yield* offer(batch(name))
      yield* end
      yield* advance("1 minute")
      assert.deepStrictEqual(settled, ["b"])
      assert.isUndefined(fiber.pollUnsafe())
      isOpen = false
      yield* advance("1 minute")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(settled, ["b", "a"])
    }).pipe(Effect.scoped)
  )

  it.effect("end with an error that no trying cures, and come again all of them with any other", () =>
    Effect.gen(function* () {
      let error: string | undefined = "away"
      const { fiber, offer, settled } = yield* start(() =>
        error === undefined ? Effect.succeed(allSettled) : Effect.fail(error)
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
        Effect.delay(Effect.succeed(allSettled), named(batches) === "slow" ? "1 hour" : "5 seconds")
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
