/** What must come again, told from what became of the patches: documents, rows, aggregates. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Result } from "effect"
import * as Pipeline from "../src/Pipeline.ts"
import type { Received } from "../src/settlement.ts"
import * as Sink from "../src/sink/Sink.ts"
import type { Change } from "../src/source/Change.ts"
import type { MalformedRecord } from "../src/source/streamRecord.ts"
import { put } from "../src/testing/index.ts"
import { put as changed } from "./decode/changes.ts"
import { Order, table, User } from "./definitions.ts"
import * as Table from "../src/define/Table.ts"

const details = { orderId: { S: "1" }, customerName: { S: "Ada" } }
const item = (quantity: string) => ({ sku: { S: "tea" }, quantity: { N: quantity }, price: { N: "3" } })
const deliver = (...changes: ReadonlyArray<Change | MalformedRecord>) =>
  Pipeline.deliver(
    table,
    changes.map((change): Received => ("_tag" in change ? Result.fail(change) : Result.succeed(change)))
  )
const fails = <A, E>(effect: Effect.Effect<A, E, Sink.Sink>) => Effect.flip(effect)

describe("what is not settled", () => {
  const sink = (outcome: Sink.Outcome) =>
    Layer.succeed(Sink.Sink, {
      write: (patches) => Effect.succeed({ outcomes: patches.map(() => outcome), conflicts: 3, outdated: 0 }),
      read: (_, ids) => Effect.succeed(ids.map(() => undefined)),
      leaveOut: () => Effect.succeed(false)
    })

  it.effect(
    "every change of an unsettled document comes again",
    Effect.fnUntraced(
      function* () {
        const { summary, unacknowledged } = yield* deliver(
          changed("ORDER#1", "ITEM#1", item("1"), "7"),
          changed("ORDER#1", "DETAILS", details, "5")
        )
        assert.deepStrictEqual(unacknowledged, [
          { index: 0, sequenceNumber: "7", aggregate: "orders", reason: "no answer" },
          { index: 1, sequenceNumber: "5", aggregate: "orders", reason: "no answer" }
        ])
        assert.deepInclude(summary, { conflicts: 3, refused: 0, written: 0 })
      },
      Effect.provide(Layer.mergeAll(sink({ _tag: "Unsettled", reason: "no answer" }), Logger.layer([])))
    )
  )

  it.effect(
    "of a refused row, only its own changes come again",
    Effect.fnUntraced(
      function* () {
        const { unacknowledged } = yield* deliver(
          changed("ORDER#1", "ITEM#1", item("1"), "7"),
          changed("ORDER#1", "DETAILS", details, "5")
        )
        assert.deepStrictEqual(
          unacknowledged.map(({ index, reason }) => [index, reason]),
          [[0, "too long"]]
        )
      },
      Effect.provide(
        Layer.mergeAll(
          sink({ _tag: "Refused", refusals: [{ rowKey: "ITEM#1", reason: "too long" }] }),
          Logger.layer([])
        )
      )
    )
  )

  it.effect(
    "of a refused aggregate, all of them",
    Effect.fnUntraced(
      function* () {
        const { unacknowledged } = yield* deliver(
          changed("ORDER#1", "ITEM#1", item("1"), "7"),
          changed("ORDER#1", "DETAILS", details, "5")
        )
        assert.strictEqual(unacknowledged.length, 2)
      },
      Effect.provide(
        Layer.mergeAll(
          sink({ _tag: "Refused", refusals: [{ rowKey: undefined, reason: "too many" }] }),
          Logger.layer([])
        )
      )
    )
  )

  it.effect(
    "write fails with a sentence about each",
    Effect.fnUntraced(
      function* () {
        const error = yield* fails(
          Pipeline.write(table, [put(Order).root({ orderId: "7" }, { orderId: "7", customerName: "Ada" })])
        )
        assert.strictEqual(error._tag, "NotWritten")
        assert.include(error.message, "orders 7")
        assert.include(error.message, "no answer")
        assert.notInclude(error.message, "Ada")
      },
      Effect.provide(sink({ _tag: "Unsettled", reason: "no answer" }))
    )
  )

  it.effect(
    "write of an aggregate that the table lacks says so",
    Effect.fnUntraced(function* () {
      const own = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [User] })
      const error = yield* fails(
        Pipeline.write(own, [put(Order).root({ orderId: "7" }, { orderId: "7", customerName: "Ada" })])
      )
      assert.include(error.message, `no aggregate "orders"`)
    }, Effect.provide(Sink.layerMemory))
  )
})
