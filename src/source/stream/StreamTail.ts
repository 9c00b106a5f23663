/**
 * Follows a table's stream: a stream of batches, from all shards at once.
 * Every record the stream still has comes at least once: a shard's checkpoint is the end of its longest settled
 * beginning, a batch that stays open holds up its own shard alone, and what cannot be read any more is reported as a
 * gap: so are changes that waited for longer than the stream keeps them, which nothing else would tell from a quiet
 * table.
 */
import { type Cause, Clock, Data, type Duration, Effect, Option, Queue, type Scope, Stream } from "effect"
import * as Arn from "../../Arn.ts"
import { drained } from "../../drained.ts"
import type { Batch } from "../Batch.ts"
import { type CheckpointError, Checkpoints } from "./Checkpoints.ts"
import { makeSaver } from "./checkpointSaver.ts"
import { followStream } from "./followStream.ts"
import { hasNewImages } from "./lister.ts"
import { backoff, retryForever } from "../retryForever.ts"
import * as Position from "./Position.ts"
import { gapEvent, report } from "./Progress.ts"
import type { Place } from "./shards.ts"
import { StreamApi, type StreamApiError, type TableStream } from "./StreamApi.ts"
import * as KeyNames from "../../KeyNames.ts"

export interface Options {
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
  /** The pause after an empty page of a shard; half of it after a record lately. Defaults to 500 milliseconds. */
  readonly pollEvery?: Duration.Input | undefined
  /**
   * The time between listings of shards and of the table's stream, besides those after each finished shard. Defaults to
   * 10 seconds.
   */
  readonly listEvery?: Duration.Input | undefined
}

/** The table cannot be followed as it is; the message says what to change. */
export class StreamTailError extends Data.TaggedError("StreamTailError")<{
  readonly reason: "NoStream" | "WrongViewType" | "OtherKeys" | "OtherTable"
  readonly message: string
}> {}

export type FollowError = StreamTailError | StreamApiError | CheckpointError

/** A table that is followed. */
export interface Tail {
  /**
   * The records that come, from all shards; they can be read once. Fails with what asking again cannot cure: refused
   * requests, a table or view type that changed. All else is tried again without end, after 0.2 to 12 seconds each.
   */
  readonly batches: Stream.Stream<Batch<Place>, FollowError>
  /** Saves, soon, that batches are settled, each with all before it in its shard once those are. */
  readonly acknowledge: (places: ReadonlyArray<Place>) => Effect.Effect<void>
}

/**
 * Begins to follow a table. Fails with a sentence if it has no stream that can be read. The checkpoint is saved a last
 * time as the scope closes.
 */
export const begin = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<Tail, FollowError, StreamApi | Checkpoints | Scope.Scope> {
  const { tableName, until = "interrupted", pollEvery = "500 millis", listEvery = "10 seconds" } = options
  const api = yield* StreamApi
  let position = yield* place(options)
  const save = yield* makeSaver(() => Position.toCheckpoint(position))
  // Even with nothing read yet: it names the stream, so that a reader begun after that was replaced knows of it.
  yield* save
  let acknowledge: (place: Place) => Effect.Effect<void> = () => Effect.void
  const follow = Effect.fnUntraced(function* (queue: Queue.Queue<Batch<Place>, FollowError | Cause.Done>) {
    const offer = (batch: Batch<Place>) => Queue.offer(queue, batch)
    for (;;) {
      const stream = yield* followStream({ tableName, position, until, pollEvery, listEvery, offer, save })
      acknowledge = stream.acknowledge
      if ((yield* Effect.scoped(stream.run)) === "caught-up") return
      const { latest, table } = yield* replacement(tableName, position.streamArn, listEvery)
      yield* report(
        gapEvent(`the stream of table ${tableName} is a new one (${latest.label}), so changes before it may be missing`)
      )
      yield* checkKeys(options, table)
      yield* checkView(tableName, latest)
      position = yield* beginNew(latest, "oldest")
      yield* save
    }
  })
  const batches = Stream.callback<Batch<Place>, FollowError, StreamApi>(
    (queue) =>
      Effect.matchCauseEffect(follow(queue), {
        onFailure: (cause) => Queue.failCause(queue, cause),
        onSuccess: () => Queue.end(queue)
      }),
    { bufferSize: 1 }
  )
  return {
    batches: Stream.provideService(batches, StreamApi, api),
    acknowledge: (places) => Effect.forEach(places, (place) => acknowledge(place), { discard: true })
  }
})

/**
 * Follows until interrupted, or caught up. `settle` gives the places of batches as it settles them, and ends soon once
 * `stop` ends. Interrupted, what is on its way is settled and acknowledged, for ten seconds at most.
 */
export const run = <E, R>(
  { acknowledge, batches }: Tail,
  settle: (batches: Tail["batches"], stop: Effect.Effect<void>) => Stream.Stream<ReadonlyArray<Place>, E, R>
): Effect.Effect<void, E, R> => drained((stop) => Stream.runForEach(settle(batches, stop), acknowledge))

// About six seconds: long enough for a network that is just coming up, short enough to see a wrong endpoint.
const attemptsMax = 6

type Latest = NonNullable<TableStream["latest"]>

/** Finds where to begin in the stream that the table has now. */
const place = Effect.fnUntraced(function* (options: Options) {
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

const checkKeys = ({ keys, tableName }: Options, table: TableStream) => {
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
const replacement = Effect.fnUntraced(function* (tableName: string, streamArn: string, listEvery: Duration.Input) {
  const api = yield* StreamApi
  const describeTable = api
    .findStream(tableName)
    .pipe(retryForever(`describing table ${tableName}`, (error: StreamApiError) => error.isRetryable))
  for (let isReported = false; ; isReported = true) {
    const table = yield* describeTable
    const { latest } = table
    if (latest !== undefined && latest.streamArn !== streamArn) return { latest, table }
    if (!isReported) yield* report({ _tag: "StreamDisabled", streamArn })
    yield* Effect.sleep(listEvery)
  }
})
