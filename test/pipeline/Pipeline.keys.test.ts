/** A batch's keys through the pipeline: other names than the definition's, and rows that are nobody's. */
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Logger, Option, Result, Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import * as Documents from "../../src/sink/Documents.ts"
import * as Sink from "../../src/sink/Sink.ts"
import type { Change } from "../../src/source/Change.ts"
import { keys, put as changed, removed, streamArn, streamed } from "../decode/changes.ts"
import { Order, table } from "../definitions.ts"

const details = { orderId: { S: "1" }, customerName: { S: "Ada" } }
const deliver = (...changes: ReadonlyArray<Change>) => Pipeline.deliver(table, changes.map(Result.succeed))
const fails = <A, E>(effect: Effect.Effect<A, E, Sink.Sink>) => Effect.flip(effect)

layer(Layer.mergeAll(Sink.layerMemory, Logger.layer([])))("keys", (it) => {
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
      assert.deepInclude(summary, { received: 3, written: 1, refused: 2, unclaimed: 0 })
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
        assert.strictEqual(summary.unclaimed, part.length - 3)
        assert.deepStrictEqual(unacknowledged, [])
        assert.deepStrictEqual([yield* name("ann"), yield* name("bob")], [["Ann"], ["Bob", "b@b"]])
      }
    })
  )
})
