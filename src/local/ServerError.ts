/**
 * Errors that can happen between "no server" and "a server answers". Each error is one sentence for the person at the
 * terminal: what happened, where, and what to do; where a log says more, its tail follows.
 */
import { Data } from "effect"

/** Something this machine lacks: a JDK or Maven. Nothing was started. */
export class ServersMissing extends Data.TaggedError("ServersMissing")<{ readonly message: string }> {}

/** A server could not be fetched or started. */
export class ServerError extends Data.TaggedError("ServerError")<{
  readonly reason: "NotFetched" | "PortTaken" | "NotStarted"
  readonly message: string
}> {}

/** For errors of the file system and of child processes, which say what happened but not to whom. */
export const because =
  (reason: ServerError["reason"], sentence: string) =>
  (cause: { readonly message: string }): ServerError =>
    new ServerError({ reason, message: `${sentence}: ${cause.message}` })
