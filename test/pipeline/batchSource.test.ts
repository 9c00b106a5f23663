/** One record that names another source is refused by itself; a batch that is of two fails as a whole. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Result } from "effect"
import * as following from "../../src/pipeline/following.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import * as Documents from "../../src/sink/Documents.ts"
import { layerMemory } from "../../src/sink/Sink.ts"
import type { Received } from "../../src/pipeline/settlement.ts"
import { StreamChange, Origin } from "../../src/source/record/StreamChange.ts"
import { keys, streamArn } from "../decode/changes.ts"
import { Order, table } from "../maintain/shop.ts"

const other = streamArn.replace("Shop", "Other")
const later = streamArn.replace("2026-08-01", "2926-08-01")

const order = (id: number, arn = streamArn, viewType?: string, isWhole = true): Received => {
  const image = isWhole ? { customer: { S: "Ada" } } : undefined
  const origin = new Origin("INSERT", arn, String(100 + id), undefined, viewType)
  return Result.succeed(new StreamChange(keys(`ORDER#${id}`, "DETAILS"), image, undefined, origin))
}

/** The reasons of what is not acknowledged by its place, and the ids that were written. */
const through = Effect.fnUntraced(function* (changes: ReadonlyArray<Received>, deliver: typeof following.deliver) {
  const { unacknowledged } = yield* deliver(table, changes)
  const written: Array<number> = []
  for (let id = 0; id < changes.length; id++) {
    if (Option.isSome(yield* Documents.json(Order, String(id)))) written.push(id)
  }
  return { open: unacknowledged.map(({ index, reason }) => [index, reason] as const), written }
}, Effect.provide(layerMemory))

describe("a record of another source than its batch", () => {
  it.effect.each([
    ["names another table", other, Pipeline.deliver],
    ["names a later label, in a batch of a followed stream", later, following.deliver]
  ] as const)("that %s is refused by itself", ([, arn, deliver]) =>
    Effect.gen(function* () {
      const { open, written } = yield* through([order(0), order(1, arn), order(2)], deliver)
      assert.deepStrictEqual(written, [0, 2])
      assert.strictEqual(open.length, 1)
      assert.strictEqual(open[0]![0], 1)
      assert.include(open[0]![1], "the others of its batch are of arn:aws:dynamodb:eu-west-1:123456789012:table/Shop")
    })
  )

  it.effect("whose ARN can't be read is refused by itself, and its text is not told", () =>
    Effect.gen(function* () {
      const { open, written } = yield* through([order(0, "4111-1111"), order(1)], following.deliver)
      assert.deepStrictEqual(written, [1])
      assert.include(open[0]![1], "a text of 9 characters is not the ARN of a DynamoDB stream")
    })
  )

  it.effect("makes the whole batch fail where the batch is as much of the one as of the other", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(through([order(0), order(1, other)], Pipeline.deliver))
      assert.include(error.message, "several tables")
    })
  )

  it.effect("is taken as it is where it is of another stream of the same table, out of a file", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* through([order(0), order(1, later), order(2)], Pipeline.deliver), {
        open: [],
        written: [0, 1, 2]
      })
    })
  )
})

describe("a record that says its stream has no new images", () => {
  it.effect("is refused by itself where most others of its batch bring one", () =>
    Effect.gen(function* () {
      const { open, written } = yield* through(
        [order(0), order(1, streamArn, "KEYS_ONLY", false), order(2)],
        following.deliver
      )
      assert.deepStrictEqual(written, [0, 2])
      assert.deepStrictEqual(
        open.map(([index]) => index),
        [1]
      )
    })
  )

  it.effect("makes the whole batch fail where no other brings one", () =>
    Effect.gen(function* () {
      const batch = [order(0, streamArn, "KEYS_ONLY", false), order(1, streamArn, "KEYS_ONLY", false)]
      const error = yield* Effect.flip(through(batch, following.deliver))
      assert.include(error.message, "NEW_AND_OLD_IMAGES")
    })
  )
})
