/** A dead letter or a message worked off: what is written, what stays and with which words. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result } from "effect"
import { TestClock } from "effect/testing"
import * as Table from "../../src/define/Table.ts"
import type { Content } from "../../src/sink/deadletter/DeadLetterQueue.ts"
import * as DeadLetterQueue from "../../src/sink/deadletter/DeadLetterQueue.ts"
import { Order } from "../definitions.ts"
import { keys, deadLettersOf, make, row, type World } from "./redriveWorld.ts"

const world = Effect.gen(function* () {
  yield* TestClock.setTime(Date.UTC(2026, 0, 1))
  return yield* make()
})

const deliverAll = (world: World) => world.deliver(world.told)

const shown = (world: World) =>
  Effect.map(world.document, (text) => (text === undefined ? undefined : JSON.parse(text)))

/** An order and an item that does not fit, both delivered: one dead letter. */
const withDeadLetter = Effect.gen(function* () {
  const own = yield* world
  yield* own.put(row("DETAILS", 1, "good"))
  yield* own.put(row("ITEM#1", 1, "bad"))
  yield* deliverAll(own)
  assert.strictEqual(own.deadLetters.size, 1)
  return own
})

describe("a dead letter", () => {
  it.effect("whose row was mended is applied, and goes", () =>
    Effect.gen(function* () {
      const own = yield* withDeadLetter
      yield* own.memory.put(row("ITEM#1", 7, "good"))
      yield* TestClock.adjust("1 second")
      const answers = yield* own.redrive(deadLettersOf(own))
      assert.deepStrictEqual(answers, [{ isSettled: true, rows: 1, reasons: [] }])
      assert.deepInclude((yield* shown(own)).orderItems[0], { quantity: 7 })
      assert.strictEqual(own.deadLetters.size, 0)
    }).pipe(Effect.scoped)
  )

  it.effect("whose row is still refused stays, with the reason", () =>
    Effect.gen(function* () {
      const own = yield* withDeadLetter
      const [answer] = yield* own.redrive(deadLettersOf(own))
      assert.isFalse(answer!.isSettled)
      assert.include(answer!.reasons[0], "quantity")
      assert.strictEqual(own.deadLetters.size, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("redriven a week after newer writes changes nothing", () =>
    Effect.gen(function* () {
      const own = yield* withDeadLetter
      const deadLetters = deadLettersOf(own)
      yield* own.put(row("ITEM#1", 8, "good"))
      yield* deliverAll(own)
      // What the table says now is a newer word of the stream, which is still to come.
      yield* own.put(row("ITEM#1", 9, "good"))
      yield* TestClock.adjust("7 days")
      yield* own.redrive(deadLetters)
      assert.deepInclude((yield* shown(own)).orderItems[0], { quantity: 8 })
      yield* deliverAll(own)
      assert.deepInclude((yield* shown(own)).orderItems[0], { quantity: 9 })
    }).pipe(Effect.scoped)
  )

  it.effect("whose row is gone removes it", () =>
    Effect.gen(function* () {
      const own = yield* world
      yield* own.put(row("DETAILS", 1, "good"))
      yield* own.put(row("ITEM#1", 1, "good"))
      yield* own.put(row("ITEM#1", 1, "bad"))
      yield* deliverAll(own)
      assert.strictEqual((yield* shown(own)).orderItems.length, 1)
      yield* own.memory.remove(keys("ITEM#1"))
      yield* own.redrive(deadLettersOf(own))
      assert.strictEqual((yield* shown(own)).orderItems.length, 0)
      assert.strictEqual(own.deadLetters.size, 0)
    }).pipe(Effect.scoped)
  )

  it.effect("in a dry run is read and decoded, and nothing is written", () =>
    Effect.gen(function* () {
      const own = yield* withDeadLetter
      const [refused] = yield* own.redrive(deadLettersOf(own), true)
      assert.isFalse(refused!.isSettled)
      yield* own.memory.put(row("ITEM#1", 7, "good"))
      const [mended] = yield* own.redrive(deadLettersOf(own), true)
      assert.deepStrictEqual(mended, { isSettled: true, rows: 1, reasons: [] })
      assert.strictEqual((yield* shown(own)).orderItems.length, 0)
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    [
      "no aggregate claims",
      { PK: { S: "LOCK#1" }, SK: { S: "LOCK" } },
      "no aggregate of the definition claims its row"
    ],
    ["its record does not name", undefined, "can't be read again"],
    [
      "has other keys than the definition's",
      { PK: { S: "ORDER#1" } },
      "its keys are PK, but the definition's are PK, SK"
    ]
  ] as const)("of a row that %s stays", ([, keys, words]) =>
    Effect.gen(function* () {
      const own = yield* withDeadLetter
      const { deadLetter } = deadLettersOf(own)[0] as Extract<Content, { readonly _tag: "DeadLetter" }>
      const { keys: _, ...rest } = deadLetter.rows[0]
      const rows = [keys === undefined ? rest : { ...rest, keys }] as const
      const [answer] = yield* own.redrive([{ _tag: "DeadLetter", deadLetter: { ...deadLetter, rows } }])
      assert.include(answer!.reasons[0], words)
    }).pipe(Effect.scoped)
  )
})

/** What Lambda sends to an on-failure queue, as its documentation shows it. */
const onFailure = (streamArn: string, shardId: string, first: string, last: string) =>
  JSON.stringify({
    requestContext: {
      requestId: "316aa6d0-8154-xmpl-9af7-85d5f4a6bc81",
      functionArn: "arn:aws:lambda:us-east-2:123456789012:function:myfunction",
      condition: "RetryAttemptsExhausted",
      approximateInvokeCount: 1
    },
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    version: "1.0",
    timestamp: "2019-11-14T00:13:49.717Z",
    DDBStreamBatchInfo: {
      shardId,
      startSequenceNumber: first,
      endSequenceNumber: last,
      approximateArrivalOfFirstRecord: "2019-11-14T00:13:19Z",
      approximateArrivalOfLastRecord: "2019-11-14T00:13:19Z",
      batchSize: 1,
      streamArn
    }
  })

/** The message for the records of the world from one place to another. */
const messageFor = Effect.fnUntraced(function* ({ memory, told }: World, from: number, to: number) {
  const { latest } = yield* memory.streamApi.findStream(memory.tableName)
  const { shards } = yield* memory.streamApi.describeStream(latest!.streamArn)
  const number = (index: number) => {
    const { origin } = Result.getOrThrow(told[index]!)
    return origin._tag === "Stream" ? origin.sequenceNumber : ""
  }
  const text = onFailure(latest!.streamArn, shards[0]!.shardId, number(from), number(to))
  return Result.getOrThrow(DeadLetterQueue.read(text))
})

/** Runs with time passing by itself, as fast as it can. */
const withTimePassing = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    while (fiber.pollUnsafe() === undefined) yield* TestClock.adjust("1 second")
    return yield* Fiber.join(fiber)
  })

describe("a message of Lambda's own", () => {
  const order = Effect.gen(function* () {
    const own = yield* world
    yield* own.put(row("DETAILS", 1, "good"))
    yield* own.put({ PK: { S: "LOCK#1" }, SK: { S: "LOCK" } })
    yield* own.put(row("ITEM#1", 1, "good"))
    yield* own.put(row("ITEM#1", 2, "good"))
    yield* own.put(row("ITEM#2", 3, "good"))
    return own
  })

  it.effect("is worked off by reading the stream again between its numbers", () =>
    Effect.gen(function* () {
      const own = yield* order
      const [answer] = yield* own.redrive([yield* messageFor(own, 0, 3)])
      assert.deepStrictEqual(answer, { isSettled: true, rows: 2, reasons: [] })
      const { orderItems } = yield* shown(own)
      assert.deepStrictEqual(
        orderItems.map(({ quantity }: { readonly quantity: number }) => quantity),
        [2]
      )
    }).pipe(Effect.scoped)
  )

  it.effect("stays where the definition has other key names than the table", () =>
    Effect.gen(function* () {
      const own = yield* order
      const message = yield* messageFor(own, 0, 3)
      for (const keys of [
        { partitionKey: "PK", sortKey: "sk" },
        { partitionKey: "pk", sortKey: "SK" }
      ]) {
        const other = Table.make({ ...keys, aggregates: [Order] })
        for (const isDryRun of [true, false]) {
          const error = yield* Effect.flip(own.redrive([message], isDryRun, other))
          assert.match(
            error.message,
            /^the table arn:aws:\S+ has the keys PK, SK; the definition has the keys \S+, \S+; correct/
          )
        }
      }
    }).pipe(Effect.scoped)
  )

  it.effect("whose records are gone stays and says what to do", () =>
    Effect.gen(function* () {
      const own = yield* order
      const message = yield* messageFor(own, 0, 3)
      yield* own.memory.trim()
      const [answer] = yield* withTimePassing(own.redrive([message]))
      assert.isFalse(answer!.isSettled)
      assert.include(answer!.reasons.join(), "no longer has all records")
      assert.include(answer!.reasons.join(), "compare the index with the table")
    }).pipe(Effect.scoped)
  )

  it.effect("whose first records are gone is worked off as far as the stream has it, and stays", () =>
    Effect.gen(function* () {
      const own = yield* order
      yield* own.memory.trim()
      yield* own.put(row("ITEM#3", 4, "good"))
      const [answer] = yield* own.redrive([yield* messageFor(own, 3, 5)])
      assert.isFalse(answer!.isSettled)
      assert.strictEqual(answer!.rows, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("of a stream that is gone says so", () =>
    Effect.gen(function* () {
      const own = yield* order
      const message = yield* messageFor(own, 0, 3)
      yield* own.replaceStream
      yield* own.memory.trim()
      const [answer] = yield* own.redrive([message])
      assert.include(answer!.reasons.join(), "no longer has the shard")
    }).pipe(Effect.scoped)
  )

  it("that does not say which records is told from a dead letter and from anything else", () => {
    const reasons = ["{}", "[", '{"DDBStreamBatchInfo":{"shardId":"a"}}'].map((text) =>
      Result.getOrThrow(Result.flip(DeadLetterQueue.read(text)))
    )
    assert.deepStrictEqual(reasons, [
      "it is not a dead letter of tablefold",
      "it is not JSON",
      "it is a message of Lambda that does not say which records it is about"
    ])
  })
})
