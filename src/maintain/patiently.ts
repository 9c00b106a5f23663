/** Requests that are made again where they failed in passing. */
import { Effect, Schedule } from "effect"
import type { SinkError } from "../sink/Sink.ts"

/** Asks again what failed in passing: 6 more times, in about 20 seconds. */
export const patiently = <A, R>(effect: Effect.Effect<A, SinkError, R>) =>
  Effect.retry(effect, {
    while: ({ reason }) => reason.isRetryable,
    schedule: Schedule.exponential("300 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 6 }))
  })
