/** The retry policy: how long and how often a write is tried again. */
import { Duration, Effect, Random, Schedule } from "effect"

/**
 * The default policy: exponential from 50 ms, doubling up to 5 s, with full jitter (each wait is anything between 0 and
 * that), for as long as the budget lasts. On average the waits before the 2nd to 8th try add up to about 3 seconds.
 */
export const policy: Schedule.Schedule<unknown, unknown> = Schedule.min([
  Schedule.exponential("50 millis"),
  Schedule.spaced("5 seconds")
]).pipe(
  Schedule.modifyDelay(({ duration }) =>
    Effect.map(Random.next, (share) => Duration.millis(share * Duration.toMillis(duration)))
  )
)
