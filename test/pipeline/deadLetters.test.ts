/** Dead letters of a batch: which changes become one, what it holds and what it never holds, and when it settles. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Result, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { Received } from "../../src/pipeline/settlement.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import * as DeadLetters from "../../src/sink/deadletter/DeadLetters.ts"
import * as Sink from "../../src/sink/Sink.ts"
import type { Change } from "../../src/source/Change.ts"
import { put, removed, streamArn, streamed } from "../decode/changes.ts"
import { table } from "../definitions.ts"

const tableArn = "arn:aws:dynamodb:eu-west-1:123456789012:table/Shop"
const epoch = Date.UTC(2026, 7, 1, 12)
const details = { orderId: { S: "1" }, customerName: { S: "Ada" } }
const item = (quantity: object = { N: "1" }) => ({ sku: { S: "tea" }, quantity, price: { N: "3" } }) as Change["keys"]
const bad = item({ S: "4111-secret-1111" })

interface Mail {
  readonly deadLetters: Map<string, DeadLetters.DeadLetter>
  readonly layer: Layer.Layer<DeadLetters.DeadLetters>
}
const mail = (options?: DeadLetters.Options): Mail => {
  const deadLetters = new Map<string, DeadLetters.DeadLetter>()
  return { deadLetters, layer: DeadLetters.layerMemory(deadLetters, options) }
}

const deliver = (...changes: ReadonlyArray<Change | Received>) =>
  Pipeline.deliver(
    table,
    changes.map((change): Received => (Result.isResult(change) ? change : Result.succeed(change)))
  ).pipe(Effect.provide(Logger.layer([])))

const answering = (outcome: Sink.Outcome) =>
  Layer.effect(
    Sink.Sink,
    Effect.map(Sink.Sink, (memory) =>
      Sink.Sink.of({
        ...memory,
        write: Stream.map((patch) => ({ patch, outcome, conflicts: 0, outdated: 0 }))
      })
    )
  ).pipe(Layer.provide(Sink.layerMemory))

const refusing = (rowKey: string | undefined, reason = "too long") =>
  answering({ _tag: "Refused", refusals: [{ rowKey, reason, serverType: "mapper_parsing_exception" }] })

describe("a change that can't be decoded", () => {
  it.effect("is a dead letter with key, version and reason, and is settled; its neighbours are written", () =>
    Effect.gen(function* () {
      const { layer, deadLetters } = mail()
      yield* TestClock.setTime(Date.UTC(2026, 10, 25))
      const { summary, unacknowledged } = yield* deliver(
        put("ORDER#1", "DETAILS", details, "5"),
        put("ORDER#1", "ITEM#2", bad, "00000000000000000000123")
      ).pipe(Effect.provide([layer, Sink.layerMemory]))
      assert.deepStrictEqual(unacknowledged, [])
      assert.deepInclude(summary, { written: 1, refused: 1, deadLettered: 1 })
      const [deadLetter] = deadLetters.values()
      const { id, reason, ...rest } = deadLetter!
      assert.match(id, /^[0-9a-f]{32}$/)
      assert.include(reason, "quantity")
      assert.deepStrictEqual(rest, {
        format: 1,
        tableArn,
        aggregate: "orders",
        rows: [
          {
            key: "ORDER#1 / ITEM#2",
            keys: { PK: { S: "ORDER#1" }, SK: { S: "ITEM#2" } },
            version: { epoch, kind: 1, sequence: "123", reading: 0 },
            streamArn,
            sequenceNumber: "00000000000000000000123"
          }
        ],
        firstAt: "2026-11-25T00:00:00.000Z",
        lastAt: "2026-11-25T00:00:00.000Z"
      })
      assert.notInclude(DeadLetters.encode(deadLetter!), "secret")
    })
  )

  it.effect("an unknown eventName among removals and inserts, by its sequence number (case 59)", () =>
    Effect.gen(function* () {
      const { layer, deadLetters } = mail()
      const keys = { PK: { S: "ORDER#3" }, SK: { S: "DETAILS" } }
      const { summary, unacknowledged } = yield* deliver(
        put("ORDER#1", "DETAILS", details, "5"),
        removed("ORDER#2", "DETAILS", "6"),
        streamed("REPLACE", keys, details, "7")
      ).pipe(Effect.provide([layer, Sink.layerMemory]))
      assert.deepStrictEqual(unacknowledged, [])
      assert.deepInclude(summary, { written: 2, deadLettered: 1 })
      const [deadLetter] = deadLetters.values()
      assert.strictEqual(deadLetter!.rows[0].sequenceNumber, "7")
      assert.include(deadLetter!.reason, "REPLACE")
    })
  )

  it.effect("the row's data is in it only where it is asked for, bytes as base64", () =>
    Effect.gen(function* () {
      const { layer, deadLetters } = mail({ withData: true })
      yield* deliver(put("ORDER#1", "ITEM#2", { ...bad, photo: { B: Uint8Array.of(1, 2) } })).pipe(
        Effect.provide([layer, Sink.layerMemory])
      )
      const [deadLetter] = deadLetters.values()
      assert.deepInclude(deadLetter!.rows[0].data as object, { photo: { B: "AQI=" }, quantity: bad["quantity"] })
    })
  )

  it.effect("delivered twice, or in another batch, it is the same dead letter, first refused when it was", () =>
    Effect.gen(function* () {
      const { layer, deadLetters } = mail()
      const change = put("ORDER#1", "ITEM#2", bad, "123")
      yield* Effect.gen(function* () {
        const { summary } = yield* deliver(change, change)
        assert.strictEqual(summary.deadLettered, 2)
        yield* TestClock.adjust("1 day")
        yield* deliver(change)
        yield* deliver(put("ORDER#1", "ITEM#2", bad, "124"))
      }).pipe(Effect.provide([layer, Sink.layerMemory]))
      const [first, second] = deadLetters.values()
      assert.strictEqual(deadLetters.size, 2)
      assert.deepInclude(first!, { firstAt: "1970-01-01T00:00:00.000Z", lastAt: "1970-01-02T00:00:00.000Z" })
      assert.notStrictEqual(first!.id, second!.id)
    })
  )
})

describe("what the sink refuses", () => {
  it.effect("a row: its newest register is the dead letter, which settles the older ones with it", () =>
    Effect.gen(function* () {
      const { layer, deadLetters } = mail()
      const { summary, unacknowledged } = yield* deliver(
        put("ORDER#1", "ITEM#1", item(), "9"),
        put("ORDER#1", "ITEM#1", item({ N: "2" }), "7"),
        put("ORDER#1", "DETAILS", details, "5")
      ).pipe(Effect.provide([layer, refusing("ITEM#1")]))
      assert.deepStrictEqual(unacknowledged, [])
      assert.strictEqual(summary.deadLettered, 2)
      const [deadLetter] = deadLetters.values()
      assert.strictEqual(deadLetters.size, 1)
      assert.deepInclude(deadLetter!, {
        reason: "too long",
        serverType: "mapper_parsing_exception",
        aggregate: "orders"
      })
      assert.strictEqual(deadLetter!.rows[0].sequenceNumber, "9")
    })
  )

  it.effect("a whole aggregate: one dead letter with all of its rows", () =>
    Effect.gen(function* () {
      const { layer, deadLetters } = mail()
      const { summary, unacknowledged } = yield* deliver(
        put("ORDER#1", "ITEM#1", item(), "9"),
        put("ORDER#1", "ITEM#2", item(), "8"),
        removed("ORDER#1", "ITEM#3", "7")
      ).pipe(Effect.provide([layer, refusing(undefined)]))
      assert.deepStrictEqual(unacknowledged, [])
      assert.strictEqual(summary.deadLettered, 3)
      const [deadLetter] = deadLetters.values()
      assert.strictEqual(deadLetters.size, 1)
      assert.deepStrictEqual(
        deadLetter!.rows.map(({ sequenceNumber }) => sequenceNumber),
        ["9", "8", "7"]
      )
    })
  )

  it.effect("what is only unsettled is never a dead letter, nor a row whose mark is (case 10)", () =>
    Effect.gen(function* () {
      const { layer, deadLetters } = mail()
      const sink = answering({ _tag: "Unsettled", reason: "no answer" })
      const { summary, unacknowledged } = yield* deliver(
        put("ORDER#1", "ITEM#1", item(), "9"),
        put("ORDER#1", "ITEM#2", bad, "8")
      ).pipe(Effect.provide([layer, sink]))
      assert.deepStrictEqual(
        unacknowledged.map(({ sequenceNumber }) => sequenceNumber),
        ["9", "8"]
      )
      assert.deepInclude(summary, { deadLettered: 0, refused: 1 })
      assert.strictEqual(deadLetters.size, 0)
    })
  )

  it.effect("without a destination it stays unacknowledged (case 62)", () =>
    Effect.gen(function* () {
      const { summary, unacknowledged } = yield* deliver(put("ORDER#1", "ITEM#1", item(), "9")).pipe(
        Effect.provide(refusing("ITEM#1"))
      )
      assert.deepInclude(unacknowledged[0]!, { index: 0, sequenceNumber: "9", aggregate: "orders", reason: "too long" })
      assert.strictEqual(summary.deadLettered, 0)
    })
  )
})

describe("the destination", () => {
  const counting = (answer: (ids: ReadonlyArray<string>) => ReadonlyMap<string, string>) => {
    const asked: Array<number> = []
    const layer = Layer.succeed(DeadLetters.DeadLetters, {
      withData: false,
      put: (deadLetters) =>
        Effect.sync(() => {
          asked.push(deadLetters.length)
          return answer(deadLetters.map(({ id }) => id))
        })
    })
    return { asked, layer }
  }

  it.effect("is never asked to take nothing (case 10)", () =>
    Effect.gen(function* () {
      const { asked, layer } = counting(() => new Map())
      yield* deliver(put("ORDER#1", "DETAILS", details, "5")).pipe(Effect.provide([layer, Sink.layerMemory]))
      yield* deliver().pipe(Effect.provide([layer, Sink.layerMemory]))
      assert.deepStrictEqual(asked, [])
    })
  )

  it.effect("that takes some leaves the others unacknowledged, with both reasons", () =>
    Effect.gen(function* () {
      const { layer } = counting((ids) => new Map([[ids[1]!, "the queue is full"]]))
      const { summary, unacknowledged } = yield* deliver(
        put("ORDER#1", "ITEM#1", bad, "5"),
        put("ORDER#1", "ITEM#2", bad, "6")
      ).pipe(Effect.provide([layer, Sink.layerMemory]))
      assert.strictEqual(summary.deadLettered, 1)
      const [open] = unacknowledged
      assert.strictEqual(unacknowledged.length, 1)
      assert.strictEqual(open!.sequenceNumber, "6")
      assert.include(open!.reason, "quantity")
      assert.include(open!.reason, "the queue is full")
    })
  )
})

describe("no dead letter, log line or reason holds what a row holds", () => {
  const secret = "4111-1111"
  const logged: Array<string> = []
  const listening = Logger.layer([Logger.make(({ message }) => void logged.push(JSON.stringify(message)))])
  const name = Schema.Literals(["sku", "quantity", "price", "customerName", "orderId", "carrier", "status"])
  const values = [{ S: secret }, { N: secret }, { L: [{ S: secret }] }, { M: { [secret]: { S: secret } } }]
  const which = Schema.Literals([0, 1, 2, 3])

  it.effect.prop(
    "whatever field it stands in",
    [name, which, Schema.Literals(["DETAILS", "ITEM#1", "SHIPMENT#1"])],
    ([field, which, sort]) =>
      Effect.gen(function* () {
        logged.length = 0
        const { layer, deadLetters } = mail()
        const { unacknowledged } = yield* Pipeline.deliver(table, [
          Result.succeed(put("ORDER#1", sort, { ...details, ...item(), [field]: values[which] } as Change["keys"]))
        ]).pipe(Effect.provide([layer, Sink.layerMemory, listening]))
        const told = [...deadLetters.values()].map(DeadLetters.encode)
        for (const text of [...told, ...logged, JSON.stringify(unacknowledged)]) assert.notInclude(text, secret)
      })
  )
})
