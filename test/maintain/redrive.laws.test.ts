/**
 * Whatever dead letters are redriven, in whatever order, at whatever time, between whatever deliveries: in the end the
 * document is that of the rows that the table holds, and no dead letter is left.
 */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import type { Content } from "../../src/sink/deadletter/DeadLetterQueue.ts"
import { keys, type Kind, deadLettersOf, make, row, type World } from "./redriveWorld.ts"
import { often } from "../often.ts"

const below = (n: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: n - 1 }))

const Step = Schema.Struct({ what: below(12), which: below(64), many: below(4), hours: below(200) })
type Step = typeof Step.Type

const sorts = ["DETAILS", "ITEM#1"]

const batchFrom = ({ told }: World, which: number, many: number): ReadonlyArray<Content> => {
  const places = told.flatMap((record) => {
    const { origin } = Result.getOrThrow(record)
    return origin._tag === "Stream" ? [origin] : []
  })
  const first = places[which % Math.max(1, places.length)]
  if (first === undefined) return []
  const last = places.filter(({ streamArn }) => streamArn === first.streamArn).at(-1 - many) ?? first
  if (BigInt(last.sequenceNumber) < BigInt(first.sequenceNumber)) return []
  return [
    {
      _tag: "StreamBatch",
      batch: {
        streamArn: first.streamArn,
        shardId: "",
        startSequenceNumber: first.sequenceNumber,
        endSequenceNumber: last.sequenceNumber,
        condition: "RetryAttemptsExhausted"
      }
    }
  ]
}

const shardOf = Effect.fnUntraced(function* (world: World, contents: ReadonlyArray<Content>) {
  return yield* Effect.forEach(contents, (content) =>
    content._tag === "DeadLetter"
      ? Effect.succeed(content)
      : Effect.map(world.memory.streamApi.describeStream(content.batch.streamArn), ({ shards }): Content => ({
          _tag: "StreamBatch",
          batch: { ...content.batch, shardId: shards[0]!.shardId }
        }))
  )
})

/** Some of a list, from a place on and round its end. */
const some = <T>(list: ReadonlyArray<T>, from: number, count: number): ReadonlyArray<T> =>
  list.length === 0
    ? []
    : Array.from({ length: Math.min(count, list.length) }, (_, i) => list[(from + i) % list.length]!)

const take = Effect.fnUntraced(function* (world: World, { hours, many, what, which }: Step, n: number) {
  const sort = sorts[which % sorts.length]!
  const kind = (["good", "bad", "poison"] as const satisfies ReadonlyArray<Kind>)[many % 3]!
  if (what <= 3) return yield* world.put(row(sort, n, kind))
  if (what === 4) return yield* world.remove(keys(sort))
  if (what <= 7) return yield* world.deliver(some(world.told, which, (many + 1) * 2))
  if (what <= 9) return yield* world.redrive(some(deadLettersOf(world), which, many + 1))
  if (what === 10) return yield* world.redrive(yield* shardOf(world, batchFrom(world, which, many)))
  if (hours % 5 === 0) return yield* world.replaceStream
  return yield* TestClock.adjust(`${hours} hours`)
})

describe("redrive", () => {
  it.effect.prop(
    "ends in the document of the final rows",
    [Arbitrary.array(Arbitrary.schema(Step), { minLength: 5, maxLength: 40 }), below(1000)],
    ([steps, turn]) =>
      Effect.gen(function* () {
        yield* TestClock.setTime(Date.UTC(2026, 0, 1))
        const world = yield* make()
        for (const [n, step] of steps.entries()) yield* take(world, step, n)
        // Rows that the definition refuses are mended in the table; those that the sink refused it takes from now on.
        for (const [i, sort] of sorts.entries()) {
          const now = yield* world.memory.get(keys(sort))
          if (now._tag === "Some" && JSON.stringify(now.value).includes("soon")) {
            yield* world.put(row(sort, 100 + i, "good"))
          }
        }
        for (const record of some(world.told, turn, world.told.length)) yield* world.deliver([record])
        yield* world.relent
        yield* TestClock.adjust(`${turn} hours`)
        yield* world.redrive(some(deadLettersOf(world), turn, world.deadLetters.size))
        assert.strictEqual(world.deadLetters.size, 0)
        assert.strictEqual(yield* world.document, yield* world.expected)
      }).pipe(Effect.scoped),
    { arbitrary: { runs: often(200) } }
  )
})
