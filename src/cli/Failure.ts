/**
 * The reason why a command gives up: a sentence for the person at the terminal. `show` makes one of whatever went
 * wrong.
 */
import { Cause, Data } from "effect"

export class Failure extends Data.TaggedError("Failure")<{ readonly message: string }> {}

/** Puts a cause into words, without a stack. A defect is a fault of ours, so it keeps its stack. */
export const sentence = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  if (Cause.hasDies(cause)) return `a fault in tablefold itself: ${(error instanceof Error && error.stack) || error}`
  return error instanceof Error && error.message !== "" ? error.message : String(error)
}
