/** The readers of a stream's shards: which run, which are idle, and what is open of each. */
import { Clock, type Duration, Effect, Queue, Result } from "effect"
import type { Batch } from "../Batch.ts"
import { OpenBatches } from "../OpenBatches.ts"
import type { ReadRecord } from "../record/streamRecord.ts"
import { rowBytes } from "../rowBytes.ts"
import { begun } from "./Checkpoints.ts"
import * as Position from "./Position.ts"
import { report } from "./Progress.ts"
import * as Plan from "./shardPlan.ts"
import { readShard, type Task } from "./shardReader.ts"
import type { IteratorStart, Shard, StreamApiError } from "./StreamApi.ts"

/** The end of a batch in its shard, as far as its records say it. */
export interface Place {
  readonly shardId: string
  readonly records: number
  readonly sequenceNumber: string | undefined
  /** The time at which the last record was made, in epoch milliseconds. */
  readonly createdAt: number | undefined
}

/** `list`: shards are to be listed, at once after one finished. `inspect`: one is idle, or no longer. */
export type Signal = "list" | "inspect"

export interface Options {
  readonly position: Position.Position
  readonly pollEvery: Duration.Input
  readonly signals: Queue.Queue<Signal, StreamApiError>
  /** Hands a batch to whoever settles it. */
  readonly offer: (batch: Batch<Place>) => Effect.Effect<unknown>
  /** Run before a shard is read from a place again. */
  readonly checkGap: Effect.Effect<void>
  /** Asks for the position to be saved. */
  readonly save: Effect.Effect<void>
}

export const makeShards = (options: Options) => {
  const { checkGap, offer, pollEvery, position, save, signals } = options
  const running = new Set<string>()
  const idle = new Set<string>()
  const open = new Map<string, OpenBatches<Place>>()

  const taskOf = (shardId: string, own: OpenBatches<Place>): Task => {
    const readTo = (time: number) => Position.readTo(position, shardId, time)
    return {
      streamArn: position.streamArn,
      shardId,
      pollEvery,
      start: startOf(position, shardId),
      handOver: Effect.fnUntraced(function* (changes, begin) {
        if (idle.delete(shardId)) Queue.offerUnsafe(signals, "inspect")
        yield* own.room
        // Of what is open it is not yet known that it is read for good.
        if (begin !== undefined && own.isEmpty) readTo(Math.min(begin, yield* Clock.currentTimeMillis))
        const batch = { changes, bytes: bytesOf(changes), position: endOf(shardId, changes) }
        own.add(batch)
        yield* offer(batch)
        return batch.position.sequenceNumber
      }),
      isAcknowledged: () => own.isEmpty,
      acknowledged: own.none,
      times: () => position.times.get(shardId),
      readTo,
      checkGap,
      onIdle: Effect.suspend(() => {
        idle.add(shardId)
        return Effect.andThen(save, Queue.offer(signals, "inspect"))
      }),
      onFinished: Effect.suspend(() => {
        Position.finish(position, shardId)
        running.delete(shardId)
        open.delete(shardId)
        return Effect.andThen(save, Queue.offer(signals, "list"))
      })
    }
  }

  const reader = (shardId: string) => {
    const own = new OpenBatches<Place>()
    running.add(shardId)
    open.set(shardId, own)
    return readShard(taskOf(shardId, own)).pipe(Effect.catchCause((cause) => Queue.failCause(signals, cause)))
  }

  /** Readers for all shards that may be read now and are not. */
  const begin = (shards: ReadonlyArray<Shard>) =>
    Plan.readable(shards, position.shards)
      .filter((shardId) => !running.has(shardId))
      .map(reader)

  const areIdle = (shardIds: ReadonlySet<string>) => [...shardIds].every((shardId) => idle.has(shardId))
  return { begin, areIdle, acknowledge: acknowledging(options, open) }
}

/** Notes a batch as settled, and acknowledges all of its shard up to the first one that is open. */
const acknowledging = ({ position, save }: Options, open: ReadonlyMap<string, OpenBatches<Place>>) =>
  Effect.fnUntraced(function* (place: Place) {
    const { shardId } = place
    const own = open.get(shardId)
    own?.settle(place)
    for (let end = own?.settled; end !== undefined; end = own?.settled) {
      const { createdAt, records, sequenceNumber } = end
      const now = yield* Clock.currentTimeMillis
      const behindMillis = createdAt === undefined ? undefined : Math.max(0, now - createdAt)
      if (sequenceNumber !== undefined) {
        Position.acknowledge(position, shardId, sequenceNumber, now - (behindMillis ?? 0))
        yield* save
      }
      yield* report({ _tag: "Delivered", shardId, records, sequenceNumber, behindMillis })
      own?.acknowledge()
    }
  })

const bytesOf = (records: ReadonlyArray<ReadRecord>): number =>
  records.reduce((sum, read) => sum + (Result.isSuccess(read) ? rowBytes(read.success.image) : 0), 0)

const endOf = (shardId: string, records: ReadonlyArray<ReadRecord>): Place => {
  let createdAt: number | undefined
  let sequenceNumber: string | undefined
  for (const read of records) {
    const known = Result.isFailure(read) ? read.failure : read.success.origin
    if ("sequenceNumber" in known) sequenceNumber = known.sequenceNumber ?? sequenceNumber
    if ("createdAt" in known) createdAt = known.createdAt ?? createdAt
  }
  return { shardId, records: records.length, createdAt, sequenceNumber }
}

const startOf = (position: Position.Position, shardId: string): IteratorStart => {
  const after = position.shards.get(shardId) ?? begun
  if (after !== begun) return { _tag: "After", sequenceNumber: after }
  return { _tag: position.latest.has(shardId) ? "Latest" : "TrimHorizon" }
}
