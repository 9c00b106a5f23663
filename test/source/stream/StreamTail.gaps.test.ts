/**
 * A tail that read nothing for longer than the stream keeps changes. The stream then looks as that of a quiet table, so
 * only the times in the checkpoint tell that changes may be missing; and mere silence must not be told as a gap.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Option } from "effect"
import { TestClock } from "effect/testing"
import { Unavailable } from "../../../src/source/stream/StreamApi.ts"
import { advance, gaps, makeWorld, once, putOrders, tags, toEnd, whileFollowing } from "./tailWorld.ts"

type World = Effect.Success<ReturnType<typeof makeWorld>>

/** Time passes, and what is older than that is gone. */
const away = (table: World["table"], time: Duration.Input) =>
  Effect.andThen(TestClock.adjust(time), Effect.asVoid(table.trim()))

const slowly = { pollEvery: "5 minutes", listEvery: "20 minutes" } as const

const between = /was not read in time, so changes between (\S+Z) and (\S+Z) may be missing; run a verify/

describe("a checkpoint that stands still", () => {
  it.effect("is told after 20 hours, once until it is better, while what waits can yet be written", () =>
    Effect.gen(function* () {
      const { delivered, faults, table, tail, world } = yield* makeWorld()
      const late = () => tags(world.progress, "Late")
      yield* putOrders(table, 0, 3)
      let isAway = true
      faults.deliver = () => (isAway ? "no room" : undefined)
      yield* whileFollowing(
        tail(),
        Effect.gen(function* () {
          yield* advance("19 hours")
          assert.lengthOf(late(), 0)
          yield* advance("90 minutes")
          assert.lengthOf(late(), 1)
          yield* advance("1 hour")
          assert.lengthOf(late(), 1)
          isAway = false
          yield* advance("1 minute")
          assert.strictEqual(delivered.length, 3)
          assert.deepStrictEqual(gaps(world.progress), [])
        })
      )
    })
  )
})

describe("a tail that was away for longer than 24 hours tells one gap", () => {
  it.effect("of a quiet table, whose shard had given nothing", () =>
    Effect.gen(function* () {
      const { delivered, table, tail, world } = yield* makeWorld()
      yield* TestClock.setTime(Date.UTC(2026, 0, 1))
      yield* toEnd(tail(once))
      yield* putOrders(table, 0, 5)
      yield* away(table, "3 days")
      yield* putOrders(table, 10, 1)
      yield* toEnd(tail(once))
      assert.strictEqual(delivered.length, 1)
      assert.strictEqual(gaps(world.progress).length, 1)
      const [, from, to] = between.exec(gaps(world.progress)[0] ?? "") ?? []
      assert.strictEqual(from?.slice(0, 15), "2026-01-01T00:0")
      assert.strictEqual(to?.slice(0, 13), "2026-01-03T01")
      yield* toEnd(tail(once))
      assert.strictEqual(gaps(world.progress).length, 1, "not told again")
    })
  )

  it.effect("of shards that were split while it ran and had given nothing yet", () =>
    Effect.gen(function* () {
      const { table, tail, world } = yield* makeWorld()
      yield* putOrders(table, 0, 5)
      yield* toEnd(tail(once))
      yield* table.splitShard()
      yield* toEnd(tail(once))
      yield* putOrders(table, 5, 5)
      yield* away(table, "3 days")
      yield* putOrders(table, 10, 1)
      yield* toEnd(tail(once))
      assert.strictEqual(gaps(world.progress).length, 1)
    })
  )

  it.effect("of shards that came and went meanwhile, whose descendants are all that is listed", () =>
    Effect.gen(function* () {
      const { delivered, table, tail, world } = yield* makeWorld()
      yield* putOrders(table, 0, 5)
      yield* toEnd(tail(once))
      for (let hours = 0; hours < 72; hours += 4) {
        yield* putOrders(table, hours, 4)
        yield* table.splitShard()
        yield* TestClock.adjust("4 hours")
      }
      yield* table.trim()
      yield* putOrders(table, 0, 20)
      yield* toEnd(tail(once))
      assert.isAtLeast(delivered.length, 6)
      assert.strictEqual(gaps(world.progress).length, 1)
      assert.match(gaps(world.progress)[0] ?? "", between)
    })
  )

  it.effect("of a shard that was finished when its children were not listed yet", () =>
    Effect.gen(function* () {
      const { faults, table, tail, world } = yield* makeWorld()
      yield* putOrders(table, 0, 5)
      yield* toEnd(tail(once))
      const children = yield* table.splitShard()
      faults.isUnlisted = (shardId) => children.includes(shardId)
      yield* whileFollowing(tail(), advance("1 minute"))
      assert.deepStrictEqual(Object.values(Option.getOrThrow(world.checkpoint).shards), ["finished"])
      faults.isUnlisted = () => false
      yield* putOrders(table, 5, 5)
      yield* away(table, "25 hours")
      yield* toEnd(tail(once))
      assert.strictEqual(gaps(world.progress).length, 1)
    })
  )

  it.effect("that it could not deliver for hours before it was stopped, though it was away for less", () =>
    Effect.gen(function* () {
      const { faults, table, tail, world } = yield* makeWorld()
      yield* putOrders(table, 0, 5)
      faults.deliver = () => "the index is away"
      yield* whileFollowing(tail(slowly), advance("20 hours"))
      faults.deliver = () => undefined
      assert.deepStrictEqual(gaps(world.progress), [])
      yield* away(table, "10 hours")
      yield* toEnd(tail(once))
      assert.strictEqual(gaps(world.progress).length, 1)
    })
  )

  it.effect("from a checkpoint whose clock was minutes off, and none the sooner", () =>
    Effect.gen(function* () {
      for (const minutes of [-10, 10]) {
        const { table, tail, world } = yield* makeWorld()
        yield* TestClock.adjust("1 hour")
        yield* toEnd(tail(once))
        const { listedTo, times, ...rest } = Option.getOrThrow(world.checkpoint)
        const off = (time: number) => time + minutes * 60_000
        const moved = Object.entries(times).map(([shardId, { readTo, recordAt }]) => [
          shardId,
          { recordAt: off(recordAt), readTo: off(readTo) }
        ])
        world.checkpoint = Option.some({ ...rest, listedTo: off(listedTo), times: Object.fromEntries(moved) })
        yield* TestClock.adjust("12 hours")
        yield* toEnd(tail(once))
        assert.deepStrictEqual(gaps(world.progress), [])
        yield* away(table, "48 hours")
        yield* toEnd(tail(once))
        assert.strictEqual(gaps(world.progress).length, 1)
      }
    })
  )
})

describe("a running tail tells a gap", () => {
  it.effect("while it can't read for longer than a day, once an hour and not for each shard", () =>
    Effect.gen(function* () {
      const { faults, table, tail, world } = yield* makeWorld()
      yield* table.splitShard()
      yield* whileFollowing(
        tail(slowly),
        Effect.gen(function* () {
          yield* advance("2 hours")
          faults.request = (operation) => (operation === "GetRecords" ? new Unavailable() : undefined)
          yield* advance("23 hours")
          assert.deepStrictEqual(gaps(world.progress), [])
          yield* putOrders(table, 0, 20)
          yield* advance("90 minutes")
          assert.strictEqual(gaps(world.progress).length, 1)
          yield* table.trim()
          faults.request = () => undefined
          yield* advance("1 hour")
          assert.strictEqual(gaps(world.progress).length, 1)
        })
      )
    })
  )
})

describe("silence is no gap", () => {
  it.effect("where a tail ran all the time, and is started again within a day", () =>
    Effect.gen(function* () {
      const { delivered, table, tail, world } = yield* makeWorld()
      yield* putOrders(table, 0, 5)
      yield* whileFollowing(tail(slowly), advance("3 days"))
      yield* away(table, "20 hours")
      yield* putOrders(table, 10, 5)
      yield* toEnd(tail(once))
      assert.deepStrictEqual(gaps(world.progress), [])
      assert.strictEqual(delivered.length, 10)
    })
  )

  it.effect("where the quiet shard was closed and left the list meanwhile", () =>
    Effect.gen(function* () {
      const { delivered, table, tail, world } = yield* makeWorld()
      yield* putOrders(table, 0, 5)
      yield* whileFollowing(tail(slowly), advance("2 days"))
      yield* table.splitShard()
      yield* away(table, "20 hours")
      yield* putOrders(table, 10, 5)
      yield* toEnd(tail(once))
      assert.deepStrictEqual(gaps(world.progress), [])
      assert.strictEqual(delivered.length, 10)
    })
  )

  it.effect("where it reads the stream for the first time, or from latest", () =>
    Effect.gen(function* () {
      for (const from of ["checkpoint", "trim-horizon", "latest"] as const) {
        const { table, tail, world } = yield* makeWorld()
        yield* putOrders(table, 0, 5)
        yield* away(table, "3 days")
        yield* toEnd(tail({ ...once, from }))
        yield* away(table, "23 hours")
        yield* toEnd(tail(once))
        assert.deepStrictEqual(gaps(world.progress), [])
      }
    })
  )

  it.effect("and the time of a running tail is saved at most once a minute", () =>
    Effect.gen(function* () {
      const { faults, tail, world } = yield* makeWorld()
      let saves = 0
      faults.save = () => void saves++
      yield* whileFollowing(
        tail(),
        Effect.gen(function* () {
          yield* advance("1 minute")
          saves = 0
          yield* advance("10 minutes")
          assert.isAtLeast(saves, 9)
          assert.isAtMost(saves, 10)
          const { listedTo, times } = Option.getOrThrow(world.checkpoint)
          for (const { readTo } of Object.values(times)) assert.isAtLeast(readTo, 10 * 60_000)
          assert.isAtLeast(listedTo, 10 * 60_000)
        })
      )
    })
  )
})

it.effect("a shard that came and went unread is a gap, whenever it was", () =>
  Effect.gen(function* () {
    const { table, tail, world } = yield* makeWorld()
    yield* toEnd(tail(once))
    const [left = ""] = yield* table.splitShard()
    yield* putOrders(table, 0, 20)
    yield* table.splitShard(left)
    yield* table.trim(left)
    yield* toEnd(tail(once))
    assert.strictEqual(gaps(world.progress).length, 1)
    assert.match(gaps(world.progress)[0] ?? "", /the stream no longer has it, so changes in shard .* may be missing/)
  })
)
