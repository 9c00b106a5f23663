/** What is left of generations: readers led back, one dropped under its writers, one made again. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as Patch from "../../src/fold/Patch.ts"
import * as promote from "../../src/generation/promote.ts"
import { Sink } from "../../src/sink/Sink.ts"
import { Budget } from "../../src/Budget.ts"
import { put } from "../../src/testing/events.ts"
import { SimulatedOpenSearch } from "../simulate/SimulatedOpenSearch.ts"
import { sink } from "../simulate/transport.ts"
import { After, Before, complaint, mark, on, ready, source, write } from "./generations.ts"
import { outcomesIn } from "../sink/outcomes.ts"

describe("rollback", () => {
  it.effect("leads readers back, but not to one that is incomplete, nor to nothing", () =>
    Effect.gen(function* () {
      const server = yield* ready
      assert.include(yield* complaint(server, promote.rollback(After, "")), "no index")
      yield* on(server, promote.promote(After, ""))
      yield* mark(server, "orders-000001", { incomplete: { number: 1, at: 5, reason: "a row was refused" } })
      assert.include(yield* complaint(server, promote.rollback(After, "")), "a row was refused")
      yield* mark(server, "orders-000001", { incomplete: undefined })
      const moved = yield* on(server, promote.rollback(After, ""))
      assert.deepStrictEqual(moved, { from: "orders-000002", to: "orders-000001" })
    })
  )
})

describe("drop", () => {
  it.effect("deletes one that is not live; its writers settle nothing more and don't bring it back", () =>
    Effect.gen(function* () {
      const server = yield* ready
      assert.include(yield* complaint(server, promote.drop(After, "", "orders-000001")), "readers")
      yield* on(server, promote.promote(After, ""))
      yield* on(server, promote.drop(After, "", "orders-000001"))
      assert.deepStrictEqual([...server.indices.keys()], ["orders-000002"])
      const outcome = yield* write(server, Before, "9")
      assert.strictEqual(outcome._tag, "Unsettled")
      assert.deepStrictEqual([...server.indices.keys()], ["orders-000002"])
    })
  )
})

describe("a worker that has written to a dropped generation", () => {
  it.effect("finds it gone with its next write, and neither brings it back nor writes anywhere else", () =>
    Effect.gen(function* () {
      const server = yield* ready
      // It has checked the generation a moment ago, and knows the document.
      const old = yield* Effect.provide(Sink, sink(server))
      const write = (orderId: string, name: string) => {
        const patches = Patch.fromEvents([put(Before).root({ orderId }, { name })])
        return Effect.provideService(
          Budget,
          Duration.seconds(1)
        )(Effect.map(outcomesIn(old, patches), ([outcome]) => outcome))
      }
      assert.strictEqual((yield* write("7", "Ada"))?._tag, "Written")
      yield* on(server, promote.promote(After, ""))
      yield* on(server, promote.drop(After, "", "orders-000001"))
      const texts = () => [...server.indices].map(([name, { documents }]) => [name, [...documents.keys()]])
      const before = texts()
      const writing = yield* Effect.forkChild(write("7", "Eve"))
      yield* TestClock.adjust("2 seconds")
      const outcome = yield* Fiber.join(writing)
      assert.include(outcome?._tag === "Unsettled" ? outcome.reason : "", "was dropped")
      assert.deepStrictEqual(texts(), before)
    })
  )
})

describe("make", () => {
  it.effect("makes the next one once, whoever asks", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* write(server, Before, "1")
      assert.deepStrictEqual(yield* on(server, promote.make(After, "", source)), {
        index: "orders-000002",
        isNew: true
      })
      assert.deepStrictEqual(yield* on(server, promote.make(After, "", source)), {
        index: "orders-000002",
        isNew: false
      })
      assert.isFalse(server.indices.get("orders-000002")!.aliases.has("orders"))
    })
  )
})
