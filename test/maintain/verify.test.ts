/** Every kind of drift planted by itself is found by its name, and put right; what is no drift is not called so. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { backfill } from "../../src/maintain/backfill.ts"
import { type Options, verify } from "../../src/maintain/verify.ts"
import type { Kind } from "../../src/maintain/compare.ts"
import { rowBytes } from "../../src/source/rowBytes.ts"
import * as shop from "./shop.ts"
import { deliver, makeWorld, visible, type World } from "./world.ts"

const { details, index, item, keysOf, table } = shop
const all = Number.POSITIVE_INFINITY

const check = (world: World, options: Partial<Options> = {}) =>
  verify(table, { tableName: world.table.tableName, settle: 0, ...options })

/** Three orders with two items each, delivered by the stream. */
const makeShop = Effect.fnUntraced(function* () {
  const world = yield* makeWorld({ table: { pageRowsMax: 2 } })
  for (let n = 1; n <= 3; n++) {
    yield* world.table.put(details(n, "Ada"))
    for (let i = 1; i <= 2; i++) yield* world.table.put(item(n, i, n))
  }
  yield* deliver(table, yield* world.take(all)).pipe(Effect.provide(world.layer))
  return world
})

const agrees = Effect.fnUntraced(function* (world: World) {
  assert.deepEqual(visible(world.server, index), yield* shop.expected(world.table))
})

interface Fault {
  readonly kind: Kind
  readonly fields?: ReadonlyArray<string>
  readonly key?: string
  readonly plant: (world: World) => Effect.Effect<void>
}

const lose = (change: (world: World) => Effect.Effect<void>) => (world: World) =>
  Effect.andThen(change(world), Effect.asVoid(world.take(all)))

const faults: { readonly [name: string]: Fault } = {
  "a document that is gone": {
    kind: "missing row",
    plant: ({ server }) => Effect.sync(() => shop.spoil(server, "2", () => undefined))
  },
  "a new row that the stream lost": {
    kind: "missing row",
    key: "ORDER#2 / ITEM#7",
    plant: lose(({ table }) => table.put(item(2, 7, 1)))
  },
  "a change that the stream lost": {
    kind: "wrong row",
    fields: ["items.quantity"],
    key: "ORDER#2 / ITEM#1",
    plant: lose(({ table }) => table.put(item(2, 1, 9)))
  },
  "a change of the root that the stream lost": {
    kind: "wrong row",
    fields: ["customer"],
    plant: lose(({ table }) => table.put(details(2, "Lin")))
  },
  "a removal that the stream lost": {
    kind: "ghost row",
    key: "ORDER#2 / ITEM#1",
    plant: lose(({ table }) => table.remove(keysOf(item(2, 1, 1))))
  },
  "a whole order removed unseen": {
    kind: "ghost document",
    key: "ORDER#2",
    plant: lose(({ table }) =>
      Effect.forEach([details(2, ""), item(2, 1, 1), item(2, 2, 1)], (row) => table.remove(keysOf(row)), {
        discard: true
      })
    )
  },
  "a document of an order that never was": {
    kind: "ghost document",
    key: "ORDER#9",
    plant: ({ server }) => Effect.sync(() => shop.spoil(server, "2", (stored) => ({ ...stored, orderId: "9" }), "9"))
  },
  "a derived field of another time": {
    kind: "stale field",
    fields: ["pieces"],
    key: "ORDER#2",
    plant: ({ server }) => Effect.sync(() => shop.spoil(server, "2", (stored) => ({ ...stored, pieces: 1 })))
  },
  "a field that somebody wrote by hand": {
    kind: "stale field",
    fields: ["colour"],
    plant: ({ server }) => Effect.sync(() => shop.spoil(server, "2", (stored) => ({ ...stored, colour: "red" })))
  },
  "an element that somebody changed by hand": {
    kind: "wrong row",
    fields: ["items.quantity"],
    plant: ({ server }) =>
      Effect.sync(() =>
        shop.spoil(server, "2", (stored) => ({
          ...stored,
          items: [{ quantity: 5 }, ...stored.items.slice(1)],
          pieces: 7
        }))
      )
  }
}

describe("verify", () => {
  it.effect("finds nothing wrong where nothing is", () =>
    Effect.gen(function* () {
      const world = yield* makeShop()
      const report = yield* Effect.provide(check(world), world.layer)
      assert.deepInclude(report, { rows: 9, documents: 3, drift: 0, candidates: 0, restless: 0, named: [] })
    })
  )

  it.effect.each(Object.keys(faults))("finds and repairs %s", (name) =>
    Effect.gen(function* () {
      const { fields, key, kind, plant } = faults[name]!
      const world = yield* makeShop()
      yield* plant(world)
      yield* Effect.gen(function* () {
        const found = yield* check(world)
        assert.isAbove(found.counts[kind], 0)
        assert.strictEqual(found.drift, found.counts[kind])
        assert.strictEqual(found.repaired, 0)
        const [first] = found.named
        if (fields !== undefined) assert.deepStrictEqual(first!.fields, fields)
        if (key !== undefined) assert.strictEqual(first!.key, key)
        const repaired = yield* check(world, { isRepairing: true })
        assert.strictEqual(repaired.repaired, found.drift)
        yield* agrees(world)
        assert.strictEqual((yield* check(world)).drift, 0)
        yield* world.table.put(item(2, 1, 77))
        yield* world.table.put(details(2, "Zoe"))
        yield* deliver(table, yield* world.take(all))
        yield* check(world, { isRepairing: true })
        yield* agrees(world)
      }).pipe(Effect.provide(world.layer))
    })
  )

  it.effect("a row that the definition refuses is no drift, and stays as it was", () =>
    Effect.gen(function* () {
      const world = yield* makeShop()
      yield* world.table.put({ ...item(2, 1, 1), quantity: { S: "many" } })
      yield* Effect.gen(function* () {
        yield* deliver(table, yield* world.take(all))
        const report = yield* check(world, { isRepairing: true })
        assert.deepInclude(report, { drift: 0, repaired: 0 })
        assert.strictEqual(report.counts.refused, 1)
        assert.match(report.named[0]!.reason!, /quantity/)
        assert.deepInclude(visible(world.server, index)["2"], { pieces: 4 })
      }).pipe(Effect.provide(world.layer))
    })
  )

  it.effect("of a partition longer than is held, ghosts are found all the same", () =>
    Effect.gen(function* () {
      const world = yield* makeShop()
      for (let i = 3; i < 20; i++) yield* world.table.put(item(1, i, 1))
      yield* deliver(table, yield* world.take(all)).pipe(Effect.provide(world.layer))
      yield* world.table.remove(keysOf(item(1, 5, 1)))
      yield* world.take(all)
      const report = yield* Effect.provide(
        check(world, { heldBytesMax: 3 * rowBytes(item(1, 1, 1)), segments: 1 }),
        world.layer
      )
      assert.deepInclude(report, { drift: 1, candidates: 1 })
      assert.strictEqual(report.counts["ghost row"], 1)
    })
  )

  it.effect("beside a writer whose stream comes within the time to settle there is no false alarm", () =>
    Effect.gen(function* () {
      const world = yield* makeShop()
      yield* Effect.gen(function* () {
        yield* backfill(table, { tableName: world.table.tableName })
        const checking = yield* Effect.forkChild(check(world, { settle: "10 seconds", isRepairing: true }))
        for (let second = 0; second < 200 && checking.pollUnsafe() === undefined; second++) {
          const n = 1 + (second % 4)
          if (second % 3 === 0) yield* world.table.put(item(n, second % 5, second))
          else if (second % 5 === 1) yield* world.table.remove(keysOf(item(n, second % 4, 0)))
          else if (second % 7 === 2) yield* world.table.remove(keysOf(details(n, "")))
          else yield* world.table.put(details(n, `at ${second}`))
          if (second % 5 === 4) yield* deliver(table, yield* world.take(all))
          yield* TestClock.adjust("1 second")
        }
        const report = yield* Fiber.join(checking)
        assert.deepInclude(report, { drift: 0, repaired: 0 })
        assert.isAbove(report.candidates, 0)
      }).pipe(Effect.provide(world.layer))
    })
  )
})
