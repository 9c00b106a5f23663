/** Sends what exporters hold: for a program that may be frozen after each batch. */
import { Context, Effect } from "effect"

/** Does nothing where there is no exporter. Takes a second at most. */
export const Flush = Context.Reference<Effect.Effect<void>>("tablefold/metrics/Flush", {
  defaultValue: () => Effect.void
})
