/** Dead letters of records that are malformed, or have other keys than the table: they say which record it was. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Result } from "effect"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import type { Received } from "../../src/pipeline/settlement.ts"
import * as DeadLetters from "../../src/sink/deadletter/DeadLetters.ts"
import * as Sink from "../../src/sink/Sink.ts"
import type { AttributeValue } from "../../src/source/Change.ts"
import { readStreamRecord } from "../../src/source/record/streamRecord.ts"
import { put, streamArn, streamed } from "../decode/changes.ts"
import { table } from "../definitions.ts"

const epoch = Date.UTC(2026, 7, 1, 12)
const details = { orderId: { S: "1" }, customerName: { S: "Ada" } }
const mail = () => {
  const deadLetters = new Map<string, DeadLetters.DeadLetter>()
  return { deadLetters, layer: DeadLetters.layerMemory(deadLetters) }
}
const deliver = (...changes: ReadonlyArray<Received>) =>
  Pipeline.deliver(table, changes).pipe(Effect.provide(Logger.layer([])))
const reject = (change: unknown) => readStreamRecord(change, 1)

describe("a malformed record", () => {
  const dynamodb = { Keys: { PK: { S: "ORDER#1" }, SK: { S: "ITEM#2" } }, SequenceNumber: "9" }

  it.effect("that names its row is a dead letter with key and version", () =>
    Effect.gen(function* () {
      const { layer, deadLetters } = mail()
      const record = reject({ eventName: 3, eventSourceARN: streamArn, dynamodb })
      const { unacknowledged } = yield* deliver(record).pipe(Effect.provide([layer, Sink.layerMemory]))
      assert.deepStrictEqual(unacknowledged, [])
      const [deadLetter] = deadLetters.values()
      assert.deepInclude(deadLetter!.rows[0], { key: "ORDER#1 / ITEM#2", sequenceNumber: "9" })
      assert.deepStrictEqual(deadLetter!.rows[0].version, { epoch, kind: 1, sequence: "9", reading: 0 })
    })
  )

  it.effect.each([
    ["no keys", undefined, undefined],
    ["keys that are none", { PK: { S: 7 }, SK: null }, undefined],
    ["another table's keys", { id: { S: "1" } }, "id=1"],
    ["a key too few", { PK: { S: "ORDER#1" } }, "PK=ORDER#1"],
    ["a key too many", { ...dynamodb.Keys, T: { S: "x" } }, "PK=ORDER#1, SK=ITEM#2, T=x"]
  ] as const)("with %s is a dead letter with its sequence number and stream, and no keys", ([, Keys, key]) =>
    Effect.gen(function* () {
      const { layer, deadLetters } = mail()
      const record = reject({ eventName: 3, eventSourceARN: streamArn, dynamodb: { ...dynamodb, Keys } })
      yield* deliver(record).pipe(Effect.provide([layer, Sink.layerMemory]))
      const [deadLetter] = deadLetters.values()
      const known = ["version", "streamArn", "sequenceNumber"]
      assert.hasAllKeys(deadLetter!.rows[0], key === undefined ? known : ["key", ...known])
      assert.strictEqual(deadLetter!.rows[0].key, key)
      assert.isUndefined(deadLetter!.aggregate)
    })
  )

  it.effect("that has a row's data for its keys is a dead letter that tells none of them", () =>
    Effect.gen(function* () {
      const { layer, deadLetters } = mail()
      const Keys = Object.fromEntries(Array.from("abcde", (name) => [name, { S: "4111-1111" }]))
      const record = reject({ eventName: "INSERT", eventSourceARN: streamArn, dynamodb: { ...dynamodb, Keys } })
      const whole = Result.succeed(put("ORDER#2", "DETAILS", details, "5"))
      yield* deliver(record, whole).pipe(Effect.provide([layer, Sink.layerMemory]))
      assert.strictEqual(deadLetters.size, 1)
      assert.notInclude(JSON.stringify([...deadLetters.values()]), "4111")
    })
  )

  it.effect("without a number, but with keys, is a dead letter too, so that it holds nothing up", () =>
    Effect.gen(function* () {
      const { layer, deadLetters } = mail()
      const record = reject({ eventName: "INSERT", eventSourceARN: streamArn, dynamodb: { Keys: dynamodb.Keys } })
      const { unacknowledged } = yield* deliver(record).pipe(Effect.provide([layer, Sink.layerMemory]))
      assert.deepStrictEqual(unacknowledged, [])
      assert.deepInclude([...deadLetters.values()][0]!.rows[0], { key: "ORDER#1 / ITEM#2", streamArn })
    })
  )

  it.effect("whose ARN can't be read names no table in its dead letter", () =>
    Effect.gen(function* () {
      const { layer, deadLetters } = mail()
      yield* deliver(reject({ eventName: 3, eventSourceARN: "arn:x", dynamodb })).pipe(
        Effect.provide([layer, Sink.layerMemory])
      )
      assert.isUndefined([...deadLetters.values()][0]!.tableArn)
    })
  )

  it.effect("with data nested without end is a dead letter without its data", () =>
    Effect.gen(function* () {
      const deadLetters = new Map<string, DeadLetters.DeadLetter>()
      const layer = DeadLetters.layerMemory(deadLetters, { withData: true })
      let value: AttributeValue = { S: "tea" }
      for (let i = 0; i < 50_000; i++) value = { L: [value] }
      const changes = [put("ORDER#1", "DETAILS", { customerName: value }), put("ORDER#2", "DETAILS", details, "5")]
      const { summary } = yield* deliver(...changes.map(Result.succeed)).pipe(Effect.provide([layer, Sink.layerMemory]))
      assert.deepInclude(summary, { deadLettered: 1, written: 1 })
      const [deadLetter] = deadLetters.values()
      assert.isUndefined(deadLetter!.rows[0].data)
      DeadLetters.encode(deadLetter!)
    })
  )

  it.effect("a whole record with other keys is one too, which settles it", () =>
    Effect.gen(function* () {
      const { layer, deadLetters } = mail()
      const { unacknowledged } = yield* deliver(
        Result.succeed(put("ORDER#1", "DETAILS", details, "5")),
        Result.succeed(streamed("MODIFY", { PK: { S: "ORDER#1" }, sk: { S: "DETAILS" } }, details, "9"))
      ).pipe(Effect.provide([layer, Sink.layerMemory]))
      assert.deepStrictEqual(unacknowledged, [])
      const [deadLetter] = deadLetters.values()
      assert.include(deadLetter!.reason, "its keys are PK, sk, but the definition's are PK, SK")
      assert.isUndefined(deadLetter!.aggregate)
      assert.deepStrictEqual(deadLetter!.rows, [
        {
          key: "PK=ORDER#1, sk=DETAILS",
          version: { epoch, kind: 1, sequence: "9", reading: 0 },
          streamArn,
          sequenceNumber: "9"
        }
      ])
    })
  )

  it.effect("that says nothing at all is no dead letter: it stays unacknowledged", () =>
    Effect.gen(function* () {
      const { layer, deadLetters } = mail()
      const { unacknowledged } = yield* deliver(reject(null)).pipe(Effect.provide([layer, Sink.layerMemory]))
      assert.strictEqual(unacknowledged.length, 1)
      assert.strictEqual(deadLetters.size, 0)
    })
  )
})
