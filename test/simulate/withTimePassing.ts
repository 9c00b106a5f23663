import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

/** Runs with time passing by itself, as fast as it can. */
export const withTimePassing = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    while (fiber.pollUnsafe() === undefined) yield* TestClock.adjust("100 millis")
    return yield* Fiber.join(fiber)
  })
