/**
 * A tail while something fails for a while: requests, deliveries, the checkpoint store. Each test is a kind of outage,
 * tried on the smallest world that shows it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { IteratorExpired, Throttled, Unavailable } from "../../../src/source/stream/StreamApi.ts"
import { advance, inStream, makeWorld, order, putOrders, tags, whileFollowing } from "./tailWorld.ts"

describe("an outage", () => {
  it.effect("case 16: of one shard leaves the others flowing and no gap", () =>
    Effect.gen(function* () {
      const { delivered, faults, table, tail, world } = yield* makeWorld()
      const [sick] = yield* table.splitShard()
      yield* putOrders(table, 0, 20)
      faults.request = (operation, shardId) =>
        operation === "GetRecords" && shardId === sick ? new Unavailable() : undefined
      yield* whileFollowing(
        tail(),
        Effect.gen(function* () {
          yield* advance("4 minutes")
          yield* putOrders(table, 20, 20)
          yield* advance("1 minute")
          const [, ofSick = [], ofOther = []] = yield* inStream(table)
          assert.isAbove(ofSick.length, 0)
          assert.deepStrictEqual(delivered, ofOther)
          faults.request = () => undefined
          yield* advance("1 minute")
          assert.deepStrictEqual(delivered, [...ofOther, ...ofSick])
        })
      )
      assert.strictEqual(tags(world.progress, "Recovered").length, 1)
    })
  )

  it.effect("case 16: of the checkpoint store stops no reading, and is made good", () =>
    Effect.gen(function* () {
      const { delivered, faults, table, tail, world } = yield* makeWorld({ recordsMax: 1 })
      faults.save = () => "the disk is full"
      yield* whileFollowing(
        tail(),
        Effect.gen(function* () {
          for (let n = 0; n < 6; n++) {
            yield* table.put(order(n))
            yield* advance("10 seconds")
          }
          assert.strictEqual(delivered.length, 6)
          assert.isTrue(Option.isNone(world.checkpoint))
          faults.save = () => undefined
          yield* advance("30 seconds")
          const { shards } = Option.getOrThrow(world.checkpoint)
          assert.deepStrictEqual(Object.values(shards), [delivered.at(-1)])
        })
      )
    })
  )

  it.effect("of the delivery holds up its own shard, skips nothing, and saves nothing", () =>
    Effect.gen(function* () {
      const { delivered, faults, table, tail, world } = yield* makeWorld()
      yield* table.splitShard()
      yield* putOrders(table, 0, 20)
      const [, ofSick = [], ofOther = []] = yield* inStream(table)
      faults.deliver = ([first = ""]) => (ofSick.includes(first) ? "refused for now" : undefined)
      yield* whileFollowing(
        tail(),
        Effect.gen(function* () {
          yield* advance("5 minutes")
          assert.deepStrictEqual(delivered, ofOther)
          assert.notIncludeMembers(Object.values(Option.getOrThrow(world.checkpoint).shards), ofSick)
          faults.deliver = () => undefined
          yield* advance("1 minute")
          assert.deepStrictEqual(delivered, [...ofOther, ...ofSick])
        })
      )
    })
  )

  it.effect("of the lists is waited out while known shards are read", () =>
    Effect.gen(function* () {
      const { delivered, faults, table, tail } = yield* makeWorld()
      yield* whileFollowing(
        tail(),
        Effect.gen(function* () {
          yield* advance("1 second")
          faults.request = (operation) => (operation.startsWith("Describe") ? new Throttled() : undefined)
          yield* advance("1 minute")
          yield* putOrders(table, 0, 5)
          yield* advance("1 second")
          assert.strictEqual(delivered.length, 5)
          yield* table.splitShard()
          yield* putOrders(table, 5, 5)
          yield* advance("1 minute")
          faults.request = () => undefined
          yield* advance("1 minute")
          assert.strictEqual(delivered.length, 10)
        })
      )
    })
  )

  it.effect("an expired iterator goes on after the last record", () =>
    Effect.gen(function* () {
      const { asked, delivered, faults, table, tail } = yield* makeWorld()
      yield* putOrders(table, 0, 5)
      yield* whileFollowing(
        tail(),
        Effect.gen(function* () {
          yield* advance("1 second")
          faults.request = (operation) => {
            if (operation !== "GetRecords") return undefined
            faults.request = () => undefined
            return new IteratorExpired()
          }
          yield* putOrders(table, 5, 5)
          yield* advance("1 minute")
        })
      )
      assert.deepStrictEqual(asked, ["TrimHorizon", "After"])
      assert.deepStrictEqual(delivered, (yield* inStream(table)).flat())
    })
  )
})
