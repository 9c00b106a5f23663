/** Runs of proof go round, find every kind of drift, and call nothing wrong that the stream may still make right. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { type Options, prove, type Report } from "../../src/maintain/prove.ts"
import * as following from "../../src/pipeline/following.ts"
import * as shop from "./shop.ts"
import { deliver, makeWorld, visible, type World } from "./world.ts"

const { details, index, item, keysOf, table } = shop
const all = Number.POSITIVE_INFINITY
const orders = 8

const makeShop = Effect.fnUntraced(function* () {
  const world = yield* makeWorld({ table: { pageRowsMax: 2 } })
  for (let n = 1; n <= orders; n++) {
    yield* world.table.put(details(n, "Ada"))
    for (let i = 1; i <= 2; i++) yield* world.table.put(item(n, i, n))
  }
  yield* deliver(table, yield* world.take(all)).pipe(Effect.provide(world.layer))
  return world
})

/** One run, with the waits in it. */
const run = Effect.fnUntraced(function* (world: World, options: Partial<Options> = {}) {
  const made = prove(table, { tableName: world.table.tableName, time: "1 hour", ...options })
  const running = yield* Effect.forkChild(Effect.provide(made, world.layer))
  while (running.pollUnsafe() === undefined) yield* TestClock.adjust("10 seconds")
  return yield* Fiber.join(running)
})

/** Runs until a round is through. */
const round = Effect.fnUntraced(function* (world: World, options: Partial<Options> = {}) {
  for (let runs = 0; runs < 500; runs++) {
    const report = yield* run(world, options)
    if (report.isResting) return report
    yield* TestClock.adjust("4 minutes")
  }
  return assert.fail("a round does not end")
})

/** Somebody follows the stream for a time. */
const follow = Effect.fnUntraced(function* (world: World, minutes: number) {
  for (let i = 0; i < minutes; i++) {
    yield* TestClock.adjust("1 minute")
    yield* Effect.provide(following.report(table, { tableArn: world.table.tableArn }), world.layer)
  }
})

const lose = (change: (world: World) => Effect.Effect<void>) => (world: World) =>
  Effect.andThen(change(world), Effect.asVoid(world.take(all)))
const spoiling = (id: string, change: (source: any) => unknown, as?: string) => (world: World) =>
  Effect.sync(() => shop.spoil(world.server, id, change, as))

const faults: { readonly [name: string]: readonly [kinds: string, (world: World) => Effect.Effect<void>] } = {
  "a document that is gone": ["missing row", spoiling("2", () => undefined)],
  "a new row that the stream lost": ["missing row", lose(({ table }) => table.put(item(2, 7, 1)))],
  "a change that the stream lost": ["wrong row", lose(({ table }) => table.put(item(2, 1, 9)))],
  "a removal that the stream lost": ["ghost row", lose(({ table }) => table.remove(keysOf(item(2, 1, 0))))],
  "a document edited by hand": ["stale field", spoiling("2", (source) => ({ ...source, pieces: 99 }))],
  "a document made by hand": ["unreadable document", spoiling("2", () => ({ orderId: "2000" }), "2000")],
  "a document that can't be read": ["unreadable document", spoiling("2", () => "{}")],
  "an order whose removal the stream lost": [
    "ghost document",
    lose(({ table }) =>
      Effect.forEach([details(2, ""), item(2, 1, 0), item(2, 2, 0)], (row) => table.remove(keysOf(row)), {
        discard: true
      })
    )
  ]
}

const only = (report: Report) => report.aggregates[0]!
const kindsIn = (differences: Report["aggregates"][0]["wrong"]) => differences.map(({ kinds }) => kinds.join())
const budgets: ReadonlyArray<Partial<Options>> = [{}, { unitsMax: 3 }, { unitsMax: 10 }]

describe("prove", () => {
  for (const unitsMax of [1, 7, 20_000]) {
    it.effect(`goes round with ${unitsMax} read units a run, and says that all is right, and since when`, () =>
      Effect.gen(function* () {
        const world = yield* makeShop()
        const first = yield* run(world, { unitsMax })
        assert.strictEqual(only(first).isWhole, unitsMax === 20_000)
        const report = yield* round(world, { unitsMax })
        assert.deepInclude(only(report), { isWhole: true, documents: orders, wrong: [], waiting: [], refused: 0 })
        const before = only(report).provenAt
        yield* TestClock.adjust("1 day")
        const later = yield* run(world, { unitsMax })
        assert.isAtLeast(only(later).provenAt, before)
        assert.isAbove(only(yield* round(world, { unitsMax })).provenAt, before)
        assert.deepEqual(visible(world.server, index), yield* shop.expected(world.table))
      })
    )
  }

  it.effect("reads no more than its budget but for the last page", () =>
    Effect.gen(function* () {
      const world = yield* makeShop()
      for (let i = 0; i < 5; i++) assert.isAtMost((yield* run(world, { unitsMax: 5 })).units, 5 + 3)
    })
  )

  for (const [name, [kinds, plant]] of Object.entries(faults)) {
    it.effect(`finds ${name} within a round, and calls it wrong once the stream was seen past it`, () =>
      Effect.gen(function* () {
        const world = yield* makeShop()
        yield* round(world)
        yield* plant(world)
        yield* TestClock.adjust("1 day")
        const found = yield* round(world, budgets[1])
        assert.deepStrictEqual([kindsIn(only(found).wrong), kindsIn(only(found).waiting)], [[], [kinds]])
        yield* TestClock.adjust("20 hours")
        assert.strictEqual(only(yield* run(world)).wrong.length, 0, "nobody follows the stream")
        yield* follow(world, 10)
        const judged = yield* run(world)
        assert.deepStrictEqual([kindsIn(only(judged).wrong), kindsIn(only(judged).waiting)], [[kinds], []])
        const repaired = yield* run(world, { repairsMax: 1 })
        assert.deepInclude(only(repaired), { wrong: [], waiting: [] })
        assert.strictEqual(repaired.repaired, 1)
        yield* TestClock.adjust("1 day")
        assert.deepInclude(only(yield* round(world)), { wrong: [], waiting: [] })
        assert.deepEqual(visible(world.server, index), yield* shop.expected(world.table))
      })
    )
  }

  it.effect("repairs nothing where more are wrong than it may repair", () =>
    Effect.gen(function* () {
      const world = yield* makeShop()
      for (const id of ["1", "2", "3"]) yield* spoiling(id, () => undefined)(world)
      yield* round(world)
      yield* TestClock.adjust("26 hours")
      yield* run(world, { repairsMax: 2 })
      const report = yield* run(world, { repairsMax: 2 })
      assert.strictEqual(only(report).wrong.length, 3)
      assert.strictEqual((yield* run(world, { repairsMax: 3 })).repaired, 3)
    })
  )

  it.effect("waits for a change that the stream still has, however long that takes, and then forgets it", () =>
    Effect.gen(function* () {
      const world = yield* makeShop()
      yield* world.table.put(item(2, 1, 9))
      const late = yield* world.take(all)
      assert.deepStrictEqual(kindsIn(only(yield* round(world)).waiting), ["wrong row"])
      yield* TestClock.adjust(Duration.hours(20))
      assert.deepInclude(only(yield* run(world)), { wrong: [] })
      yield* deliver(table, late).pipe(Effect.provide(world.layer))
      assert.deepInclude(only(yield* run(world)), { wrong: [], waiting: [] })
    })
  )
})
