/**
 * One stream, from where its shards stand to its end: lists the shards, starts a reader for each that may be read,
 * and notices when all are idle or all are done. Readers run on their own and only report; this loop alone decides.
 */
import { Clock, Duration, Effect, Queue, Result, type Scope } from "effect"
import { finished } from "./Checkpoints.ts"
import { persistently } from "./persistently.ts"
import type { Report } from "./Progress.ts"
import * as Plan from "./shardPlan.ts"
import { type Deliver, readShard, type Task } from "./shardReader.ts"
import { type Shard, StreamApi, type StreamApiError } from "./StreamApi.ts"

/** Where reading stands in one stream. */
export interface Position {
  readonly streamArn: string
  /** As {@link Plan.Positions}; moved by acknowledgements. */
  readonly shards: Map<string, string>
  /** Shards that are open when they are listed first are read from their end. */
  readonly fromLatest: boolean
}

export interface Follow<E, R> {
  readonly tableName: string
  readonly position: Position
  readonly until: "interrupted" | "caught-up"
  readonly pollEvery: Duration.Input
  readonly listEvery: Duration.Input
  readonly deliver: Deliver<E, R>
  readonly isRetryable: (error: E) => boolean
  readonly report: Report
  /** Asks for the position to be saved. */
  readonly save: Effect.Effect<void>
}

/** `ended`: nothing more will come from this stream, as it is read to its end, unreadable or gone. */
export type End = "caught-up" | "ended"

/** A stream without new images tells that a row changed, not how. */
export const hasNewImages = (viewType: string | undefined) =>
  viewType === undefined || viewType === "NEW_IMAGE" || viewType === "NEW_AND_OLD_IMAGES"

export const followStream = Effect.fnUntraced(function* <E, R>(
  follow: Follow<E, R>
): Effect.fn.Return<End, E | StreamApiError, R | StreamApi | Scope.Scope> {
  const { position, report, until } = follow
  const signals = yield* Queue.unbounded<Signal, E | StreamApiError>()
  const shards = makeShards(follow, signals)
  const lister = yield* makeLister(follow)
  yield* report({ _tag: "StreamStarted", streamArn: position.streamArn })
  yield* Queue.offer(signals, "list").pipe(
    Effect.andThen(Effect.sleep(follow.listEvery)),
    Effect.forever,
    Effect.forkScoped
  )
  let isTold = false
  for (;;) {
    const woken = yield* Queue.takeAll(signals)
    if (woken.includes("list")) {
      const known = yield* lister.list
      if (known === undefined) return "ended"
      for (const reader of shards.begin(known)) yield* Effect.forkScoped(reader)
    }
    const open = Plan.unfinished(lister.shards(), position.shards)
    if (open.size === 0 && lister.newest() === "replaced") return "ended"
    const isCaughtUp = lister.newest() === "this" ? open.size > 0 && shards.areIdle(open) : open.size === 0
    if (isCaughtUp && !isTold) yield* report({ _tag: "CaughtUp" })
    isTold = isCaughtUp
    if (isCaughtUp && until === "caught-up") return "caught-up"
    if (open.size === 0 && lister.newest() === "disabled") return "ended"
  }
})

/** `list`: shards are to be listed, at once after one finished. `look`: one is idle, or no longer. */
type Signal = "list" | "look"

/** The readers: which run, which are idle, and what their reports move. */
const makeShards = <E, R>(follow: Follow<E, R>, signals: Queue.Queue<Signal, E | StreamApiError>) => {
  const { position, save } = follow
  const running = new Set<string>()
  const idle = new Set<string>()
  let isFirst = true

  const report: Report = (progress) => {
    const told = follow.report(progress)
    if (progress._tag === "ShardIdle") {
      idle.add(progress.shardId)
      return Effect.andThen(told, Queue.offer(signals, "look"))
    }
    if (progress._tag === "ShardFinished") {
      position.shards.set(progress.shardId, finished)
      running.delete(progress.shardId)
      return Effect.andThen(Effect.andThen(save, told), Queue.offer(signals, "list"))
    }
    if (progress._tag !== "Delivered" || progress.sequenceNumber === undefined) return told
    position.shards.set(progress.shardId, progress.sequenceNumber)
    return Effect.andThen(save, told)
  }

  const reader = (shardId: string, isLatest: boolean) => {
    running.add(shardId)
    const after = position.shards.get(shardId)
    const task: Task<E, R> = {
      ...follow,
      streamArn: position.streamArn,
      shardId,
      start:
        after !== undefined ? { _tag: "After", sequenceNumber: after } : { _tag: isLatest ? "Latest" : "TrimHorizon" },
      deliver: (batch) => {
        if (idle.delete(shardId)) Queue.offerUnsafe(signals, "look")
        return follow.deliver(batch)
      },
      report
    }
    return readShard(task).pipe(Effect.catchCause((cause) => Queue.failCause(signals, cause)))
  }

  /** Readers for all shards that may be read now and are not. */
  const begin = (shards: ReadonlyArray<Shard>) => {
    const isLatest = isFirst && follow.position.fromLatest
    isFirst = false
    if (isLatest) for (const { closed, shardId } of shards) if (closed) position.shards.set(shardId, finished)
    return Plan.readable(shards, position.shards)
      .filter((shardId) => !running.has(shardId))
      .map((shardId) => reader(shardId, isLatest))
  }

  const areIdle = (open: ReadonlySet<string>) => [...open].every((shardId) => idle.has(shardId))
  return { begin, areIdle }
}

// Far longer than a list has a gap; a finished shard is listed for a day, so a checkpoint holds little more than that.
const forgetAfterMillis = Duration.toMillis("1 hour")

/** What DynamoDB last said of the stream's shards and of the table's newest stream. */
const makeLister = Effect.fnUntraced(function* <E, R>(follow: Follow<E, R>) {
  const api = yield* StreamApi
  const { shards: positions, streamArn } = follow.position
  const begun = yield* Clock.currentTimeMillis
  const listedAt = new Map([...positions.keys()].map((shardId) => [shardId, begun]))
  let shards: ReadonlyArray<Shard> = []
  let newest: "this" | "disabled" | "replaced" = "this"

  // While the table cannot be described its shards are still read, so an outage of this call alone is passed over.
  const look = api.findStream(follow.tableName).pipe(
    Effect.map(({ latest }) => {
      newest = latest?.streamArn !== streamArn ? "replaced" : latest.enabled ? "this" : "disabled"
    }),
    Effect.catchReason("StreamApiError", "TableMissing", () => Effect.sync(() => (newest = "disabled"))),
    Effect.catchIf(
      (error) => error.isRetryable,
      () => Effect.void
    )
  )

  /** The stream's shards; nothing if it is gone, or of a kind that cannot be read. */
  const list = Effect.gen(function* () {
    yield* look
    const described = yield* api.describeStream(streamArn).pipe(
      persistently(`listing the shards of ${streamArn}`, (error: StreamApiError) => error.isRetryable, follow.report),
      Effect.result
    )
    if (Result.isFailure(described)) {
      return described.failure.reason._tag === "StreamGone" ? undefined : yield* described.failure
    }
    if (!hasNewImages(described.success.viewType)) return undefined
    shards = described.success.shards
    const now = yield* Clock.currentTimeMillis
    for (const { shardId } of shards) listedAt.set(shardId, now)
    for (const shardId of Plan.forgettable(positions, listedAt, now, forgetAfterMillis)) {
      positions.delete(shardId)
      listedAt.delete(shardId)
    }
    return shards
  })
  return { list, newest: () => newest, shards: () => shards }
})
