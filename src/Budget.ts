import { Context, Duration } from "effect"

/**
 * The time that one call of the sink's `write` may take, retries included. When it ends, what is not settled is
 * answered as unsettled. Defaults to 30 seconds; the Lambda handler sets it from the time its invocation has left.
 */
export const Budget = Context.Reference<Duration.Duration>("tablefold/Budget", {
  defaultValue: () => Duration.seconds(30)
})
