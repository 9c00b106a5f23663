/** Rows that change while they are verified: those that the stream follows, and those of which it says nothing. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { verify } from "../../src/maintain/verify.ts"
import * as shop from "./shop.ts"
import { deliver, makeWorld } from "./world.ts"

const { details, item, table } = shop
const all = Number.POSITIVE_INFINITY

/** One order, and a second one of which a row changes before each look at it; `follow` is what the stream does then. */
const moving = Effect.fnUntraced(function* (
  follow: (value: number, told: Effect.Effect<void, unknown>) => Effect.Effect<void, unknown>
) {
  const world = yield* makeWorld({ table: { pageRowsMax: 2 } })
  for (let n = 1; n <= 2; n++) {
    yield* world.table.put(details(n, "Ada"))
    yield* world.table.put(item(n, 1, 0))
  }
  const told = Effect.suspend(() => Effect.flatMap(world.take(all), (records) => deliver(table, records))).pipe(
    Effect.provide(world.layer)
  )
  yield* told
  let value = 0
  const change = Effect.suspend(() => world.table.put(item(2, 1, ++value)))
  yield* change
  const { query } = world.api
  world.api.query = (partition) =>
    Effect.andThen(Effect.orDie(Effect.andThen(follow(value, told), change)), query(partition))
  return yield* Effect.provide(verify(table, { tableName: world.table.tableName, settle: 0 }), world.layer)
})

describe("a row that changes before each look", () => {
  it.effect("counts as followed where the stream comes after it", () =>
    Effect.gen(function* () {
      const report = yield* moving((_, told) => told)
      assert.deepInclude(report, { drift: 0, followed: 1, restless: 0, restlessNamed: [] })
    })
  )

  it.effect("counts as followed where the stream is slower than the looks", () =>
    Effect.gen(function* () {
      const report = yield* moving((value, told) => (value % 3 === 0 ? told : Effect.void))
      assert.deepInclude(report, { drift: 0, followed: 1, restless: 0 })
    })
  )

  it.effect("is named where the stream says nothing of it", () =>
    Effect.gen(function* () {
      const report = yield* moving(() => Effect.void)
      assert.deepInclude(report, { drift: 0, followed: 0, restless: 1, restlessNamed: ["orders ORDER#2"] })
    })
  )

  it.effect("and rests, its last change lost, is drift", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      yield* world.table.put(details(1, "Ada"))
      yield* Effect.gen(function* () {
        yield* deliver(table, yield* world.take(all))
        yield* world.table.put(details(1, "Lin"))
        const { query } = world.api
        let looks = 0
        world.api.query = (partition) =>
          Effect.andThen(
            Effect.suspend(() => (looks++ === 0 ? Effect.orDie(lateChanges) : Effect.void)),
            query(partition)
          )
        const lateChanges = Effect.gen(function* () {
          yield* deliver(table, yield* world.take(all))
          yield* world.table.put(details(1, "Zoe"))
          yield* world.take(all)
        }).pipe(Effect.provide(world.layer))
        const report = yield* verify(table, { tableName: world.table.tableName, settle: 0 })
        assert.deepInclude(report, { drift: 1, followed: 0, restless: 0 })
      }).pipe(Effect.provide(world.layer))
    })
  )
})
