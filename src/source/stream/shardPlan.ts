/**
 * The shards of a stream that may be read now. A child waits for its parent only while that parent can still be read:
 * no document depends on it, but so each row's changes are delivered in the order in which they were made.
 */
import { finished } from "./Checkpoints.ts"
import type { Shard } from "./StreamApi.ts"

/** Per shard the sequence number of the last record acknowledged, or `begun`, or `finished`. */
export type Positions = ReadonlyMap<string, string>

/**
 * The shards still to be read to their end. One that was begun counts although the list leaves it out: either the
 * list has a gap and the shard is there, or it was trimmed, and only asking for it tells.
 */
export const unfinished = (shards: ReadonlyArray<Shard>, positions: Positions): ReadonlySet<string> => {
  const ids = new Set<string>()
  for (const { shardId } of shards) if (positions.get(shardId) !== finished) ids.add(shardId)
  for (const [shardId, position] of positions) if (position !== finished) ids.add(shardId)
  return ids
}

/** The shards whose parent is read to its end, was trimmed away, or never was. */
export const readable = (shards: ReadonlyArray<Shard>, positions: Positions): ReadonlyArray<string> => {
  const open = unfinished(shards, positions)
  const parents = new Map(shards.map(({ parentShardId, shardId }) => [shardId, parentShardId]))
  return [...open].filter((shardId) => !open.has(parents.get(shardId) ?? ""))
}

/**
 * Finished shards that may leave the checkpoint because no list has named them for `afterMillis`. Not at once: a list
 * with a gap would make them look new when they come back.
 */
export const forgettable = (
  positions: Positions,
  listedAt: ReadonlyMap<string, number>,
  now: number,
  afterMillis: number
): ReadonlyArray<string> =>
  [...positions]
    .filter(([shardId, position]) => position === finished && now - (listedAt.get(shardId) ?? 0) > afterMillis)
    .map(([shardId]) => shardId)
