/**
 * Follows a table's stream and delivers its records in batches, from all shards at once; what comes while others are
 * delivered goes together.
 * Every record the stream still has is delivered at least once: a shard's checkpoint moves only after its batch was
 * acknowledged, a failed batch holds up its own shard alone, and what cannot be read any more is reported as a gap: so
 * are changes that waited for longer than the stream keeps them, which nothing else would tell from a quiet table.
 */
import { Clock, Data, type Duration, Effect, Option, type Scope } from "effect"
import * as Arn from "../../Arn.ts"
import { type CheckpointError, Checkpoints } from "./Checkpoints.ts"
import { makeSaver } from "./checkpointSaver.ts"
import { followStream, hasNewImages } from "./followStream.ts"
import { backoff, retryForever } from "../retryForever.ts"
import * as Position from "./Position.ts"
import { gapEvent, log, type Report } from "./Progress.ts"

import type { Deliver } from "./settler.ts"
import { StreamApi, type StreamApiError, type TableStream } from "./StreamApi.ts"
import * as KeyNames from "../../KeyNames.ts"

export interface Options<E> {
  readonly tableName: string
  /** The names of the key attributes that the table is expected to have. Defaults to any. */
  readonly keys?: KeyNames.KeyNames | undefined
  /**
   * The place to begin: after the saved checkpoint (at the oldest record if there is none), at the oldest record
   * whatever was saved, or with what is written from now on. A shard followed from `latest` has no number to save
   * before its first acknowledgement: begun again before that, from the checkpoint, it is read from its oldest record.
   */
  readonly from: "checkpoint" | "trim-horizon" | "latest"
  /** Runs until interrupted, or until the newest stream has nothing more to read. Defaults to `interrupted`. */
  readonly until?: "interrupted" | "caught-up" | undefined
  /** The pause after an empty page of a shard. Defaults to 500 milliseconds, half as often as Lambda asks. */
  readonly pollEvery?: Duration.Input | undefined
  /**
   * The time between listings of shards and of the table's stream, besides those after each finished shard. Defaults to
   * 10 seconds.
   */
  readonly listEvery?: Duration.Input | undefined
  /** Failed deliveries that end the following instead of being tried again. Defaults to none. */
  readonly stopOn?: ((error: E) => boolean) | undefined
  /** Called with every event, beside the log. */
  readonly onProgress?: Report | undefined
}

/** The table cannot be followed as it is; the message says what to change. */
export class StreamTailError extends Data.TaggedError("StreamTailError")<{
  readonly reason: "NoStream" | "WrongViewType" | "OtherKeys" | "OtherTable"
  readonly message: string
}> {}

export type FollowError = StreamTailError | StreamApiError | CheckpointError

/**
 * Follows until interrupted, or caught up. Fails at the start with a sentence if the table has no stream that can be
 * read, and later only with what asking again cannot cure: refused requests, a table or view type that changed, or a
 * delivery that `stopOn` names. All else is tried again without end, after 0.2 to 12 seconds each time. Interrupted, it
 * lets a delivery that is on its way end, for ten seconds at most, and acknowledges what that settled.
 */
export const follow = Effect.fnUntraced(function* <E, R>(
  options: Options<E>,
  deliver: Deliver<E, R>
): Effect.fn.Return<void, E | FollowError, R | StreamApi | Checkpoints | Scope.Scope> {
  const { listEvery = "10 seconds", onProgress, pollEvery = "500 millis", stopOn, tableName, until } = options
  const report: Report =
    onProgress === undefined ? log : (progress) => Effect.andThen(log(progress), onProgress(progress))
  let position = yield* begin(options)
  const save = yield* makeSaver(() => Position.toCheckpoint(position), report)
  // Even with nothing read yet: it names the stream, so that a reader begun after that was replaced knows of it.
  yield* save
  for (;;) {
    const end = yield* Effect.scoped(
      followStream({
        tableName,
        position,
        until: until ?? "interrupted",
        pollEvery,
        listEvery,
        deliver,
        isRetryable: (error: E) => stopOn === undefined || !stopOn(error),
        report,
        save
      })
    )
    if (end === "caught-up") return
    const { latest, table } = yield* replacement(tableName, position.streamArn, listEvery, report)
    yield* report(
      gapEvent(`the stream of table ${tableName} is a new one (${latest.label}), so changes before it may be missing`)
    )
    yield* checkKeys(options, table)
    yield* checkView(tableName, latest)
    position = yield* beginNew(latest, "oldest")
    yield* save
  }
}, Effect.scoped)

// About six seconds: long enough for a network that is just coming up, short enough to see a wrong endpoint.
const attemptsMax = 6

type Latest = NonNullable<TableStream["latest"]>

/** Finds where to begin, after a look at what the table has. */
const begin = Effect.fnUntraced(function* <E>(options: Options<E>) {
  const { from, tableName } = options
  const api = yield* StreamApi
  const table = yield* api
    .findStream(tableName)
    .pipe(Effect.retry({ while: (error) => error.isRetryable, schedule: backoff, times: attemptsMax - 1 }))
  const { latest, tableArn } = table
  yield* checkKeys(options, table)
  if (latest === undefined || !latest.enabled) {
    return yield* new StreamTailError({
      reason: "NoStream",
      message:
        `table ${tableName} has no enabled stream; enable one with new images: aws dynamodb update-table ` +
        `--table-name ${tableName} --stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES`
    })
  }
  yield* checkView(tableName, latest)
  const saved = from === "checkpoint" ? yield* (yield* Checkpoints).load : Option.none()
  if (Option.isNone(saved)) {
    return yield* beginNew(latest, from === "latest" ? "latest" : "oldest")
  }
  const { streamArn } = saved.value
  if (streamArn.startsWith(`${tableArn}/stream/`)) return Position.resumed(saved.value)
  return yield* new StreamTailError({
    reason: "OtherTable",
    message: `the checkpoint belongs to ${streamArn}, not to ${tableArn}; use one checkpoint for each table`
  })
})

const beginNew = ({ label, streamArn }: Latest, begin: "latest" | "oldest") =>
  Effect.map(Clock.currentTimeMillis, (now) => Position.fresh(streamArn, begin, Arn.epochOfLabel(label), now))

const checkKeys = <E>({ keys, tableName }: Options<E>, table: TableStream) => {
  const message = keys === undefined ? undefined : KeyNames.problem(tableName, table.keys, keys)
  return message === undefined ? Effect.void : Effect.fail(new StreamTailError({ reason: "OtherKeys", message }))
}

const checkView = (tableName: string, { viewType }: Latest) =>
  hasNewImages(viewType)
    ? Effect.void
    : Effect.fail(
        new StreamTailError({
          reason: "WrongViewType",
          message:
            `the stream of table ${tableName} has the view type ${viewType}, which tells no new images; ` +
            "switch it off and on again with NEW_AND_OLD_IMAGES or NEW_IMAGE"
        })
      )

/** Waits until the table has another stream than this one. */
const replacement = Effect.fnUntraced(function* (
  tableName: string,
  streamArn: string,
  listEvery: Duration.Input,
  report: Report
) {
  const api = yield* StreamApi
  const look = api
    .findStream(tableName)
    .pipe(retryForever(`describing table ${tableName}`, (error: StreamApiError) => error.isRetryable, report))
  for (let isTold = false; ; isTold = true) {
    const table = yield* look
    const { latest } = table
    if (latest !== undefined && latest.streamArn !== streamArn) return { latest, table }
    if (!isTold) yield* report({ _tag: "StreamDisabled", streamArn })
    yield* Effect.sleep(listEvery)
  }
})
