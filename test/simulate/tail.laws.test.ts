/**
 * A followed stream through the whole pipeline into an OpenSearch that fails: whatever is killed between a write and
 * its checkpoint, in the end every document is that of the rows which the table holds.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Logger, Option } from "effect"
import { TestClock } from "effect/testing"
import { Budget } from "../../src/Budget.ts"
import * as following from "../../src/pipeline/following.ts"
import { TransportError } from "../../src/sink/opensearch/Transport.ts"
import { type Checkpoint, CheckpointError, Checkpoints } from "../../src/source/stream/Checkpoints.ts"
import type { Batch } from "../../src/source/Batch.ts"
import * as MemoryTable from "../../src/testing/MemoryTable.ts"
import { details, expected, index, item, keysOf, table } from "../maintain/shop.ts"
import { visible } from "../maintain/world.ts"
import { advance, follow, toEnd } from "../source/stream/tailWorld.ts"
import { SeededRandom } from "./SeededRandom.ts"
import { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"
import { type Interceptor, sink } from "./transport.ts"
import { often } from "../often.ts"

/** In so short a time that some of it stays open. */
const deliver = (millis: number) => (batches: ReadonlyArray<Batch>) =>
  following
    .deliver(
      table,
      batches.flatMap(({ changes }) => changes)
    )
    .pipe(Effect.provideService(Budget, Duration.millis(millis)))

const live = Effect.fnUntraced(function* (seed: number) {
  yield* TestClock.setTime(Date.parse("2026-08-01T00:00:00.000Z"))
  const random = new SeededRandom(seed)
  const memory = yield* MemoryTable.make({ recordsMax: random.pick([1, 3, 20]) })
  const server = new SimulatedOpenSearch()
  const failing = random.pick([0, 0.1, 0.4])
  const budget = random.pick([500, 2000, 10_000])
  let isCalm = false
  let isKilled = false
  const lost = Effect.fail(new TransportError({ message: "socket hang up" }))
  const intercept: Interceptor = (request, next) => {
    if (isKilled) return Effect.never
    if (isCalm || !random.chance(failing)) return Effect.delay(next, random.below(300))
    return random.pick([lost, Effect.andThen(next, lost), Effect.succeed({ status: 503, text: "" })])
  }
  let saved = Option.none<Checkpoint>()
  const checkpoints = Checkpoints.of({
    load: Effect.sync(() => saved),
    save: (checkpoint) =>
      Effect.suspend(() => {
        if (isKilled) return Effect.fail(new CheckpointError({ operation: "save", message: "killed" }))
        saved = Option.some(structuredClone(checkpoint))
        return Effect.void
      })
  })
  const around = Layer.mergeAll(
    Layer.succeed(Checkpoints, checkpoints),
    MemoryTable.layerStreamApi(memory),
    Logger.layer([])
  )
  const process = (until: "interrupted" | "caught-up") =>
    Effect.provide(
      follow({ tableName: memory.tableName, from: "checkpoint", until, pollEvery: "1 second" }, deliver(budget)),
      [around, sink(server, intercept)],
      { local: true }
    )
  let fiber = yield* Effect.forkDetach(process("interrupted"))
  let kills = 0
  for (let step = 0; step < 80; step++) {
    const order = random.below(4)
    const row = random.chance(0.3) ? details(order, `${step}`) : item(order, random.below(3), step)
    if (random.chance(0.2)) yield* memory.remove(keysOf(row))
    else yield* memory.put(row)
    if (random.chance(0.05)) yield* memory.splitShard()
    if (random.chance(0.3)) yield* advance(random.below(3000))
    if (!random.chance(0.06)) continue
    kills++
    isKilled = true
    const stopping = yield* Effect.forkDetach(Fiber.interrupt(fiber))
    yield* advance("30 seconds")
    yield* Fiber.join(stopping)
    isKilled = false
    fiber = yield* Effect.forkDetach(process("interrupted"))
  }
  isCalm = true
  yield* Fiber.join(yield* Effect.tap(Effect.forkDetach(Fiber.interrupt(fiber)), () => advance("30 seconds")))
  yield* toEnd(process("caught-up"))
  return { kills, seen: visible(server, index), want: yield* expected(memory) }
})

const seeds = Array.from({ length: often(25) }, (_, i) => i + 1)

describe("a followed stream", () => {
  it.effect.each(seeds)("ends in the documents of the table's rows, whatever is killed and fails (seed %s)", (seed) =>
    Effect.map(live(seed), ({ seen, want }) => assert.deepStrictEqual(seen, want))
  )
})
