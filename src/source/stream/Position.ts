/**
 * The place of reading in one stream: in each shard from the moment it is listed, so that what is removed before its
 * first record was read is noticed too.
 */
import { begun, type Checkpoint, finished } from "./Checkpoints.ts"
import { isOverdue, oldestSure, type ShardTimes } from "./shardTimes.ts"
import type { Shard } from "./StreamApi.ts"

export interface Position {
  readonly streamArn: string
  /** Per shard as in a {@link Checkpoint}; moved by acknowledgements. */
  readonly shards: Map<string, string>
  readonly times: Map<string, ShardTimes>
  /** As in a {@link Checkpoint}. */
  listedTo: number
  /** The place to begin shards at that are listed first; those listed later are read from their beginning. */
  begin: "latest" | "oldest" | "resumed"
  /** Shards to be read from their end, as long as nothing of them is acknowledged. */
  readonly latest: Set<string>
}

/** A stream of which nothing was read before; it has nothing from before `madeAt`, the time in its label. */
export const fresh = (streamArn: string, begin: "latest" | "oldest", madeAt: number, now: number): Position => ({
  streamArn,
  shards: new Map(),
  times: new Map(),
  listedTo: begin === "latest" ? now : Math.max(oldestSure(now), Math.min(madeAt || 0, now)),
  begin,
  latest: new Set()
})

export const resumed = ({ listedTo, shards, streamArn, times }: Checkpoint): Position => ({
  streamArn,
  shards: new Map(Object.entries(shards)),
  times: new Map(Object.entries(times)),
  listedTo,
  begin: "resumed",
  latest: new Set()
})

export const toCheckpoint = ({ listedTo, shards, streamArn, times }: Position): Checkpoint => ({
  streamArn,
  listedTo,
  shards: Object.fromEntries(shards),
  times: Object.fromEntries(times)
})

/**
 * Gives each shard of a list a position, and says whether one is new. A parent that was never seen and is not listed
 * gets one too: either the list has a gap, or it came and went unread, and only asking for it tells.
 */
export const enter = (position: Position, listed: ReadonlyArray<Shard>): boolean => {
  const { begin, listedTo, shards, times } = position
  const names = new Set(listed.map(({ shardId }) => shardId))
  const add = (shardId: string) => {
    shards.set(shardId, begun)
    times.set(shardId, { recordAt: listedTo, readTo: listedTo })
  }
  const added = listed.filter(({ shardId }) => !shards.has(shardId))
  for (const { closed, parentShardId, shardId } of added) {
    if (begin === "latest" && closed) shards.set(shardId, finished)
    else add(shardId)
    if (begin === "latest" && !closed) position.latest.add(shardId)
    const isParentUnseen = parentShardId !== undefined && !names.has(parentShardId) && !shards.has(parentShardId)
    if (begin === "resumed" && isParentUnseen) add(parentShardId)
  }
  position.begin = "resumed"
  return added.length > 0
}

/** The time whose changes may have been removed unread. */
export interface Gap {
  readonly from: number
  readonly to: number
}

export const gapOf = ({ times }: Position, now: number): Gap | undefined => {
  const overdue = [...times.values()].filter((own) => isOverdue(own, now)).map(({ readTo }) => readTo)
  return overdue.length === 0 ? undefined : { from: Math.min(...overdue), to: oldestSure(now) }
}

/** Notes that a gap was reported. */
export const noteGap = ({ times }: Position, { to }: Gap): void => {
  for (const [shardId, { readTo, recordAt }] of times) times.set(shardId, { recordAt, readTo: Math.max(readTo, to) })
}

/** Notes a record made at `recordAt`, with all before it, as acknowledged. */
export const acknowledge = (position: Position, shardId: string, sequenceNumber: string, recordAt: number): void => {
  const readTo = position.times.get(shardId)?.readTo ?? recordAt
  position.shards.set(shardId, sequenceNumber)
  position.times.set(shardId, { recordAt, readTo: Math.max(readTo, recordAt) })
}

/** Notes that nothing from before that time is left to read in a shard. */
export const readTo = ({ times }: Position, shardId: string, time: number): void => {
  const own = times.get(shardId)
  if (own !== undefined) times.set(shardId, { ...own, readTo: Math.max(own.readTo, time) })
}

export const finish = ({ shards, times }: Position, shardId: string): void => {
  shards.set(shardId, finished)
  times.delete(shardId)
}
