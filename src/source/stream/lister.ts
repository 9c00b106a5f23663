/** The shards of a stream as DynamoDB lists them now and then, and whether the table has a newer stream. */
import { Clock, Duration, Effect, Result } from "effect"
import { retryForever } from "../retryForever.ts"
import type * as Position from "./Position.ts"
import * as Plan from "./shardPlan.ts"
import { type Shard, StreamApi, type StreamApiError } from "./StreamApi.ts"

/** A stream without new images tells that a row changed, not how. */
export const hasNewImages = (viewType: string | undefined) =>
  viewType === undefined || viewType === "NEW_IMAGE" || viewType === "NEW_AND_OLD_IMAGES"

// Far longer than a list has a gap; a finished shard is listed for a day, so a checkpoint holds little more than that.
const forgetAfterMillis = Duration.toMillis("1 hour")

/** Remembers what DynamoDB said of the stream's shards, and last of the table's newest stream. */
export const makeLister = Effect.fnUntraced(function* (
  tableName: string,
  { shards: positions, streamArn }: Position.Position
) {
  const api = yield* StreamApi
  const begunAt = yield* Clock.currentTimeMillis
  const listedAt = new Map([...positions.keys()].map((shardId) => [shardId, begunAt]))
  /** Shards that a list leaves out are remembered, with their parents. */
  const shards = new Map<string, Shard>()
  let newest: "this" | "disabled" | "replaced" = "this"

  // While the table cannot be described its shards are still read, so an outage of this call alone stops nothing.
  const describeTable = api.findStream(tableName).pipe(
    Effect.map(({ latest }) => {
      newest = latest?.streamArn !== streamArn ? "replaced" : latest.enabled ? "this" : "disabled"
    }),
    Effect.catchReason("StreamApiError", "TableMissing", () => Effect.sync(() => (newest = "disabled"))),
    Effect.catchIf(
      (error) => error.isRetryable,
      () => Effect.void
    )
  )

  const describeStream = Effect.flatMap(Clock.currentTimeMillis, (at) =>
    Effect.map(api.describeStream(streamArn), (described) => ({ ...described, at }))
  ).pipe(retryForever(`listing the shards of ${streamArn}`, (error: StreamApiError) => error.isRetryable))

  /** The stream's shards, and when they were described for; nothing if it is gone, or of a kind that cannot be read. */
  const list = Effect.gen(function* () {
    yield* describeTable
    const described = yield* Effect.result(describeStream)
    if (Result.isFailure(described)) {
      return described.failure.reason._tag === "StreamGone" ? undefined : yield* described.failure
    }
    const { at, shards: listed, viewType } = described.success
    if (!hasNewImages(viewType)) return undefined
    for (const shard of listed) {
      shards.set(shard.shardId, shard)
      listedAt.set(shard.shardId, at)
    }
    for (const shardId of Plan.forgettable(positions, listedAt, at, forgetAfterMillis)) {
      for (const known of [positions, listedAt, shards]) known.delete(shardId)
    }
    return { shards: [...shards.values()], at }
  })
  return { list, newest: () => newest, shards: () => [...shards.values()] }
})
