/** A batch through the pipeline: what is written, counted, and left unacknowledged, in the order of the batch. */
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Logger, Option, Result } from "effect"
import { TestClock } from "effect/testing"
import { log } from "../../src/pipeline/log.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"

import * as DeadLetters from "../../src/sink/deadletter/DeadLetters.ts"
import * as Documents from "../../src/sink/Documents.ts"
import * as Sink from "../../src/sink/Sink.ts"
import type { Change } from "../../src/source/Change.ts"
import type { MalformedRecord } from "../../src/source/record/streamRecord.ts"
import { deliveries, document } from "../../src/testing/index.ts"
import { keys, put as changed, removed, scanned, streamArn, streamed } from "../decode/changes.ts"
import { Order, table, User } from "../definitions.ts"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import { deliver, details, fails, item } from "./orders.ts"

const quiet = Layer.mergeAll(Sink.layerMemory, Logger.layer([]))

layer(quiet)("deliver", (it) => {
  it.effect(
    "writes what it can, names what it can't in the order of the batch, and counts the rest",
    Effect.fnUntraced(function* () {
      const malformed: MalformedRecord = {
        _tag: "MalformedRecord",
        sequenceNumber: "9",
        message: "record 4 has no keys"
      }
      const { summary, unacknowledged, unclaimed } = yield* deliver(
        changed("ORDER#a", "ITEM#1", item("two"), "3"),
        changed("ORDER#a", "DETAILS", details, "2"),
        changed("LOCK#a", "LOCK", {}, "4"),
        malformed,
        changed("ORDER#a", "ITEM#2", item("2"), "1"),
        changed("USER#a", "PROFILE", { email: { N: "1" } }, "5")
      )
      assert.deepInclude(summary, { received: 6, written: 1, unchanged: 0, refused: 3, unclaimed: 1, conflicts: 0 })
      assert.deepStrictEqual(unclaimed, [{ pattern: "LOCK#{…} / LOCK", rows: 1, example: "LOCK#a / LOCK" }])
      assert.deepStrictEqual(
        unacknowledged.map(({ index, sequenceNumber }) => [index, sequenceNumber]),
        [
          [0, "3"],
          [3, "9"],
          [5, "5"]
        ]
      )
      assert.include(unacknowledged[0]!.reason, "orders ORDER#a / ITEM#1 at 3")
      assert.strictEqual(Option.getOrThrow(yield* Documents.get(Order, { orderId: "a" })).pieces, 2)
    })
  )

  it.effect(
    "case 37: a batch that comes again is unchanged, and acknowledged",
    Effect.fnUntraced(function* () {
      const batch = [
        changed("ORDER#b", "DETAILS", details, "1"),
        changed("ORDER#b", "ITEM#1", item("1"), "2"),
        removed("ORDER#b", "ITEM#2", "3")
      ]
      yield* deliver(...batch)
      const { summary, unacknowledged } = yield* deliver(...batch)
      assert.deepInclude(summary, { received: 3, written: 0, unchanged: 1, refused: 0 })
      assert.deepStrictEqual(unacknowledged, [])
    })
  )

  it.effect(
    "case 59: a removal without an image among insertions is applied",
    Effect.fnUntraced(function* () {
      const items = Array.from({ length: 99 }, (_, i) =>
        streamed("INSERT", keys("ORDER#c", `ITEM#${i}`), item("1"), String(i + 10))
      )
      const { summary, unacknowledged } = yield* deliver(
        changed("ORDER#c", "DETAILS", details, "1"),
        ...items,
        removed("ORDER#c", "ITEM#7", "500")
      )
      assert.deepInclude(summary, { received: 101, written: 1, refused: 0 })
      assert.deepStrictEqual(unacknowledged, [])
      assert.strictEqual(Option.getOrThrow(yield* Documents.get(Order, { orderId: "c" })).pieces, 98)
    })
  )

  it.effect(
    "case 62: what was refused is named by its own sequence number",
    Effect.fnUntraced(function* () {
      const all = Array.from({ length: 10 }, (_, i) =>
        changed(`ORDER#d${i}`, "ITEM#1", item(i === 6 ? "x" : "1"), String(100 + i))
      )
      const { unacknowledged } = yield* deliver(...all)
      assert.deepStrictEqual(
        unacknowledged.map(({ sequenceNumber }) => sequenceNumber),
        ["106"]
      )
    })
  )

  it.effect(
    "an empty batch is nothing",
    Effect.fnUntraced(function* () {
      const { summary, unacknowledged } = yield* deliver()
      assert.deepStrictEqual(summary, {
        received: 0,
        written: 0,
        unchanged: 0,
        conflicts: 0,
        refused: 0,
        rowsWritten: 0,
        rowsRefused: 0,
        deadLettered: 0,
        withoutDerived: 0,
        unclaimed: 0,
        delay: 0
      })
      assert.deepStrictEqual(unacknowledged, [])
    })
  )

  it.effect(
    "the delay is that of the oldest change",
    Effect.fnUntraced(function* () {
      yield* TestClock.setTime(10_000)
      const at = (createdAt: number | undefined, sequence: string): Change => {
        const change = changed("ORDER#e", `ITEM#${sequence}`, item("1"), sequence)
        return { ...change, origin: { ...change.origin, createdAt } as never }
      }
      assert.strictEqual((yield* deliver(at(9_000, "1"), at(4_000, "2"), at(undefined, "3"))).summary.delay, 6_000)
      assert.strictEqual((yield* deliver(at(undefined, "4"))).summary.delay, 0)
      assert.strictEqual((yield* deliver(at(99_000, "5"))).summary.delay, 0)
    })
  )

  it.effect(
    "records of two tables in one batch fail it, naming both",
    Effect.fnUntraced(function* () {
      const other = streamArn.replace("Shop", "Other")
      const error = yield* fails(
        deliver(
          changed("ORDER#f", "DETAILS", details, "1"),
          streamed("INSERT", keys("ORDER#f", "ITEM#1"), item("1"), "2", other)
        )
      )
      assert.strictEqual(error._tag, "SourceError")
      assert.include(error.message, "table/Shop")
      assert.include(error.message, "table/Other")
      assert.isTrue(Option.isNone(yield* Documents.get(Order, { orderId: "f" })))
    })
  )

  it.effect(
    "two streams of one table, and a scan of it, are one source",
    Effect.fnUntraced(function* () {
      const later = streamArn.replace("2026-08-01", "2026-08-02")
      const { unacknowledged } = yield* deliver(
        changed("ORDER#g", "DETAILS", details, "1"),
        streamed("INSERT", keys("ORDER#g", "ITEM#1"), item("5"), "1", later),
        scanned(keys("ORDER#g", "ITEM#1"), item("7"), Date.UTC(2026, 7, 1, 12))
      )
      assert.deepStrictEqual(unacknowledged, [])
      assert.strictEqual(Option.getOrThrow(yield* Documents.get(Order, { orderId: "g" })).pieces, 5)
    })
  )

  it.effect(
    "a stream with the wrong view type fails the batch and writes nothing of it",
    Effect.fnUntraced(function* () {
      const without = streamed("MODIFY", keys("ORDER#h", "ITEM#1"), undefined, "2")
      const error = yield* fails(
        deliver(changed("ORDER#h", "DETAILS", details, "1"), {
          ...without,
          origin: { ...without.origin, viewType: "KEYS_ONLY" } as never
        })
      )
      assert.strictEqual(error._tag, "SourceError")
      assert.include(error.message, "view type")
      assert.isTrue(Option.isNone(yield* Documents.get(Order, { orderId: "h" })))
    })
  )

  it.effect(
    "a document whose derived field can't be computed is written without it: told and counted, and nothing refused",
    Effect.fnUntraced(function* () {
      const picky = Aggregate.make("picky", {
        key: "P#{id}",
        root: Aggregate.root("X", {}),
        parts: { rows: Aggregate.many("R#{n}", { n: Order.parts.orderItems.schema.fields.sku }) }
      }).pipe(
        Aggregate.derive({ count: User.root.schema.fields.email }, ({ rows }) => {
          for (const { n } of rows) if (n.startsWith("SECRET")) throw new Error(n)
          return { count: String(rows.length) }
        })
      )
      const own = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [picky] })
      const deadLetters = new Map<string, DeadLetters.DeadLetter>()
      const logged: Array<string> = []
      const batch = (...changes: ReadonlyArray<Change>) =>
        Effect.tap(Pipeline.deliver(own, changes.map(Result.succeed)), log).pipe(
          Effect.provide([
            DeadLetters.layerMemory(deadLetters),
            Logger.layer([Logger.make(({ message }) => void logged.push(String(message)))])
          ])
        )
      const rows = ["1", "SECRET", "2"].map((n, i) => changed("P#1", `R#${n}`, {}, String(i + 2)))
      const first = yield* batch(changed("P#1", "X", {}, "1"), ...rows)
      assert.deepStrictEqual([first.unacknowledged, deadLetters.size], [[], 0])
      assert.deepInclude(first.summary, { written: 1, refused: 0, withoutDerived: 1 })
      assert.deepStrictEqual(logged, [
        "picky 1 is written without count: the function of the derived field count threw Error"
      ])
      assert.deepStrictEqual(JSON.parse(Option.getOrThrow(yield* Documents.json(picky, "1"))), {
        rows: [{ n: "1" }, { n: "2" }, { n: "SECRET" }]
      })
      const error = yield* Effect.flip(Documents.get(picky, { id: "1" }))
      assert.strictEqual(error._tag, "WrongType")
      assert.notInclude(error.message, "SECRET")

      const second = yield* batch(removed("P#1", "R#SECRET", "9"))
      assert.deepInclude(second.summary, { written: 1, withoutDerived: 0 })
      assert.deepStrictEqual(Option.getOrThrow(yield* Documents.get(picky, { id: "1" })).count, "2")
    })
  )

  it.effect.prop(
    "any history of events makes the document that folding it makes",
    [deliveries(User, { keyPrefix: "prop" })],
    ([{ delivered, inOrder }]) =>
      Effect.gen(function* () {
        yield* Pipeline.write(table, delivered)
        const found = yield* Documents.get(User, { userId: "prop1" })
        assert.deepStrictEqual(found, document(User, inOrder))
      }).pipe(Effect.provide(Layer.fresh(Sink.layerMemory)))
  )
})
