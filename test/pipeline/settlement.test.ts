/** What must come again, by what became of the patches: documents, rows, aggregates. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Result, Schema, Stream } from "effect"
import { log } from "../../src/pipeline/log.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import { noRecordFits, type Received, summarize } from "../../src/pipeline/settlement.ts"
import * as Sink from "../../src/sink/Sink.ts"
import type { Change } from "../../src/source/Change.ts"

import { put } from "../../src/testing/index.ts"
import { put as changed, streamArn, streamed } from "../decode/changes.ts"
import { Order, table, User } from "../definitions.ts"
import * as Table from "../../src/define/Table.ts"
import { deliver, details, fails, item } from "./orders.ts"

describe("what is not settled", () => {
  const sink = (outcome: Sink.Outcome) =>
    Layer.succeed(Sink.Sink, {
      write: (patches) => Stream.map(patches, (patch) => ({ patch, outcome, conflicts: 3, outdated: 0 })),
      read: (_, ids) => Effect.succeed(ids.map(() => undefined)),
      search: () => Effect.die("not searched"),
      skipSuperseded: () => Effect.succeed(false),
      report: () => Effect.void,
      knowsKeys: () => Effect.succeed(false)
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
          { index: 0, sequenceNumber: "7", aggregate: "orders", reason: "no answer", isRefused: false },
          { index: 1, sequenceNumber: "5", aggregate: "orders", reason: "no answer", isRefused: false }
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

describe("a log", () => {
  const reason = Schema.Literals(["a", "b", "c"])

  it.prop(
    "tells ten problems and counts the others by reason; none is left out",
    [Schema.Array(reason)],
    ([reasons]) => {
      const lines = summarize(reasons.map((reason, i) => ({ sentence: `row ${i}: ${reason}`, reason })))
      const named = lines.filter((line) => line.startsWith("row "))
      const counted = lines.slice(named.length).map((line) => /^and (\d+) more: (.*)$/.exec(line)!)
      assert.strictEqual(named.length, Math.min(10, reasons.length))
      assert.strictEqual(
        counted.reduce((sum, [, count]) => sum + Number(count), named.length),
        reasons.length
      )
      assert.strictEqual(new Set(counted.map(([, , kind]) => kind)).size, counted.length)
      assert.isAtMost(counted.length, 3)
    }
  )

  it("counts what is left where each has a reason of its own", () => {
    const lines = summarize(Array.from({ length: 5000 }, (_, i) => ({ sentence: `row ${i}`, reason: `reason ${i}` })))
    assert.strictEqual(lines.length, 21)
    assert.strictEqual(lines.at(-1), "and 4980 more, for 4980 other reasons")
  })

  it.effect("of a batch of refused rows has a line for ten of them and one for the others", () =>
    Effect.gen(function* () {
      const logged: Array<string> = []
      const bad = { ...item("1"), quantity: { S: "many" } }
      const changes = Array.from({ length: 2000 }, (_, i) => changed("ORDER#1", `ITEM#${i}`, bad, String(i)))
      const { summary } = yield* Effect.tap(deliver(...changes), log).pipe(
        Effect.provide([
          Sink.layerMemory,
          Logger.layer([Logger.make(({ message }) => void logged.push(String(message)))])
        ])
      )
      assert.strictEqual(summary.refused, 2000)
      assert.strictEqual(logged.length, 11)
      assert.include(logged[0]!, "ORDER#1")
      assert.match(logged[10]!, /^and 1990 more: .*quantity/)
    })
  )
})

describe("a batch that no record fits", () => {
  const whole = (keys: Change["keys"]): Received => Result.succeed(streamed("REMOVE", keys, undefined))
  const malformed = (keys: Change["keys"] | undefined): Received =>
    Result.fail({ _tag: "MalformedRecord", message: "", sequenceNumber: "1", found: { keys, streamArn } })
  const [PK, SK] = [{ S: "ORDER#1" }, { S: "DETAILS" }]
  const other = whole({ PK, sk: SK })

  it.each<[string, ReadonlyArray<Received>]>([
    ["no records", []],
    ["one that fits, last", [other, other, whole({ PK, SK })]],
    ["a malformed one that fits", [other, malformed({ PK, SK })]],
    ["malformed ones alone", [malformed({ PK }), malformed(undefined)]]
  ])("is not one of %s", (_, batch) => assert.isUndefined(noRecordFits(table, batch)))

  it.each<[string, ReadonlyArray<Received>]>([
    ["one record", [other]],
    ["several", [other, whole({ PK })]],
    ["malformed ones among them", [malformed(undefined), malformed({ PK }), other]]
  ])("is one of %s, named by the first's keys", (_, batch) =>
    assert.include(noRecordFits(table, batch), `${streamArn} are PK, sk, but the definition's are PK, SK`)
  )
})
