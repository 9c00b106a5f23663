/**
 * The news that a followed stream has to tell while it runs, as data: for a screen, a test, or a metric. Nothing of a
 * row is in it, only shards, numbers and sentences.
 */
import { Context, Effect } from "effect"

export type Progress =
  | { readonly _tag: "StreamStarted"; readonly streamArn: string }
  /** `after` is the last sequence number acknowledged before, if there is one. */
  | { readonly _tag: "ShardStarted"; readonly shardId: string; readonly after: string | undefined }
  /** A batch was acknowledged. `behindMillis` is the age of its last record, which DynamoDB tells in whole seconds. */
  | {
      readonly _tag: "Delivered"
      readonly shardId: string
      readonly records: number
      readonly sequenceNumber: string | undefined
      readonly behindMillis: number | undefined
    }
  /** The shard is open and gave several empty pages: most likely nothing is left to read now. */
  | { readonly _tag: "ShardIdle"; readonly shardId: string }
  /** The shard is closed and acknowledged to its end. */
  | { readonly _tag: "ShardFinished"; readonly shardId: string }
  /** Something failed and is tried again after a pause; the first attempt is 1. */
  | { readonly _tag: "Retrying"; readonly subject: string; readonly attempt: number; readonly message: string }
  | { readonly _tag: "Recovered"; readonly subject: string; readonly attempts: number }
  /** Changes of a shard wait for 20 hours or more: the stream keeps them for 24. */
  | { readonly _tag: "Late"; readonly message: string }
  /** Changes may be missing for good: the index must be verified. */
  | { readonly _tag: "Gap"; readonly message: string }
  /** The last save at the end failed: a part is read again next time. */
  | { readonly _tag: "CheckpointUnsaved"; readonly message: string }
  | { readonly _tag: "StreamDisabled"; readonly streamArn: string }
  /** All shards of the table's newest stream are idle. Reported again each time it becomes so. */
  | { readonly _tag: "CaughtUp" }

export type Report = (progress: Progress) => Effect.Effect<void>

/** A backfill into the same index would lose to what the stream reported of a row before the gap. */
const due = "run a verify or a backfill of a new index"

/** The gap that a message reports, always with what to do. */
export const gapEvent = (what: string): Progress => ({ _tag: "Gap", message: `${what}; ${due}` })

/** To the log: gaps and first failures as warnings, the rest for those who look closer. */
export const log: Report = (progress) => {
  switch (progress._tag) {
    case "Gap":
      return Effect.logWarning(progress.message)
    case "Late":
      return Effect.logError(progress.message)
    case "StreamDisabled":
      return Effect.logWarning(`the stream ${progress.streamArn} is disabled: no changes come until there is a new one`)
    case "CheckpointUnsaved":
      return Effect.logWarning(`${progress.message}; what was read since the last save is read again next time`)
    case "Retrying":
      return (progress.attempt === 1 ? Effect.logWarning : Effect.logDebug)(
        `${progress.subject} failed and is tried again (attempt ${progress.attempt}): ${progress.message}`
      )
    case "Recovered":
      return Effect.logInfo(`${progress.subject} works again after ${progress.attempts} failed attempts`)
    case "StreamStarted":
      return Effect.logInfo(`following ${progress.streamArn}`)
    default:
      return Effect.logDebug(progress)
  }
}

/** Hears all news of the sources that run with it. Defaults to the log. */
export const Reporter = Context.Reference<Report>("tablefold/source/Reporter", { defaultValue: () => log })

export const report: Report = (progress) => Effect.flatMap(Reporter, (reporter) => reporter(progress))
