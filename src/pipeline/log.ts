/** A delivery's problems as lines of a log, for the programs that have one: by keys and reasons, never data. */
import { Effect, LogLevel } from "effect"
import type { Delivery } from "./Pipeline.ts"
import * as settlement from "./settlement.ts"

/** Tells that dead letters were not taken, and why. */
export const logNotTaken = ({ notTaken }: Pick<Delivery, "notTaken">): Effect.Effect<void> =>
  Effect.forEach(notTaken, (reason) => Effect.logError(`a dead letter was not taken: ${reason}`), { discard: true })

/** Warns of what was not written as it came; at debug level each document is reported with what became of it. */
export const log = Effect.fnUntraced(function* (delivery: Delivery) {
  for (const text of settlement.summarize(delivery.problems)) yield* Effect.logWarning(text)
  yield* logNotTaken(delivery)
  if (!(yield* LogLevel.isEnabled("Debug"))) return
  for (const text of settlement.describe(delivery.settled)) yield* Effect.logDebug(text)
})
