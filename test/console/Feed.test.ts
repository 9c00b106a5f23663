/** The laws of the feed: in order and without a hole, or cut off; whoever publishes never waits. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Feed from "../../src/console/Feed.ts"
import type { ServerMessage } from "../../src/console/messages.ts"

const notice = (at: number): ServerMessage => ({ _tag: "Notice", at, text: "a\n\ndata: b", isProblem: false })

const numbersOf = (texts: ReadonlyArray<string>): ReadonlyArray<number> =>
  texts
    .join("")
    .split("\n\n")
    .flatMap((frame) => (frame.startsWith("data: ") ? [(JSON.parse(frame.slice(6)) as { at: number }).at] : []))

const publishing = (feed: Feed.Feed, from: number, to: number) =>
  Effect.forEach(
    Array.from({ length: to - from }, (_, i) => from + i),
    (at) => feed.publish([notice(at)]),
    { discard: true }
  )

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

describe("Feed", () => {
  it.effect("gives the snapshot, and then all news in order", () =>
    Effect.gen(function* () {
      let published = 0
      const feed = yield* Feed.make(() => range(0, published).map(notice))
      yield* publishing(feed, 0, 5)
      published = 5
      const reader = yield* Effect.forkChild(Stream.runCollect(Stream.take(feed.events, 15)))
      while (feed.readers() === 0) yield* Effect.yieldNow
      yield* publishing(feed, 5, 15)
      assert.deepStrictEqual(numbersOf(yield* Fiber.join(reader)), range(0, 15))
      assert.strictEqual(feed.readers(), 0)
    })
  )

  it.effect("cuts off who reads too slowly, holds nobody up, and has no hole in what was read", () =>
    Effect.gen(function* () {
      const feed = yield* Feed.make(() => [notice(-1)], 8)
      const isHeld = { value: true }
      const slow = yield* Effect.forkChild(
        feed.events.pipe(
          Stream.mapEffect((text) => Effect.as(Effect.repeat(Effect.yieldNow, { while: () => isHeld.value }), text)),
          Stream.runCollect
        )
      )
      const quick = yield* Effect.forkChild(Stream.runCollect(Stream.take(feed.events, 201)))
      while (feed.readers() < 2) yield* Effect.yieldNow
      for (let at = 0; at < 200; at++) {
        yield* feed.publish([notice(at)])
        // The quick one is let read; nobody waits for the slow one.
        for (let i = 0; i < 20; i++) yield* Effect.yieldNow
      }
      assert.deepStrictEqual(numbersOf(yield* Fiber.join(quick)), range(-1, 200))
      isHeld.value = false
      const read = numbersOf(yield* Fiber.join(slow))
      assert.deepStrictEqual(read, range(-1, read.length - 1))
      assert.isBelow(read.length, 200)
      assert.strictEqual(feed.readers(), 0)
    })
  )

  it.effect("says that it is there where nothing is new", () =>
    Effect.gen(function* () {
      const feed = yield* Feed.make(() => [])
      const reader = yield* Effect.forkChild(Stream.runCollect(Stream.take(feed.events, 2)))
      while (feed.readers() === 0) yield* Effect.yieldNow
      yield* TestClock.adjust("25 seconds")
      assert.deepStrictEqual(yield* Fiber.join(reader), [": still here\n\n", ": still here\n\n"])
    })
  )
})
