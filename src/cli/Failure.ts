/** The ends of a command other than all being well, and their exit codes. */
import { Cause, Data, Result } from "effect"

/** The reason why a command gives up: a sentence for the person at the terminal. Exit code 1. */
export class Failure extends Data.TaggedError("Failure")<{ readonly message: string }> {}

/** The command did all it was asked to, and its answer holds something to look at, in a sentence. Exit code 2. */
export class Findings extends Data.TaggedError("Findings")<{ readonly message: string }> {}

/** True for the end of a command that was done and found something. */
export const isFindings = (cause: Cause.Cause<unknown>): boolean => {
  const error = Cause.findError(cause)
  return Result.isSuccess(error) && error.success instanceof Findings
}

/** Puts a cause into words, without a stack. A defect is a fault of ours, so it keeps its stack. */
export const sentence = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  if (Cause.hasDies(cause)) return `a fault in tablefold itself: ${(error instanceof Error && error.stack) || error}`
  return error instanceof Error && error.message !== "" ? error.message : String(error)
}
