/** Trying again for as long as it takes, where giving up would lose a change and going on would skip one. */
import { Effect, Schedule } from "effect"
import { report } from "./stream/Progress.ts"

/** 0.2, 0.4, 0.8, … then every 10 seconds, each 20 % more or less so that shards do not ask in step. */
export const backoff = Schedule.min([Schedule.exponential("200 millis"), Schedule.spaced("10 seconds")]).pipe(
  Schedule.jittered
)

/** Repeats what failed while `isRetryable` says so, without end, and reports the failures and the recovery. */
export const retryForever =
  <E>(subject: string, isRetryable: (error: E) => boolean) =>
  <A, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      let attempts = 0
      return self.pipe(
        Effect.tapError((error) =>
          isRetryable(error)
            ? report({ _tag: "Retrying", subject, attempt: ++attempts, message: messageOf(error) })
            : Effect.void
        ),
        Effect.retry({ while: isRetryable, schedule: backoff }),
        Effect.tap(() => (attempts > 0 ? report({ _tag: "Recovered", subject, attempts }) : Effect.void))
      )
    })

/** The words of an error, whatever was thrown. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : typeof error === "string" ? error : "an error without a message"
