/** The SOURCE of the commands about dead letters: a queue, a bucket or a file, what is meant, and in which words. */
import { Effect, FileSystem, Layer, Option, Result, type Scope } from "effect"
import { Argument, Flag } from "effect/cli"
import * as privateFile from "../privateFile.ts"
import { type Location, locationOf } from "../s3.ts"
import * as setting from "../setting.ts"
import { DeadLettersError, type DeadLetter } from "../sink/deadletter/DeadLetters.ts"
import * as DeadLetterQueue from "../sink/deadletter/DeadLetterQueue.ts"
import { Failure } from "./Failure.ts"
import { s3Settings } from "./s3Settings.ts"
import { clientSettings } from "./stream.ts"

export const source = Argument.String("source").pipe(
  Argument.withDescription(
    "The file with the dead letters (each on a line or over several, or an array), the URL of the SQS queue that " +
      "holds them, or their place in S3, s3://bucket/prefix"
  )
)

export const reason = Flag.String("reason").pipe(
  Flag.withMetavar("text"),
  Flag.withDescription("Only dead letters whose reason, or the server's type of it, holds this text (default: all)"),
  Flag.optional
)

export const aggregate = Flag.String("aggregate").pipe(
  Flag.withMetavar("name"),
  Flag.withDescription("Only dead letters of this aggregate (default: all)"),
  Flag.optional
)

/** The part of a command's help. */
export const sourceEnvironment = [
  "  SQS is found by the host of the queue's URL, with the region in it or AWS_REGION, and credentials as the AWS CLI",
  "  finds them; a queue on this machine needs none of them. S3 is found by AWS_REGION and the credentials likewise;",
  "  AWS_ENDPOINT_URL_S3 names another server than AWS."
].join("\n")

export const open = Effect.fnUntraced(function* (
  source: string,
  purpose: "redrive" | "inspect"
): Effect.fn.Return<
  DeadLetterQueue.DeadLetterQueue,
  Failure | setting.SettingError | DeadLettersError,
  FileSystem.FileSystem | Scope.Scope
> {
  const bucket = yield* bucketOf(source)
  if (bucket !== undefined) {
    const s3 = yield* Effect.promise(() => import("../sink/deadletter/s3Queue.ts"))
    return yield* s3.queue({ ...bucket, ...(yield* s3Settings) })
  }
  const url = yield* queueOf(source)
  if (url === undefined) {
    const file = yield* Effect.promise(() => import("../sink/deadletter/file.ts"))
    // Before the rows are read, as nothing could be taken out of it in the end.
    if (purpose === "redrive") yield* notLink(source)
    return yield* file.queue(source)
  }
  const sqs = yield* Effect.promise(() => import("../sink/deadletter/sqsQueue.ts"))
  return yield* sqs.queue({ queueUrl: source, purpose, ...(yield* clientSettings(url)) })
})

const notLink = Effect.fnUntraced(function* (path: string) {
  yield* Effect.mapError(
    privateFile.refuseLink(yield* FileSystem.FileSystem, path),
    ({ message }) => new Failure({ message: `dead letters can't be taken out of ${path}: ${message}` })
  )
})

/** Takes up to `max` of a dead letter queue and leaves them there. */
export const inspect = Effect.fnUntraced(function* (queue: DeadLetterQueue.DeadLetterQueue, max: number) {
  const all: Array<DeadLetterQueue.Message> = []
  while (all.length < max) {
    const kept = yield* queue.take
    if (kept.length === 0) break
    all.push(...kept)
  }
  return all.slice(0, max)
})

/** The destination of a command's dead letters: a queue, a place in S3 or a file, or nowhere. */
export const layerDestination = Effect.fnUntraced(function* (
  destination: string | undefined
): Effect.fn.Return<Layer.Layer<never, never, FileSystem.FileSystem>, Failure | setting.SettingError> {
  if (destination === undefined || destination === "") return Layer.empty
  const withData = (yield* setting.flag("DEAD_LETTER_WITH_DATA")) ?? false
  const bucket = yield* bucketOf(destination)
  if (bucket !== undefined) {
    const s3 = yield* Effect.promise(() => import("../sink/deadletter/s3.ts"))
    return s3.layer({ ...bucket, withData, timeout: "20 seconds", ...(yield* s3Settings) })
  }
  const url = yield* queueOf(destination)
  if (url === undefined) {
    const file = yield* Effect.promise(() => import("../sink/deadletter/file.ts"))
    return file.layer(destination, { withData })
  }
  const sqs = yield* Effect.promise(() => import("../sink/deadletter/sqs.ts"))
  return sqs.layer({ queueUrl: destination, withData, timeout: "20 seconds", ...(yield* clientSettings(url)) })
})

const bucketOf = Effect.fnUntraced(function* (text: string): Effect.fn.Return<Location | undefined, Failure> {
  if (!text.startsWith("s3:")) return undefined
  const location = locationOf(text)
  return (
    location ?? (yield* new Failure({ message: `"${text}" is no place in S3; it must be like s3://bucket/prefix` }))
  )
})

const queueOf = Effect.fnUntraced(function* (text: string): Effect.fn.Return<URL | undefined, Failure> {
  if (text.startsWith("arn:")) {
    return yield* new Failure({ message: `${text} is an ARN; give the queue's URL, as aws sqs get-queue-url does` })
  }
  if (!/^https?:/.test(text)) return undefined
  if (URL.canParse(text)) return new URL(text)
  return yield* new Failure({ message: `"${text}" is no URL of a queue` })
})

export interface Filter {
  readonly reason: Option.Option<string>
  readonly aggregate: Option.Option<string>
}

/**
 * Tells whether a filter means this. What Lambda sent names no aggregate, and its reason is the condition it gave up
 * on.
 */
export const isMeant = (content: DeadLetterQueue.Content, filter: Filter): boolean => {
  const deadLetter = content._tag === "DeadLetter" ? content.deadLetter : undefined
  const words = content._tag === "DeadLetter" ? wordsOf(content.deadLetter) : content.batch.condition
  return (
    Option.match(filter.aggregate, { onNone: () => true, onSome: (name) => deadLetter?.aggregate === name }) &&
    Option.match(filter.reason, {
      onNone: () => true,
      onSome: (text) => words.toLowerCase().includes(text.toLowerCase())
    })
  )
}

const wordsOf = ({ reason, serverType }: DeadLetter) => `${serverType ?? ""} ${reason}`

/** The subject of a dead letter or message, for a person: its rows' keys, or the places of its records. */
export const subject = (content: DeadLetterQueue.Content): string => {
  if (content._tag === "StreamBatch") {
    const { endSequenceNumber, startSequenceNumber } = content.batch
    return `records ${startSequenceNumber} to ${endSequenceNumber}`
  }
  const { aggregate, rows } = content.deadLetter
  const [first] = rows
  const more = rows.length === 1 ? "" : ` and ${rows.length - 1} more`
  return `${aggregate === undefined ? "" : `${aggregate} `}${first.key ?? `record ${first.sequenceNumber}`}${more}`
}

/** A kept thing read, or a sentence about one that is none of ours. */
export const read = ({ text }: DeadLetterQueue.Message): Result.Result<DeadLetterQueue.Content, string> =>
  DeadLetterQueue.read(text)
