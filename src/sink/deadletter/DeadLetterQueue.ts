/**
 * The place where dead letters are kept, seen by someone who works them off. They are taken, and removed once they are
 * settled. What is not removed stays. A dead letter queue may also hold what Lambda itself sends for a batch it has
 * given up.
 */
import { type Effect, Predicate, Result } from "effect"
import * as DeadLetters from "./DeadLetters.ts"

/** Something in a dead letter queue. */
export interface Message {
  /** Names it within its dead letter queue. */
  readonly handle: string
  readonly text: string
}

export interface DeadLetterQueue {
  /** Some that were not taken yet; none when all were. */
  readonly take: Effect.Effect<ReadonlyArray<Message>, DeadLetters.DeadLettersError>
  /** To be followed by `finish`: until then what is removed may still be there for others. */
  readonly remove: (handles: ReadonlyArray<string>) => Effect.Effect<void, DeadLetters.DeadLettersError>
  /** To be called at the end, however it came: a file is written anew here, and not for each few that are removed. */
  readonly finish: Effect.Effect<void, DeadLetters.DeadLettersError>
  /** About how many there are. */
  readonly size: Effect.Effect<number, DeadLetters.DeadLettersError>
}

/** Records of a stream that Lambda gave up, as its on-failure destination tells of them: where they stand, no more. */
export interface StreamBatch {
  readonly streamArn: string
  readonly shardId: string
  readonly startSequenceNumber: string
  readonly endSequenceNumber: string
  /** The reason why Lambda gave up, in its own word: `RetryAttemptsExhausted`. */
  readonly condition: string
}

export type Content =
  | { readonly _tag: "DeadLetter"; readonly deadLetter: DeadLetters.DeadLetter }
  | { readonly _tag: "StreamBatch"; readonly batch: StreamBatch }

/** Reads a text from a dead letter queue, or tells why it says nothing. */
export const read = (text: string): Result.Result<Content, string> => {
  const parsed = Result.try({ try: (): unknown => JSON.parse(text), catch: () => "it is not JSON" })
  if (Result.isFailure(parsed)) return Result.fail(parsed.failure)
  const value = parsed.success
  if (Predicate.hasProperty(value, "DDBStreamBatchInfo")) return readBatch(value)
  return Result.map(DeadLetters.decode(value), (deadLetter) => ({ _tag: "DeadLetter", deadLetter }))
}

const readBatch = (value: { readonly DDBStreamBatchInfo: unknown }): Result.Result<Content, string> => {
  const info = value.DDBStreamBatchInfo
  const own = (name: string) => {
    const found = Predicate.hasProperty(info, name) ? info[name] : undefined
    return typeof found === "string" && found !== "" ? found : undefined
  }
  const streamArn = own("streamArn")
  const shardId = own("shardId")
  const startSequenceNumber = own("startSequenceNumber")
  const endSequenceNumber = own("endSequenceNumber")
  if (
    streamArn === undefined ||
    shardId === undefined ||
    !isNumber(startSequenceNumber) ||
    !isNumber(endSequenceNumber)
  ) {
    return Result.fail("it is a message of Lambda that does not say which records it is about")
  }
  const context = Predicate.hasProperty(value, "requestContext") ? value.requestContext : undefined
  const condition = Predicate.hasProperty(context, "condition") ? String(context.condition) : "unknown"
  return Result.succeed({
    _tag: "StreamBatch",
    batch: { streamArn, shardId, startSequenceNumber, endSequenceNumber, condition }
  })
}

const isNumber = (text: string | undefined): text is string => text !== undefined && /^\d+$/.test(text)
