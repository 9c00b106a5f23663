/** Documents that can't be read: left alone by writers, and made anew from the table by a repair. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import { explain } from "../../src/maintain/explain.ts"
import { inspect } from "../../src/maintain/inspect.ts"
import { status } from "../../src/generation/status.ts"
import { type Options, verify } from "../../src/maintain/verify.ts"
import * as Shape from "../../src/define/Shape.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import type { ReadRecord } from "../../src/source/record/streamRecord.ts"
import * as shop from "./shop.ts"
import { makeWorld, stored, visible, type World } from "./world.ts"

const { details, index, item, keysOf, table } = shop
const all = Number.POSITIVE_INFINITY

const check = (world: World, options: Partial<Options> = {}) =>
  verify(table, { tableName: world.table.tableName, settle: 0, ...options })

const deliver = (records: ReadonlyArray<ReadRecord>) => Pipeline.deliver(table, records)

const damages: { readonly [name: string]: (source: any) => unknown } = {
  "no sync state": () => ({ customer: "by hand" }),
  "a sync state that is no object": ({ customer }) => ({ customer, _sync: "x" }),
  "a format that is none": (source) => ({ ...source, _sync: { ...source._sync, format: "one" } }),
  "versions cut off": (source) => ({ ...source, _sync: { ...source._sync, versions: "0..0" } }),
  "an element less": (source) => ({ ...source, items: source.items.slice(1) }),
  "rows of another kind": (source) => ({ ...source, _sync: { ...source._sync, rows: [["others", ["x"]]] } })
}

/** Order 1 has items 1 to 3, of which the second was removed. Gives the world and all of the stream's records. */
const makeShop = Effect.gen(function* () {
  const world = yield* makeWorld()
  yield* world.table.put(details(1, "Ada"))
  for (let i = 1; i <= 3; i++) yield* world.table.put(item(1, i, i))
  yield* world.table.remove(keysOf(item(1, 2, 0)))
  const past = yield* world.take(all)
  yield* Effect.provide(deliver(past), world.layer)
  yield* TestClock.adjust("1 minute")
  return { world, past }
})

const agrees = Effect.fnUntraced(function* (world: World) {
  assert.deepEqual(visible(world.server, index), yield* shop.expected(world.table))
})

describe("a document that can't be read", () => {
  it.effect.each(Object.keys(damages))("%s: holds its changes up with the next step, and is made anew", (name) =>
    Effect.gen(function* () {
      const { world } = yield* makeShop
      shop.spoil(world.server, "1", damages[name]!)
      yield* Effect.gen(function* () {
        yield* world.table.put(item(1, 3, 9))
        const late = yield* world.take(all)
        const { unacknowledged } = yield* deliver(late)
        assert.match(unacknowledged[0]!.reason, /; `tablefold verify --repair` makes it anew from the table$/)
        assert.deepInclude(yield* check(world), { drift: 1, repaired: 0 })
        const report = yield* check(world, { isRepairing: true })
        assert.deepInclude(report, { drift: 1, repaired: 1 })
        assert.strictEqual(report.named[0]!.kind, "unreadable document")
        yield* agrees(world)
        assert.deepInclude(yield* check(world), { drift: 0, restless: 0 })
        assert.deepStrictEqual((yield* deliver(late)).unacknowledged, [])
        yield* world.table.put(item(1, 4, 4))
        yield* world.table.remove(keysOf(item(1, 1, 1)))
        yield* deliver(yield* world.take(all))
        yield* agrees(world)
      }).pipe(Effect.provide(world.layer))
    })
  )

  it.effect("of a newer version is left alone by a repair, and says which step that takes", () =>
    Effect.gen(function* () {
      const { world } = yield* makeShop
      shop.spoil(world.server, "1", (source) => ({ ...source, _sync: { ...source._sync, format: 2 } }))
      const before = stored(world.server, index)
      const report = yield* Effect.provide(check(world, { isRepairing: true }), world.layer)
      assert.deepInclude(report, { drift: 1, repaired: 0 })
      assert.match(report.named[0]!.reason!, /deploy the newer version$/)
      assert.deepEqual(stored(world.server, index), before)
    })
  )

  it.effect("of which the table has no row shows nothing after a repair", () =>
    Effect.gen(function* () {
      const { world } = yield* makeShop
      shop.spoil(world.server, "1", () => ({ customer: "by hand", _sync: { live: true } }), "7")
      const report = yield* Effect.provide(check(world, { isRepairing: true }), world.layer)
      assert.deepInclude(report, { drift: 1, repaired: 1 })
      assert.deepStrictEqual(Object.keys(stored(world.server, index).get("7")), ["_sync"])
      yield* agrees(world)
    })
  )

  it.effect("whose id is the hash of a key that no row tells is left, with a reason", () =>
    Effect.gen(function* () {
      const { world } = yield* makeShop
      const id = `sha256-${"0".repeat(64)}`
      shop.spoil(world.server, "1", () => ({ customer: "by hand" }), id)
      const report = yield* Effect.provide(check(world, { isRepairing: true }), world.layer)
      assert.deepInclude(report, { drift: 1, repaired: 0 })
      assert.match(report.named[0]!.reason!, /deleted by hand/)
      assert.deepEqual(stored(world.server, index).get(id), { customer: "by hand" })
    })
  )

  it.effect("with a long key is found by its rows and made anew", () =>
    Effect.gen(function* () {
      const { world } = yield* makeShop
      const root = { ...details(1, "Ada"), PK: { S: `ORDER#${"x".repeat(600)}` } }
      yield* world.table.put(root)
      yield* Effect.gen(function* () {
        yield* deliver(yield* world.take(all))
        const id = [...stored(world.server, index).keys()].find((id) => id.startsWith("sha256-"))!
        shop.spoil(world.server, id, () => ({ customer: "by hand" }))
        assert.deepInclude(yield* check(world, { isRepairing: true }), { drift: 1, repaired: 1 })
        assert.deepInclude(yield* check(world), { drift: 0 })
        assert.strictEqual(stored(world.server, index).get(id)._sync.key, root.PK.S)
      }).pipe(Effect.provide(world.layer))
    })
  )

  it.effect("that somebody wrote after it was looked at is left for the next verification", () =>
    Effect.gen(function* () {
      const { world } = yield* makeShop
      shop.spoil(world.server, "1", () => ({ customer: "by hand" }))
      const { query } = world.api
      let queries = 0
      world.api.query = (partition) =>
        Effect.suspend(() => {
          queries++
          shop.spoil(world.server, "1", () => ({ customer: "by another hand" }))
          return query(partition)
        })
      const report = yield* Effect.provide(check(world, { isRepairing: true }), world.layer)
      assert.deepInclude(report, { drift: 1, repaired: 0 })
      assert.strictEqual(report.named[0]!.repair, "unsettled")
      assert.deepEqual(stored(world.server, index).get("1"), { customer: "by another hand" })
      assert.strictEqual(queries, 2)
    })
  )

  it.effect("has a row that the definition refuses: it is made anew without it, with a mark", () =>
    Effect.gen(function* () {
      const { world } = yield* makeShop
      yield* world.table.put({ ...item(1, 3, 3), quantity: { S: "many" } })
      yield* world.take(all)
      shop.spoil(world.server, "1", () => ({ customer: "by hand" }))
      const report = yield* Effect.provide(check(world, { isRepairing: true }), world.layer)
      assert.deepInclude(report, { drift: 1, repaired: 1 })
      assert.deepInclude(report.counts, { refused: 1, "unreadable document": 1 })
      const { _sync: sync, ...fields } = stored(world.server, index).get("1")
      assert.deepEqual(fields.items, [{ quantity: 1 }])
      assert.deepEqual(sync.refused.rows, ["ITEM#3"])
    })
  )

  it.effect("is counted by status, and explained with what a repair would do", () =>
    Effect.gen(function* () {
      const { world } = yield* makeShop
      shop.spoil(world.server, "1", () => ({ customer: "by hand" }))
      world.server.indices.get(index)!.refreshed = new Map(world.server.indices.get(index)!.documents)
      yield* Effect.gen(function* () {
        const [{ generations }] = (yield* status(table, { aliasPrefix: "", isExact: true })) as any
        assert.deepInclude(generations[0].documents, { unreadable: 1, waiting: 0, removed: 0 })
        const candidate = { shape: Shape.of(shop.Order), id: "1", longKey: undefined }
        const [inspected] = yield* inspect(table, world.table.tableName, [candidate])
        const explained = explain(inspected!)
        assert.strictEqual(explained.document, "unreadable")
        assert.match(explained.rows[0]!.repair!, /^write it under a scan at/)
      }).pipe(Effect.provide(world.layer))
    })
  )
})

const upTo = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))

describe("a document made anew", () => {
  it.effect.prop(
    "has no row again that was removed before, whichever records come again, in any order and grouping",
    [
      Schema.Array(Schema.Struct({ record: upTo(4), count: upTo(3) })).check(
        Schema.isMinLength(1),
        Schema.isMaxLength(8)
      )
    ],
    ([steps]) =>
      Effect.gen(function* () {
        const { past, world } = yield* makeShop
        shop.spoil(world.server, "1", () => ({ customer: "by hand" }))
        yield* Effect.gen(function* () {
          yield* check(world, { isRepairing: true })
          for (const { count, record } of steps) {
            const some = past.slice(record, record + count + 1)
            const { unacknowledged } = yield* deliver(some)
            const open = unacknowledged.map((one) => Result.getOrThrow(some[one.index]!).keys["SK"])
            for (const sort of open) assert.deepEqual(sort, { S: "ITEM#2" })
            yield* agrees(world)
          }
          yield* deliver(past)
          yield* agrees(world)
        }).pipe(Effect.provide(world.layer))
      }),
    { arbitrary: { runs: 100 } }
  )

  it.effect("takes all that comes after it, and all again when its generation remembers no older removals", () =>
    Effect.gen(function* () {
      const { past, world } = yield* makeShop
      shop.spoil(world.server, "1", () => ({ customer: "by hand" }))
      yield* Effect.gen(function* () {
        yield* check(world, { isRepairing: true })
        yield* world.table.put(item(1, 2, 7))
        assert.deepStrictEqual((yield* deliver(yield* world.take(all))).unacknowledged, [])
        yield* agrees(world)
        assert.property(stored(world.server, index).get("1")._sync, "anew")
        yield* TestClock.adjust("32 days")
        yield* world.table.put(item(1, 5, 5))
        assert.deepStrictEqual((yield* deliver(yield* world.take(all))).unacknowledged, [])
        assert.notProperty(stored(world.server, index).get("1")._sync, "anew")
        assert.match((yield* deliver(past)).unacknowledged.map(({ reason }) => reason).join(), /^$/)
        yield* agrees(world)
      }).pipe(Effect.provide(world.layer))
    })
  )
})
