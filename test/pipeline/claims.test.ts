/** Changes of rows that are of two aggregates: settled when both are, refused where one refuses. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Option, Result, Schema, Stream } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import * as DeadLetters from "../../src/sink/deadletter/DeadLetters.ts"
import * as Documents from "../../src/sink/Documents.ts"
import * as Sink from "../../src/sink/Sink.ts"
import type { Change } from "../../src/source/Change.ts"
import { put, removed, streamed } from "../decode/changes.ts"
import { Order } from "../definitions.ts"

const Parcel = Aggregate.make("parcels", {
  key: "ORDER#{orderId}",
  parts: { weights: Aggregate.many("ITEM#{n}", { grams: Schema.Int }) }
})
const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Order, Parcel] })

const row = (quantity: string, grams: string) =>
  put("ORDER#1", "ITEM#1", {
    sku: { S: "tea" },
    price: { N: "3" },
    quantity: { N: quantity },
    grams: { N: grams }
  })
const root = put("ORDER#1", "DETAILS", { orderId: { S: "1" }, customerName: { S: "Ada" } })

const deliver = (...changes: ReadonlyArray<Change>) =>
  Pipeline.deliver(table, changes.map(Result.succeed)).pipe(Effect.provide(Logger.layer([])))

const deadLetters = () => {
  const all = new Map<string, DeadLetters.DeadLetter>()
  return { all, layer: DeadLetters.layerMemory(all) }
}

const grams = Effect.map(Documents.get(Parcel, { orderId: "1" }), (found) =>
  Option.map(found, ({ weights }) => weights.map(({ grams }) => grams))
)

/** A memory sink that gives another answer for the documents of one aggregate. */
const answering = (name: string, outcome: Sink.Outcome) =>
  Layer.effect(
    Sink.Sink,
    Effect.map(Sink.Sink, (memory) =>
      Sink.Sink.of({
        ...memory,
        write: Stream.map((patch) => ({
          patch,
          outcome: patch.shape.aggregate.name === name ? outcome : { _tag: "Written" },
          conflicts: 0,
          outdated: 0
        }))
      })
    )
  ).pipe(Layer.provide(Sink.layerMemory))

describe("a row of two aggregates", () => {
  it.effect("goes into the documents of both, and out of both", () =>
    Effect.gen(function* () {
      const { summary, unacknowledged } = yield* deliver(root, row("2", "5"))
      assert.deepStrictEqual(unacknowledged, [])
      assert.deepInclude(summary, { received: 2, written: 2, rowsWritten: 3, unclaimed: 0 })
      assert.strictEqual(Option.getOrThrow(yield* Documents.get(Order, { orderId: "1" })).pieces, 2)
      assert.deepStrictEqual(yield* grams, Option.some([5]))
      yield* deliver(removed("ORDER#1", "ITEM#1", "200000000000000000001"))
      assert.strictEqual(Option.getOrThrow(yield* Documents.get(Order, { orderId: "1" })).pieces, 0)
      assert.deepStrictEqual(yield* grams, Option.none())
    }).pipe(Effect.provide(Sink.layerMemory))
  )

  it.effect("comes again where one refuses it and nobody takes its dead letter; the other is written", () =>
    Effect.gen(function* () {
      const { summary, unacknowledged } = yield* deliver(root, row("two", "5"))
      assert.deepStrictEqual(
        unacknowledged.map(({ aggregate, index }) => [aggregate, index]),
        [["orders", 1]]
      )
      assert.deepInclude(summary, { rowsRefused: 1, written: 2, deadLettered: 0 })
      assert.deepStrictEqual(yield* grams, Option.some([5]))
    }).pipe(Effect.provide(Sink.layerMemory))
  )

  it.effect("has a dead letter for each that refuses it, and is settled by both", () =>
    Effect.gen(function* () {
      const { all, layer } = deadLetters()
      const { summary, unacknowledged } = yield* deliver(row("two", "five")).pipe(Effect.provide(layer))
      assert.deepStrictEqual(unacknowledged, [])
      assert.deepStrictEqual([...all.values()].map(({ aggregate }) => aggregate).sort(), ["orders", "parcels"])
      assert.deepInclude(summary, { rowsRefused: 2, deadLettered: 1 })
    }).pipe(Effect.provide(Sink.layerMemory))
  )

  it.effect("comes again once where both are open", () =>
    Effect.gen(function* () {
      const { unacknowledged } = yield* deliver(row("two", "five"))
      assert.deepStrictEqual(
        unacknowledged.map(({ aggregate, index }) => [aggregate, index]),
        [["orders", 0]]
      )
    }).pipe(Effect.provide(Sink.layerMemory))
  )

  it.effect.each(["orders", "parcels"])("is not settled by a dead letter while %s is not written", (name) =>
    Effect.gen(function* () {
      const { all, layer } = deadLetters()
      const refused = name === "orders" ? row("2", "five") : row("two", "5")
      const { summary, unacknowledged } = yield* deliver(refused).pipe(Effect.provide(layer))
      assert.deepStrictEqual(
        unacknowledged.map(({ aggregate, reason }) => [aggregate, reason]),
        [[name, "no answer"]]
      )
      assert.strictEqual(all.size, 1)
      assert.strictEqual(summary.deadLettered, 0)
    }).pipe(Effect.provide(answering(name, { _tag: "Unsettled", reason: "no answer" })))
  )

  it.effect("whose record can't be taken is refused for each", () =>
    Effect.gen(function* () {
      const { all, layer } = deadLetters()
      const { PK, SK } = root.keys
      const item = { PK: PK!, SK: { ...SK!, S: "ITEM#1" } as never }
      const { unacknowledged } = yield* deliver(streamed("RENAME", item, {})).pipe(Effect.provide(layer))
      assert.deepStrictEqual(unacknowledged, [])
      assert.deepStrictEqual([...all.values()].map(({ aggregate }) => aggregate).sort(), ["orders", "parcels"])
    }).pipe(Effect.provide(Sink.layerMemory))
  )

  it.effect("counts as unclaimed only where nobody claims it", () =>
    Effect.gen(function* () {
      const { summary } = yield* deliver(row("1", "1"), put("ORDER#1", "LOCK", {}))
      assert.strictEqual(summary.unclaimed, 1)
    }).pipe(Effect.provide(Sink.layerMemory))
  )
})
