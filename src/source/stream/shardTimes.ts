/**
 * Times beside a shard's position, which tell whether changes may have left the stream before they were read. A quiet
 * shard and one whose changes were all removed look the same to a reader; only how long nobody read tells them apart.
 * Pure.
 */
import { Duration } from "effect"

export interface ShardTimes {
  /**
   * The time at which the last acknowledged record was made; before the first one, the earliest time at which it can be
   * made.
   */
  readonly recordAt: number
  /** Changes from before this time are acknowledged, reported as missing, or not to be read. */
  readonly readTo: number
}

/** DynamoDB keeps a stream record for 24 hours and may remove it at any moment after (doc "DynamoDB Streams"). */
const keptMillis = Duration.toMillis("24 hours")

/**
 * The part of the oldest kept changes that may be removed before it is read. What is reported as missing reaches so
 * much further than what is gone; so a gap is reported once, and again only if nothing could be read for another hour.
 */
const marginMillis = Duration.toMillis("1 hour")

/** The oldest changes that a reader beginning now can be sure to get. */
export const oldestSure = (now: number): number => now - keptMillis + marginMillis

/** Tells whether changes may have been removed unread, as they wait for longer than they are kept. */
export const isOverdue = ({ readTo }: Pick<ShardTimes, "readTo">, now: number): boolean => now - readTo > keptMillis

/** Four hours before a change may be gone there is time to do something about it. */
const lateMillis = Duration.toMillis("20 hours")

/** Tells whether changes wait for so long that they may soon be removed. */
export const isLate = ({ readTo }: Pick<ShardTimes, "readTo">, now: number): boolean => now - readTo > lateMillis

/**
 * Tells that records which are gone, or a whole shard, were surely read: all changes kept come after `readTo`, and
 * what was read before is old enough to be gone. A younger record that is gone is a loss whatever the times say.
 */
export const wasRead = (times: ShardTimes, now: number): boolean =>
  !isOverdue(times, now) && now - times.recordAt > keptMillis
