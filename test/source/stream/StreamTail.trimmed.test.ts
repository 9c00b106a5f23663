/**
 * A tail over what it cannot read any more, or not yet: trimmed records, lost shards, streams that were replaced.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option } from "effect"
import { ShardGone, StreamGone } from "../../../src/source/stream/StreamApi.ts"
import {
  advance,
  gaps,
  inStream,
  makeWorld,
  nothingRead,
  once,
  putOrders,
  tags,
  toEnd,
  whileFollowing
} from "./tailWorld.ts"

describe("records trimmed before they were read", () => {
  it.effect("are a gap that is reported once, and reading goes on at the oldest record", () =>
    Effect.gen(function* () {
      const { asked, delivered, table, tail, world } = yield* makeWorld()
      yield* putOrders(table, 0, 5)
      yield* toEnd(tail(once))
      yield* putOrders(table, 5, 5)
      yield* table.trim()
      yield* putOrders(table, 10, 5)
      yield* toEnd(tail(once))
      assert.deepStrictEqual(asked, ["TrimHorizon", "TrimHorizon"])
      assert.strictEqual(gaps(world.progress).length, 1)
      assert.match(
        gaps(world.progress)[0] ?? "",
        /trimmed before they were read.*run a verify or a backfill of a new index/
      )
      assert.deepStrictEqual(delivered.slice(5), (yield* inStream(table)).flat())
    })
  )

  it.effect("with their whole shard are a gap too", () =>
    Effect.gen(function* () {
      const { delivered, faults, table, tail, world } = yield* makeWorld({ recordsMax: 2 })
      yield* putOrders(table, 0, 5)
      faults.deliver = () => (delivered.length > 0 ? "away" : undefined)
      yield* whileFollowing(tail(), advance("1 second"))
      faults.deliver = () => undefined
      yield* table.splitShard()
      yield* table.trim()
      yield* putOrders(table, 5, 5)
      yield* toEnd(tail(once))
      assert.strictEqual(gaps(world.progress).length, 1)
      assert.deepStrictEqual(delivered.slice(2), (yield* inStream(table)).flat())
    })
  )
})

describe("a stream that was replaced", () => {
  it.effect("case 26: is gone: says that changes may be missing, and reads the new one from its oldest record", () =>
    Effect.gen(function* () {
      const { asked, delivered, table, tail, world } = yield* makeWorld()
      yield* putOrders(table, 0, 5)
      yield* toEnd(tail(once))
      yield* table.disableStream
      yield* table.trim()
      yield* putOrders(table, 5, 5)
      yield* table.replaceStream()
      yield* putOrders(table, 10, 5)
      yield* toEnd(tail(once))
      assert.match(
        gaps(world.progress).join("\n"),
        /^the stream of table table is a new one .* may be missing; run a verify/
      )
      assert.deepStrictEqual(delivered.slice(5), (yield* inStream(table)).flat())
      assert.deepStrictEqual(asked, ["TrimHorizon", "TrimHorizon"])
      yield* toEnd(tail(once))
      assert.strictEqual(gaps(world.progress).length, 1)
    })
  )

  it.effect("case 26: knows neither the shard nor, later, itself", () =>
    Effect.gen(function* () {
      const { delivered, faults, table, tail, world } = yield* makeWorld()
      yield* putOrders(table, 0, 5)
      yield* toEnd(tail(once))
      const { shards, streamArn } = Option.getOrThrow(world.checkpoint)
      const [lost = ""] = Object.keys(shards)
      yield* table.replaceStream()
      yield* putOrders(table, 5, 5)
      let lists = 0
      faults.request = (operation, subject) => {
        if (subject === lost) return new ShardGone()
        return operation === "DescribeStream" && subject === streamArn && ++lists > 1 ? new StreamGone() : undefined
      }
      yield* toEnd(tail(once))
      assert.isAtLeast(gaps(world.progress).length, 1)
      assert.deepStrictEqual(delivered.slice(5), (yield* inStream(table)).flat())
    })
  )

  it.effect("while it is followed is read to its end, then the new one", () =>
    Effect.gen(function* () {
      const { delivered, table, tail, world } = yield* makeWorld({ recordsMax: 3 })
      yield* whileFollowing(
        tail(),
        Effect.gen(function* () {
          yield* advance("1 second")
          yield* putOrders(table, 0, 10)
          const old = (yield* inStream(table)).flat()
          yield* table.replaceStream()
          yield* putOrders(table, 10, 10)
          yield* advance("1 minute")
          assert.deepStrictEqual(delivered, [...old, ...(yield* inStream(table)).flat()])
        })
      )
      assert.strictEqual(gaps(world.progress).length, 1)
      assert.isTrue(Option.getOrThrow(world.checkpoint).streamArn.endsWith("1970-01-01T00:00:01.000"))
    })
  )

  it.effect("between two readers is known to the second, even if the first had read nothing", () =>
    Effect.gen(function* () {
      const { delivered, faults, table, tail, world } = yield* makeWorld()
      yield* putOrders(table, 0, 5)
      faults.deliver = () => "away"
      yield* whileFollowing(tail(), advance("1 second"))
      faults.deliver = () => undefined
      yield* table.replaceStream()
      yield* putOrders(table, 5, 5)
      yield* toEnd(tail(once))
      assert.strictEqual(delivered.length, 10)
      assert.strictEqual(gaps(world.progress).length, 1)
    })
  )

  it.effect("after a time without any is waited for", () =>
    Effect.gen(function* () {
      const { delivered, table, tail, world } = yield* makeWorld()
      yield* whileFollowing(
        tail(),
        Effect.gen(function* () {
          yield* advance("1 second")
          yield* table.disableStream
          yield* advance("5 minutes")
          assert.strictEqual(tags(world.progress, "StreamDisabled").length, 1)
          yield* table.replaceStream()
          yield* putOrders(table, 0, 5)
          yield* advance("1 minute")
          assert.strictEqual(delivered.length, 5)
        })
      )
    })
  )

  it.effect("had no images: its records are skipped, and reported as a gap", () =>
    Effect.gen(function* () {
      const { delivered, table, tail, world } = yield* makeWorld({ stream: "KEYS_ONLY" })
      const { latest } = yield* table.streamApi.findStream(table.tableName)
      world.checkpoint = Option.some(nothingRead(latest?.streamArn ?? ""))
      yield* putOrders(table, 0, 5)
      yield* table.replaceStream("NEW_IMAGE")
      yield* putOrders(table, 5, 5)
      yield* toEnd(tail(once))
      assert.deepStrictEqual(delivered, (yield* inStream(table)).flat())
      assert.strictEqual(gaps(world.progress).length, 1)
    })
  )

  it.effect("without images ends the following by name", () =>
    Effect.gen(function* () {
      const { table, tail } = yield* makeWorld()
      const fiber = yield* Effect.forkChild(Effect.flip(tail()))
      yield* advance("1 second")
      yield* table.replaceStream("OLD_IMAGE")
      yield* advance("1 minute")
      assert.match(String(yield* Fiber.join(fiber)), /view type OLD_IMAGE/)
    })
  )
})
