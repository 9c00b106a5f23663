/**
 * A tail under TestClock against a table in memory: where it begins, what ends it, and what it refuses to follow.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option } from "effect"
import { begun } from "../../../src/source/stream/Checkpoints.ts"
import { Refused, Unavailable } from "../../../src/source/stream/StreamApi.ts"
import { advance, inStream, makeWorld, nothingRead, once, putOrders, tags, toEnd, whileFollowing } from "./tailWorld.ts"

describe("a restart", () => {
  it.effect("case 13: reads again at most what was not acknowledged", () =>
    Effect.gen(function* () {
      const { delivered, faults, table, tail, world } = yield* makeWorld()
      yield* putOrders(table, 0, 10_000)
      faults.deliver = () => (delivered.length >= 9000 ? "the index is away" : undefined)
      yield* whileFollowing(tail(), advance("1 minute"))
      assert.strictEqual(delivered.length, 9000)
      faults.deliver = () => undefined
      yield* toEnd(tail(once))
      assert.deepStrictEqual(delivered, (yield* inStream(table)).flat())
      assert.deepStrictEqual(
        tags(world.progress, "ShardStarted").map((p) => ("after" in p ? p.after : "")),
        [undefined, delivered[8999]]
      )
    })
  )

  it.effect("case 13: reads nothing again when nothing is new, also of closed shards", () =>
    Effect.gen(function* () {
      const { delivered, table, tail } = yield* makeWorld()
      yield* putOrders(table, 0, 50)
      yield* table.splitShard()
      yield* putOrders(table, 50, 50)
      yield* toEnd(tail(once))
      yield* toEnd(tail(once))
      assert.strictEqual(delivered.length, 100)
    })
  )

  it.effect("from the trim horizon reads everything whatever was saved", () =>
    Effect.gen(function* () {
      const { delivered, table, tail } = yield* makeWorld()
      yield* putOrders(table, 0, 5)
      yield* toEnd(tail(once))
      yield* toEnd(tail({ ...once, from: "trim-horizon" }))
      assert.strictEqual(delivered.length, 10)
    })
  )

  it.effect("from latest reads what comes from now on, in open shards and their children", () =>
    Effect.gen(function* () {
      const { delivered, table, tail } = yield* makeWorld()
      yield* putOrders(table, 0, 5)
      yield* table.splitShard()
      yield* putOrders(table, 5, 5)
      const before = new Set((yield* inStream(table)).flat())
      yield* whileFollowing(
        tail({ from: "latest" }),
        Effect.gen(function* () {
          yield* advance("1 second")
          yield* putOrders(table, 10, 5)
          yield* table.splitShard()
          yield* putOrders(table, 20, 5)
          yield* advance("1 minute")
        })
      )
      const expected = (yield* inStream(table)).flat().filter((number) => !before.has(number))
      assert.sameMembers(delivered, expected)
      assert.strictEqual(delivered.length, 10)
    })
  )

  it.effect("from latest skips nothing when its first iterator expires", () =>
    Effect.gen(function* () {
      const { delivered, faults, table, tail } = yield* makeWorld()
      yield* whileFollowing(
        tail({ from: "latest" }),
        Effect.gen(function* () {
          yield* advance("1 second")
          faults.request = (operation) => (operation === "GetRecords" ? new Unavailable() : undefined)
          yield* putOrders(table, 0, 5)
          yield* advance("20 minutes")
          faults.request = () => undefined
          yield* advance("1 minute")
        })
      )
      assert.deepStrictEqual(delivered, (yield* inStream(table)).flat())
    })
  )
})

describe("what ends the following", () => {
  it.effect("refused credentials, and the error says so", () =>
    Effect.gen(function* () {
      const { faults, tail } = yield* makeWorld()
      faults.request = (operation) => (operation === "GetRecords" ? new Refused() : undefined)
      const error = yield* Effect.flip(toEnd(tail()))
      assert.strictEqual(typeof error === "string" ? error : error._tag, "StreamApiError")
    })
  )

  it.effect("a failed delivery that stopOn names, unacknowledged", () =>
    Effect.gen(function* () {
      const { faults, table, tail, world } = yield* makeWorld()
      yield* putOrders(table, 0, 1)
      faults.deliver = () => "misconfigured"
      assert.strictEqual(
        yield* Effect.flip(toEnd(tail({ stopOn: (error) => error === "misconfigured" }))),
        "misconfigured"
      )
      assert.deepStrictEqual(Object.values(Option.getOrThrow(world.checkpoint).shards), [begun])
    })
  )

  it.effect("a stop saves what was acknowledged, at once", () =>
    Effect.gen(function* () {
      const { delivered, faults, table, tail, world } = yield* makeWorld()
      yield* putOrders(table, 0, 5)
      faults.save = () => "busy"
      yield* whileFollowing(
        tail(),
        Effect.andThen(
          advance("1 second"),
          Effect.sync(() => {
            faults.save = () => undefined
          })
        )
      )
      assert.deepStrictEqual(Object.values(Option.getOrThrow(world.checkpoint).shards), [delivered.at(-1)])
    })
  )
})

describe("a table that cannot be followed is refused at the start, in a sentence", () => {
  it.effect.each([
    ["KEYS_ONLY", /^StreamTailError: the stream of table shop has the view type KEYS_ONLY/],
    ["OLD_IMAGE", /view type OLD_IMAGE, .*switch it off and on again/],
    ["none", /has no enabled stream; enable one .*--table-name shop --stream-spec/]
  ] as const)("%s", ([stream, message]) =>
    Effect.gen(function* () {
      const { tail } = yield* makeWorld({ tableName: "shop", stream })
      assert.match(String(yield* Effect.flip(tail())), message)
    })
  )

  it.effect("a stream that is switched off", () =>
    Effect.gen(function* () {
      const { table, tail } = yield* makeWorld()
      yield* table.disableStream
      assert.match(String(yield* Effect.flip(tail())), /no enabled stream/)
    })
  )

  it.effect("key names that are not the definition's, also where the table was made anew with others", () =>
    Effect.gen(function* () {
      const keys = { partitionKey: "PK", sortKey: "sk" }
      const { tail } = yield* makeWorld({ tableName: "shop" })
      const wrong = /^StreamTailError: the table shop has the keys PK, SK; the definition has the keys PK, sk; correct /
      assert.match(String(yield* Effect.flip(tail({ keys }))), wrong)

      const other = yield* makeWorld({ tableName: "shop", sortKey: "sk" })
      const { table } = yield* makeWorld({ tableName: "shop" })
      const fiber = yield* Effect.forkChild(Effect.flip(other.tail({ keys })))
      yield* advance("1 second")
      yield* table.replaceStream()
      Object.assign(other.table.streamApi, { findStream: table.streamApi.findStream })
      yield* other.table.disableStream
      yield* advance("1 minute")
      assert.match(String(yield* Fiber.join(fiber)), wrong)
    })
  )

  it.effect("a checkpoint of another table", () =>
    Effect.gen(function* () {
      const { tail, world } = yield* makeWorld()
      const streamArn = "arn:aws:dynamodb:memory:000000000000:table/other/stream/2026-01-01T00:00:00.000"
      world.checkpoint = Option.some(nothingRead(streamArn))
      assert.match(String(yield* Effect.flip(tail())), /belongs to .*table\/other.*not to .*table\/table/)
    })
  )

  it.effect("a table that is not there, and one that does not answer for six attempts", () =>
    Effect.gen(function* () {
      const { faults, tail } = yield* makeWorld()
      assert.match(String(yield* Effect.flip(tail({ tableName: "nowhere" }))), /DescribeTable of nowhere/)
      let attempts = 0
      faults.request = () => {
        attempts++
        return new Unavailable()
      }
      yield* Effect.flip(toEnd(tail()))
      assert.strictEqual(attempts, 6)
    })
  )
})
