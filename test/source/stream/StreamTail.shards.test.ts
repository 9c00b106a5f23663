/**
 * A tail over shards that split, end and wait for each other, and what it tells of them.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { finished } from "../../../src/source/stream/Checkpoints.ts"
import { advance, inStream, makeWorld, once, order, putOrders, tags, toEnd, whileFollowing } from "./tailWorld.ts"

describe("shards", () => {
  it.effect("case 58: a child waits until its parent is acknowledged to its end", () =>
    Effect.gen(function* () {
      const { delivered, faults, table, tail } = yield* makeWorld({ recordsMax: 2 })
      yield* putOrders(table, 0, 5)
      yield* table.splitShard()
      yield* putOrders(table, 5, 5)
      const [ofParent = []] = yield* inStream(table)
      faults.deliver = (numbers) => (numbers.includes(ofParent[4] ?? "") ? "away" : undefined)
      yield* whileFollowing(
        tail(),
        Effect.gen(function* () {
          yield* advance("5 minutes")
          assert.deepStrictEqual(delivered, ofParent.slice(0, 4))
          faults.deliver = () => undefined
          yield* advance("1 minute")
          assert.strictEqual(delivered.length, 10)
          assert.deepStrictEqual(delivered.slice(0, 5), ofParent)
        })
      )
    })
  )

  it.effect("case 58: a parent that was trimmed does not hold up its children", () =>
    Effect.gen(function* () {
      const { delivered, table, tail } = yield* makeWorld()
      const parent = yield* table.streamApi.findStream(table.tableName).pipe(
        Effect.flatMap(({ latest }) => table.streamApi.describeStream(latest?.streamArn ?? "")),
        Effect.map(({ shards }) => shards[0]?.shardId)
      )
      yield* putOrders(table, 0, 5)
      yield* table.splitShard()
      yield* putOrders(table, 5, 5)
      yield* table.trim(parent)
      yield* toEnd(tail(once))
      assert.sameMembers(delivered, (yield* inStream(table)).flat())
      assert.strictEqual(delivered.length, 5)
    })
  )

  it.effect("case 58: a gap in the list loses nothing, reads nothing twice, and lets the children go on", () =>
    Effect.gen(function* () {
      const { delivered, faults, table, tail } = yield* makeWorld()
      yield* putOrders(table, 0, 5)
      const [left = "", right] = yield* table.splitShard()
      yield* putOrders(table, 5, 10)
      const [, ofLeft = []] = yield* inStream(table)
      let isGap = true
      faults.isUnlisted = (shardId) => isGap && (shardId === left || shardId.endsWith("00000001"))
      yield* whileFollowing(
        tail(),
        Effect.gen(function* () {
          yield* advance("1 minute")
          assert.isAbove(delivered.length, 0)
          assert.notIncludeMembers(delivered, ofLeft)
          isGap = false
          yield* advance("1 minute")
          faults.isUnlisted = (shardId) => shardId === left || shardId === right
          yield* advance("1 minute")
          yield* putOrders(table, 20, 10)
          yield* advance("1 minute")
        })
      )
      assert.strictEqual(delivered.length, 25)
      assert.sameMembers(delivered, (yield* inStream(table)).flat())
    })
  )

  it.effect("case 58: rows keep their order over splits while a tail follows", () =>
    Effect.gen(function* () {
      const { delivered, table, tail } = yield* makeWorld({ recordsMax: 2 })
      yield* whileFollowing(
        tail(),
        Effect.gen(function* () {
          for (let n = 0; n < 6; n++) {
            yield* putOrders(table, 0, 3)
            yield* Effect.forEach([1, 2, 3], (i) => table.put({ ...order(i), n: { N: `${n + 100}` } }))
            yield* table.splitShard()
            yield* advance(n * 1000)
          }
          yield* advance("2 minutes")
        })
      )
      const shards = yield* inStream(table)
      for (const numbers of shards)
        assert.deepStrictEqual(
          delivered.filter((n) => numbers.includes(n)),
          numbers
        )
      assert.sameMembers(delivered, shards.flat())
    })
  )

  it.effect("that ended leave the checkpoint when they are no longer listed", () =>
    Effect.gen(function* () {
      const { table, tail, world } = yield* makeWorld()
      const marks = () =>
        Object.values(Option.getOrThrow(world.checkpoint).shards).filter((position) => position === finished)
      yield* whileFollowing(
        tail(),
        Effect.gen(function* () {
          yield* table.splitShard()
          yield* putOrders(table, 0, 10)
          yield* advance("1 minute")
          yield* table.trim()
          yield* advance("30 minutes")
          assert.strictEqual(marks().length, 1)
          yield* advance("1 hour")
          yield* putOrders(table, 20, 10)
          yield* advance("1 minute")
          assert.strictEqual(marks().length, 0)
        })
      )
    })
  )

  it.effect("all idle is told, once per time it becomes so, however many pages are empty", () =>
    Effect.gen(function* () {
      const { table, tail, world } = yield* makeWorld()
      yield* table.splitShard()
      const told = () => tags(world.progress, "CaughtUp").length
      yield* whileFollowing(
        tail(),
        Effect.gen(function* () {
          yield* advance("5 minutes")
          assert.strictEqual(told(), 1)
          yield* putOrders(table, 0, 10)
          yield* advance("5 minutes")
          assert.strictEqual(told(), 2)
        })
      )
    })
  )

  it.effect("tell how far behind the last record was", () =>
    Effect.gen(function* () {
      const { table, tail, world } = yield* makeWorld()
      yield* putOrders(table, 0, 3)
      yield* advance("90 seconds")
      yield* toEnd(tail(once))
      assert.deepInclude(tags(world.progress, "Delivered")[0], { records: 3, behindMillis: 90_000 })
    })
  )
})
