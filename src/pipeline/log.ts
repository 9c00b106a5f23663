/** A delivery's problems as lines of a log, for the programs that have one: by keys and reasons, never data. */
import { Effect, LogLevel } from "effect"
import type { Delivery } from "./Pipeline.ts"
import * as settlement from "./settlement.ts"

/** Warns of what was not written as it came; at debug level each document is reported with what became of it. */
export const log = Effect.fnUntraced(function* ({ notTaken, problems, settled }: Delivery) {
  for (const text of settlement.summarize(problems)) yield* Effect.logWarning(text)
  for (const reason of notTaken) yield* Effect.logError(`a dead letter was not taken: ${reason}`)
  if (!(yield* LogLevel.isEnabled("Debug"))) return
  for (const text of settlement.describe(settled)) yield* Effect.logDebug(text)
})
