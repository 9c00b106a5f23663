/**
 * A backfill that is stopped, and gone on with later. Rows are changed and removed meanwhile; a reader of the stream
 * that begins after the backfill has the records of one day. However long the pause, the documents are then those of
 * the table, but for removed rows of which the report says that a verification is due.
 */
import { assert, it } from "@effect/vitest"
import { Duration, Effect, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import { backfill } from "../../src/maintain/backfill.ts"
import { Refused, StreamApiError } from "../../src/source/stream/StreamApi.ts"
import { deliver, makeWorld, visible, type World } from "./world.ts"

const Order = Aggregate.make("orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", { orderId: Schema.String }),
  parts: { items: Aggregate.many("ITEM#{n}", { quantity: Schema.Int }) }
})
const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Order] })

const ordersMax = 8
const rowsOf = (n: number, quantity = 1) => [
  { PK: { S: `ORDER#${n}` }, SK: { S: "DETAILS" } },
  { PK: { S: `ORDER#${n}` }, SK: { S: "ITEM#1" }, quantity: { N: String(quantity) } }
]

const fill = (world: World, said: Array<string>) =>
  backfill(table, {
    tableName: world.table.tableName,
    segments: 2,
    segmentsAtOnce: 1,
    onSaved: (sentence) => Effect.sync(() => void said.push(sentence))
  })

/** Fails for good at the page of this number, as credentials that have ended do. */
const stopAt = (world: World, page: number) => {
  let left = page
  world.api.scan = (segment) =>
    left-- > 0
      ? world.table.scanApi.scan(segment)
      : Effect.fail(new StreamApiError({ operation: "Scan", reason: new Refused(), message: "stopped" }))
}

it.effect("still says so when the scan begun anew was stopped and gone on with", () =>
  Effect.gen(function* () {
    const world = yield* makeWorld({ table: { pageRowsMax: 3 } })
    yield* Effect.gen(function* () {
      for (let n = 0; n < ordersMax; n++) for (const row of rowsOf(n)) yield* world.table.put(row)
      for (const pause of ["2 days", "1 hour"] as const) {
        stopAt(world, 3)
        yield* Effect.flip(fill(world, []))
        yield* TestClock.adjust(pause)
      }
      world.api.scan = world.table.scanApi.scan
      const { resumed, verificationDue } = yield* fill(world, [])
      assert.isNotNull(resumed)
      assert.match(verificationDue.join(), /a scan begun 2026-01-01T00:00:00.000Z wrote a part of the rows/)
    }).pipe(Effect.provide(world.layer))
  })
)

const day = Duration.toMillis("24 hours")

const upTo = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))

const History = Schema.Struct({
  stopAt: upTo(9),
  pauseHours: upTo(60),
  /** Orders changed, made or removed during the pause, and after which share of it. */
  changed: Schema.Array(upTo(ordersMax + 1)).check(Schema.isMaxLength(4)),
  removed: Schema.Array(upTo(ordersMax - 1)).check(Schema.isMaxLength(4)),
  share: Schema.Literals([0, 0.25, 0.5, 1])
})

it.effect.prop(
  "fills what the table holds, and says from when it goes on",
  [History],
  ([{ changed, pauseHours, removed, share, stopAt: page }]) =>
    Effect.gen(function* () {
      const world = yield* makeWorld({ table: { pageRowsMax: 3 } })
      yield* Effect.gen(function* () {
        for (let n = 0; n < ordersMax; n++) for (const row of rowsOf(n)) yield* world.table.put(row)
        const said: Array<string> = []
        const startedAt = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
        stopAt(world, page)
        const first = yield* Effect.result(fill(world, said))
        const isStopped = Result.isFailure(first)

        yield* TestClock.adjust(Duration.hours(pauseHours * share))
        for (const n of changed) for (const row of rowsOf(n, 2)) yield* world.table.put(row)
        for (const n of removed) for (const { PK, SK } of rowsOf(n)) yield* world.table.remove({ PK, SK })
        yield* TestClock.adjust(Duration.hours(pauseHours * (1 - share)))
        world.api.scan = world.table.scanApi.scan
        const { resumed, rows, rowsBefore, verificationDue } = yield* fill(world, said)

        const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
        const kept = (yield* world.take(Number.POSITIVE_INFINITY)).filter((record) => {
          const { origin } = Result.getOrThrow(record)
          return origin._tag === "Stream" && now - (origin.createdAt ?? 0) <= day
        })
        yield* deliver(table, kept)
        // A table that was filled before is another matter: what is gone unseen since, only a verification finds.
        if (!isStopped) return
        const held = new Map(Array.from({ length: ordersMax }, (_, n) => [n, 1]))
        for (const n of changed) held.set(n, 2)
        for (const n of removed) held.delete(n)
        const found = new Map(Object.entries(visible(world.server, "orders-000001")))
        for (const [n, quantity] of held) {
          assert.deepStrictEqual(found.get(String(n)), { orderId: String(n), items: [{ quantity }] })
          found.delete(String(n))
        }
        const isDue = /wrote a part of the rows: those removed unseen since are still there/.test(
          verificationDue.join()
        )
        assert.isTrue(found.size === 0 || (isDue && resumed === null))

        if (resumed === null) {
          assert.strictEqual(rowsBefore, 0)
          assert.strictEqual(rows, held.size * 2)
          if (said.length > 0) assert.match(said.join(), /the scan begins anew: it was begun .*, more than a day ago, /)
          assert.isTrue(said.length === 0 || pauseHours > 24)
          return
        }
        assert.isAtMost(pauseHours, 24)
        assert.deepStrictEqual([resumed.startedAt, resumed.rows], [startedAt, rowsBefore])
        const of = `${new Date(startedAt).toISOString()}: ${rowsBefore} row(s were| was) delivered before`
        assert.match(
          said.join(),
          new RegExp(`^going on with the scan begun ${of}, ${resumed.segmentsLeft} of 2 segments`)
        )
      }).pipe(Effect.provide(world.layer))
    }),
  { arbitrary: { runs: 60 } }
)
