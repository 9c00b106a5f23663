/**
 * A tail under TestClock against a table in memory: what it must do when a process stops, requests fail, shards split
 * and streams are replaced. Each test is a kind of fault, tried on the smallest world that shows it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option } from "effect"
import { finished } from "../../src/source/Checkpoints.ts"
import { IteratorExpired, Refused, ShardGone, StreamGone, Throttled, Unavailable } from "../../src/source/StreamApi.ts"
import type { Progress } from "../../src/source/Progress.ts"
import { advance, inStream, makeWorld, order, putOrders, toEnd, whileFollowing } from "./tailWorld.ts"

const holes = (progress: ReadonlyArray<Progress>) => progress.flatMap((p) => (p._tag === "Hole" ? [p.message] : []))
const tags = (progress: ReadonlyArray<Progress>, tag: Progress["_tag"]) => progress.filter(({ _tag }) => _tag === tag)
const once = { until: "caught-up" } as const

describe("a restart", () => {
  it.effect("case 13: reads again at most what was not acknowledged", () =>
    Effect.gen(function* () {
      const { delivered, faults, table, tail, world } = yield* makeWorld({ recordsMax: 100 })
      yield* putOrders(table, 0, 1000)
      faults.deliver = () => (delivered.length >= 900 ? "the index is away" : undefined)
      yield* whileFollowing(tail(), advance("1 minute"))
      assert.strictEqual(delivered.length, 900)
      faults.deliver = () => undefined
      yield* toEnd(tail(once))
      assert.deepStrictEqual(delivered, (yield* inStream(table)).flat())
      assert.deepStrictEqual(
        tags(world.progress, "ShardStarted").map((p) => ("after" in p ? p.after : "")),
        [undefined, delivered[899]]
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
      assert.deepStrictEqual(Option.getOrThrow(world.checkpoint).shards, {})
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

describe("records trimmed before they were read", () => {
  it.effect("are a hole that is told once, and reading goes on at the oldest record", () =>
    Effect.gen(function* () {
      const { asked, delivered, table, tail, world } = yield* makeWorld()
      yield* putOrders(table, 0, 5)
      yield* toEnd(tail(once))
      yield* putOrders(table, 5, 5)
      yield* table.trim()
      yield* putOrders(table, 10, 5)
      yield* toEnd(tail(once))
      assert.deepStrictEqual(asked, ["TrimHorizon", "TrimHorizon"])
      assert.strictEqual(holes(world.progress).length, 1)
      assert.match(holes(world.progress)[0] ?? "", /trimmed before they were read.*run a verify or a backfill/)
      assert.deepStrictEqual(delivered.slice(5), (yield* inStream(table)).flat())
    })
  )

  it.effect("with their whole shard are a hole too", () =>
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
      assert.strictEqual(holes(world.progress).length, 1)
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
        holes(world.progress).join("\n"),
        /^the stream of table table is a new one .* may be missing; run a verify/
      )
      assert.deepStrictEqual(delivered.slice(5), (yield* inStream(table)).flat())
      assert.deepStrictEqual(asked, ["TrimHorizon", "TrimHorizon"])
      yield* toEnd(tail(once))
      assert.strictEqual(holes(world.progress).length, 1)
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
      assert.isAtLeast(holes(world.progress).length, 1)
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
      assert.strictEqual(holes(world.progress).length, 1)
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
      assert.strictEqual(holes(world.progress).length, 1)
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

  it.effect("had no images: its records are passed over, and told as a hole", () =>
    Effect.gen(function* () {
      const { delivered, table, tail, world } = yield* makeWorld({ stream: "KEYS_ONLY" })
      const { latest } = yield* table.streamApi.findStream(table.tableName)
      world.checkpoint = Option.some({ streamArn: latest?.streamArn ?? "", shards: {} })
      yield* putOrders(table, 0, 5)
      yield* table.replaceStream("NEW_IMAGE")
      yield* putOrders(table, 5, 5)
      yield* toEnd(tail(once))
      assert.deepStrictEqual(delivered, (yield* inStream(table)).flat())
      assert.strictEqual(holes(world.progress).length, 1)
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

  it.effect("a checkpoint of another table", () =>
    Effect.gen(function* () {
      const { tail, world } = yield* makeWorld()
      const streamArn = "arn:aws:dynamodb:memory:000000000000:table/other/stream/2026-01-01T00:00:00.000"
      world.checkpoint = Option.some({ streamArn, shards: {} })
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
