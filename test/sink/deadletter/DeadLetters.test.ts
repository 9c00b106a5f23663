/** Dead letters themselves: as text that goes through anything, and taken once although they come again and again. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { TestClock } from "effect/testing"
import * as DeadLetters from "../../../src/sink/deadletter/DeadLetters.ts"

describe("a dead letter as text", () => {
  it.prop("is ASCII on one line and comes back as it was", [DeadLetters.DeadLetter], ([deadLetter]) => {
    const text = DeadLetters.encode(deadLetter)
    assert.match(text, /^[\x20-\x7e]*$/)
    assert.strictEqual(DeadLetters.encode(Result.getOrThrow(DeadLetters.decode(JSON.parse(text)))), text)
  })

  it("carries what SQS refuses: control characters, non-characters, lone surrogates", () => {
    const S = "ITEM#\u0000\u001f\u007f\u2028\ufffe\uffff\ud800é🍵\n"
    const deadLetter = DeadLetters.make({ reason: S, rows: [{ keys: { PK: { S } } }] }, 0)
    const text = DeadLetters.encode(deadLetter)
    assert.match(text, /^[\x20-\x7e]*$/)
    assert.deepStrictEqual(Result.getOrThrow(DeadLetters.decode(JSON.parse(text))), deadLetter)
  })

  it("of a later format says so, and something else is no dead letter", () => {
    assert.include(Result.getOrThrow(Result.flip(DeadLetters.decode({ format: 2 }))), "newer version")
    for (const other of [null, 3, {}, { format: 1 }, { format: 1, id: "a", rows: [], reason: "" }]) {
      assert.include(Result.getOrThrow(Result.flip(DeadLetters.decode(other))), "not a dead letter")
    }
  })
})

describe("once", () => {
  it.effect("does not send a dead letter again that was taken within the hour", () =>
    Effect.gen(function* () {
      const asked: Array<ReadonlyArray<string>> = []
      const put = DeadLetters.once((deadLetters) =>
        Effect.sync(() => {
          asked.push(deadLetters.map(({ reason }) => reason))
          return new Map(deadLetters.filter(({ reason }) => reason === "b").map(({ id }) => [id, "full"]))
        })
      )
      const deadLetter = (reason: string) => DeadLetters.make({ reason, rows: [{ sequenceNumber: reason }] }, 0)
      assert.strictEqual((yield* put([deadLetter("a"), deadLetter("b")])).size, 1)
      assert.strictEqual((yield* put([deadLetter("a"), deadLetter("b")])).size, 1)
      assert.strictEqual((yield* put([deadLetter("a")])).size, 0)
      yield* TestClock.adjust("61 minutes")
      yield* put([deadLetter("a")])
      assert.deepStrictEqual(asked, [["a", "b"], ["b"], ["a"]])
    })
  )
})
