import { Deferred, Effect, Exit, Fiber } from "effect"

/** The time that what is on its way has to be settled in. */
const drainMax = "10 seconds"

/**
 * Runs an effect that ends soon once `stop` ends. Interrupted, it is stopped so, and waited for; what has not ended
 * after ten seconds is interrupted.
 */
export const drained = <A, E, R>(run: (stop: Effect.Effect<void>) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const stop = yield* Deferred.make<void>()
    const fiber = yield* Effect.forkDetach(run(Deferred.await(stop)))
    const end = Deferred.done(stop, Exit.void).pipe(
      Effect.andThen(Effect.ignore(Effect.timeout(Fiber.await(fiber), drainMax))),
      Effect.andThen(Effect.forkDetach(Fiber.interrupt(fiber)))
    )
    return yield* Effect.onInterrupt(Fiber.join(fiber), () => end)
  })
