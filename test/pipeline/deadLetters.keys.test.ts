/** The keys in dead letters: what a row is read again with, in the form that DynamoDB takes, or none. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Result } from "effect"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import * as DeadLetters from "../../src/sink/deadletter/DeadLetters.ts"
import * as Sink from "../../src/sink/Sink.ts"
import type { AttributeValue, Change } from "../../src/source/Change.ts"
import { put, streamed } from "../decode/changes.ts"
import { table } from "../definitions.ts"

const details = { orderId: { S: "1" }, customerName: { S: "Ada" } }
const whole = (text: string) => ({ B: null, N: null, S: text, SS: null, M: null }) as unknown as AttributeValue

const posted = Effect.fnUntraced(function* (...changes: ReadonlyArray<Change>) {
  const deadLetters = new Map<string, DeadLetters.DeadLetter>()
  const result = yield* Pipeline.deliver(table, changes.map(Result.succeed)).pipe(
    Effect.provide(Layer.mergeAll(DeadLetters.layerMemory(deadLetters), Sink.layerMemory, Logger.layer([])))
  )
  return { ...result, deadLetters: [...deadLetters.values()] }
})

describe("a refused row", () => {
  it.effect("is named by the one member of each key attribute", () =>
    Effect.gen(function* () {
      const change = streamed("INSERT", { PK: whole("ORDER#1"), SK: whole("DETAILS") }, { orderId: { S: "1" } })
      const { deadLetters } = yield* posted(change)
      assert.deepStrictEqual(deadLetters[0]?.rows[0].keys, { PK: { S: "ORDER#1" }, SK: { S: "DETAILS" } })
      assert.strictEqual(deadLetters[0]?.rows[0].key, "ORDER#1 / DETAILS")
      assert.isTrue(Result.isSuccess(DeadLetters.decode(JSON.parse(DeadLetters.encode(deadLetters[0]!)))))
    })
  )

  it.effect.each<unknown>([{ S: null }, { S: "DETAILS", N: "1" }, { S: 5 }, {}, { BOOL: true }])(
    "whose key attribute is %j has a dead letter without keys, and its neighbours are written",
    (SK) =>
      Effect.gen(function* () {
        const bad = streamed("INSERT", { PK: { S: "ORDER#1" }, SK: SK as AttributeValue }, details, "7")
        const { deadLetters, summary, unacknowledged } = yield* posted(bad, put("ORDER#1", "DETAILS", details, "8"))
        assert.deepStrictEqual(unacknowledged, [])
        assert.strictEqual(summary.written, 1)
        const [row] = deadLetters[0]!.rows
        assert.isUndefined(row.keys)
        assert.strictEqual(row.sequenceNumber, "7")
        assert.include(deadLetters[0]!.reason, `the key attribute "SK"`)
        assert.isUndefined(deadLetters[0]!.aggregate)
      })
  )
})

it.effect("without dead letters it is not acknowledged, and the sentence names no aggregate", () =>
  Effect.gen(function* () {
    const bad = streamed("INSERT", { PK: { S: "ORDER#1" }, SK: { S: null } as never }, details, "7")
    const { unacknowledged } = yield* Pipeline.deliver(table, [Result.succeed(bad)])
    assert.strictEqual(unacknowledged.length, 1)
    assert.match(unacknowledged[0]!.reason, /^a record ORDER#1 at 7: the key attribute "SK"/)
  }).pipe(Effect.provide(Layer.mergeAll(Sink.layerMemory, Logger.layer([]))))
)
