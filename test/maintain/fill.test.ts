/** A part of a fill and its time: it goes on where it was, waits while OpenSearch is busy, and fails if nothing settles. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import * as Fill from "../../src/maintain/Fill.ts"
import { stateOf } from "../simulate/state.ts"
import { withTimePassing } from "../simulate/withTimePassing.ts"
import * as Shop from "./shop.ts"
import { makeWorld, visible } from "./world.ts"

const orders = 12

/** A world whose server takes so many bulks, refuses as many as are told then, and takes all others. */
const make = Effect.fnUntraced(function* (taken: number, refused: number) {
  let [bulks, isOver] = [0, false]
  const world = yield* makeWorld({
    table: { pageRowsMax: 4 },
    intercept: (request, next) => {
      const isRefused = request.path.includes("/_bulk") && ++bulks > taken && bulks <= taken + refused && !isOver
      return isRefused ? Effect.succeed({ status: 429, text: "busy" }) : next
    }
  })
  // So that what was read is written before more is there.
  world.api.scan = (place) => Effect.delay(world.table.scanApi.scan(place), "1 second")
  for (let n = 0; n < orders; n++) {
    yield* world.table.put(Shop.details(n, "Ada"))
    for (let i = 1; i <= 3; i++) yield* world.table.put(Shop.item(n, i, i))
  }
  const part = (plan: Fill.Plan, options: Fill.Options = {}) =>
    withTimePassing(Fill.part(Shop.table, plan, Fill.segment(plan, { segment: 0, segments: 1 }), options))
  return { world, part, open: () => void (isOver = true) }
})

const begin = (tableName: string) => Fill.begin(Shop.table, tableName, undefined)

const time = Duration.seconds(20)

describe("a part", () => {
  it.effect("whose time is up before all is settled goes on where it was", () =>
    Effect.gen(function* () {
      const { open, part, world } = yield* make(4, Number.POSITIVE_INFINITY)
      yield* Effect.gen(function* () {
        const plan = yield* begin(world.table.tableName)
        const first = yield* part(plan, { time })
        assert.isObject(first.at)
        assert.isAbove(first.rows, 0)
        assert.isBelow(first.rows, 4 * orders)
        open()
        const rest = yield* part(plan, { from: first.at, time })
        assert.deepInclude(rest, { at: "finished", rows: 4 * orders - first.rows })
        assert.deepStrictEqual(visible(world.server, Shop.index), yield* Shop.expected(world.table))
        assert.isFalse(stateOf(world.server, Shop.index).filled)
        yield* Fill.end(Shop.table, plan)
        assert.isTrue(stateOf(world.server, Shop.index).filled)
      }).pipe(Effect.provide(world.layer))
    })
  )

  it.effect("waits while OpenSearch answers 429, and loses nothing", () =>
    Effect.gen(function* () {
      const { part, world } = yield* make(1, 300)
      yield* Effect.gen(function* () {
        const plan = yield* begin(world.table.tableName)
        assert.deepInclude(yield* part(plan), { at: "finished", rows: 4 * orders, refused: 0 })
        assert.deepStrictEqual(visible(world.server, Shop.index), yield* Shop.expected(world.table))
      }).pipe(Effect.provide(world.layer))
    })
  )

  it.effect("of which nothing is settled in its time fails, so that it is tried again later", () =>
    Effect.gen(function* () {
      const { part, world } = yield* make(1, Number.POSITIVE_INFINITY)
      yield* Effect.gen(function* () {
        const plan = yield* begin(world.table.tableName)
        const error = yield* Effect.flip(part(plan, { time }))
        assert.strictEqual(error._tag, "FillTooSlow")
      }).pipe(Effect.provide(world.layer))
    })
  )
})
