/** A batch through the pipeline: what is written, counted, and left unacknowledged, in the order of the batch. */
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Logger, Option, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Pipeline from "../src/Pipeline.ts"
import type { Received } from "../src/settlement.ts"
import * as Documents from "../src/sink/Documents.ts"
import * as Sink from "../src/sink/Sink.ts"
import type { Change } from "../src/source/Change.ts"
import type { MalformedRecord } from "../src/source/streamRecord.ts"
import { deliveries } from "../src/testing/index.ts"
import { keys, put as changed, removed, scanned, streamArn, streamed } from "./decode/changes.ts"
import { Order, table, User } from "./definitions.ts"
import { document } from "../src/testing/index.ts"
import * as Aggregate from "../src/define/Aggregate.ts"
import * as Table from "../src/define/Table.ts"

const quiet = Layer.mergeAll(Sink.layerMemory, Logger.layer([]))
const details = { orderId: { S: "1" }, customerName: { S: "Ada" } }
const item = (quantity: string) => ({ sku: { S: "tea" }, quantity: { N: quantity }, price: { N: "3" } })
const deliver = (...changes: ReadonlyArray<Change | MalformedRecord>) =>
  Pipeline.deliver(
    table,
    changes.map((change): Received => ("_tag" in change ? Result.fail(change) : Result.succeed(change)))
  )
const fails = <A, E>(effect: Effect.Effect<A, E, Sink.Sink>) => Effect.flip(effect)

layer(quiet)("deliver", (it) => {
  it.effect(
    "writes what it can, names what it can't in the order of the batch, and counts the rest",
    Effect.fnUntraced(function* () {
      const malformed: MalformedRecord = {
        _tag: "MalformedRecord",
        sequenceNumber: "9",
        message: "record 4 has no keys"
      }
      const { summary, unacknowledged } = yield* deliver(
        changed("ORDER#a", "ITEM#1", item("two"), "3"),
        changed("ORDER#a", "DETAILS", details, "2"),
        changed("LOCK#a", "LOCK", {}, "4"),
        malformed,
        changed("ORDER#a", "ITEM#2", item("2"), "1"),
        changed("USER#a", "PROFILE", { email: { N: "1" } }, "5")
      )
      assert.deepInclude(summary, { received: 6, written: 1, unchanged: 0, refused: 3, passedOver: 1, conflicts: 0 })
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
        deadLettered: 0,
        passedOver: 0,
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
    "case 68: of a batch that no record fits nothing is acknowledged, and both lists of names are told",
    Effect.fnUntraced(function* () {
      const [one, other] = [{ S: "ORDER#i" }, { S: "DETAILS" }]
      for (const names of [["PK", "sk"], ["pk", "SK"], ["PK"], ["PK", "SK", "GSI"]]) {
        const wrong = Object.fromEntries(names.map((name, i) => [name, i === 0 ? one : other]))
        const error = yield* fails(deliver(streamed("INSERT", wrong, details, "1"), streamed("REMOVE", wrong, {}, "2")))
        assert.strictEqual(error._tag, "SourceError")
        assert.include(error.message, `${streamArn} are ${names.join(", ")}, but the definition's are PK, SK`)
      }
    })
  )

  it.effect(
    "a record with other keys among those that fit is refused alone, and merged with none",
    Effect.fnUntraced(function* () {
      const { summary, unacknowledged } = yield* deliver(
        changed("ORDER#j", "DETAILS", details, "1"),
        streamed("REMOVE", { PK: { S: "ORDER#j" } }, undefined, "2"),
        streamed("MODIFY", { ...keys("ORDER#j", "DETAILS"), T: { S: "x" } }, { customerName: { S: "Eve" } }, "3")
      )
      assert.deepInclude(summary, { received: 3, written: 1, refused: 2, passedOver: 0 })
      assert.deepStrictEqual(
        unacknowledged.map(({ aggregate, index }) => [index, aggregate]),
        [
          [1, undefined],
          [2, undefined]
        ]
      )
      assert.include(unacknowledged[0]!.reason, "record PK=ORDER#j at 2: its keys are PK, but")
      assert.strictEqual(Option.getOrThrow(yield* Documents.get(Order, { orderId: "j" })).customerName, "Ada")
    })
  )

  it.effect(
    "case 67: where an entity stands at its own key, an edge to another is nobody's row, and so is its removal",
    Effect.fnUntraced(function* () {
      const Person = Aggregate.make("people", {
        key: "USER#{userId}",
        root: Aggregate.root("USER#{userId}", { userId: Schema.String, name: Schema.String }),
        parts: { emails: Aggregate.many("USER#{userId}#EMAIL#{n}", { address: Schema.String }) }
      })
      const own = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Person] })
      const [ann, bob] = ["USER#ann", "USER#bob"] as const
      const batch = [
        changed(ann, ann, { name: { S: "Ann" } }, "1"),
        changed(bob, bob, { name: { S: "Bob" } }, "2"),
        changed(bob, `${bob}#EMAIL#1`, { address: { S: "b@b" } }, "3"),
        changed(ann, bob, { name: { S: "Ann and Bob" } }, "4"),
        changed(ann, `${bob}#EMAIL#1`, { address: { S: "a@b" } }, "5"),
        removed(ann, bob, "6"),
        removed(ann, `${bob}#EMAIL#1`, "7")
      ]
      const name = (userId: string) =>
        Effect.map(Documents.get(Person, { userId }), (document) => {
          const { emails, name } = Option.getOrThrow(document)
          return [name, ...emails.map(({ address }) => address)]
        })
      for (const part of [batch.slice(0, 5), batch]) {
        const { summary, unacknowledged } = yield* Pipeline.deliver(own, part.map(Result.succeed))
        assert.strictEqual(summary.passedOver, part.length - 3)
        assert.deepStrictEqual(unacknowledged, [])
        assert.deepStrictEqual([yield* name("ann"), yield* name("bob")], [["Ann"], ["Bob", "b@b"]])
      }
    })
  )

  it.effect(
    "rows that are refused leave their neighbours of the same document",
    Effect.fnUntraced(function* () {
      const picky = Aggregate.make("picky", {
        key: "P#{id}",
        root: Aggregate.root("X", {}),
        parts: { rows: Aggregate.many("R#{n}", { n: Order.parts.orderItems.schema.fields.sku }) }
      }).pipe(
        Aggregate.derive({ count: User.root.schema.fields.email }, ({ rows }) => {
          if (rows.some(({ n }) => n === "bad")) throw new Error("bad")
          return { count: String(rows.length) }
        })
      )
      const own = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [picky] })
      const changes = ["1", "bad", "2"].map((n, i) => changed("P#1", `R#${n}`, {}, String(i + 2)))
      const { summary, unacknowledged } = yield* Pipeline.deliver(
        own,
        [changed("P#1", "X", {}, "1"), ...changes].map((change) => Result.succeed(change))
      )
      assert.strictEqual(summary.refused, 1)
      assert.deepStrictEqual(
        unacknowledged.map(({ index, sequenceNumber }) => [index, sequenceNumber]),
        [[2, "3"]]
      )
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
