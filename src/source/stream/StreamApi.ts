/**
 * The requests to DynamoDB Streams that follow a table: which stream it has, which shards that has, and their records.
 * One function is one request (a list of shards: as many as it has pages); no function retries, sorts or remembers.
 * Layers: `awsStreamApi.ts` speaks to AWS or DynamoDB Local, `testing/MemoryTable.ts` needs no server.
 */
import { Context, Data, type Effect } from "effect"
import type { KeyNames } from "../../KeyNames.ts"

/** A table and the newest stream it ever had. */
export interface TableStream {
  readonly tableArn: string
  readonly keys: KeyNames
  /** Absent if the table never had a stream. */
  readonly latest:
    | {
        readonly streamArn: string
        /** The ISO time at the end of the ARN, when the stream was made. */
        readonly label: string
        /** A disabled stream is readable for another 24 hours. */
        readonly enabled: boolean
        readonly viewType: string | undefined
      }
    | undefined
}

export interface Shard {
  readonly shardId: string
  /** May name a shard that is no longer listed. */
  readonly parentShardId: string | undefined
  /** Nothing more will be written to it. */
  readonly closed: boolean
}

export interface StreamDescription {
  readonly viewType: string | undefined
  /** All pages of the list, which may still have gaps. */
  readonly shards: ReadonlyArray<Shard>
}

/** The place in a shard from which an iterator reads. */
export type IteratorStart =
  | { readonly _tag: "TrimHorizon" }
  | { readonly _tag: "Latest" }
  | { readonly _tag: "At"; readonly sequenceNumber: string }
  | { readonly _tag: "After"; readonly sequenceNumber: string }

export interface RecordsPage {
  /** In the SDK's form, for `readStreamRecord`. Often empty although more is to come. */
  readonly records: ReadonlyArray<unknown>
  /** The iterator of the next page; absent when the shard is closed and read to its end. */
  readonly next: string | undefined
}

export class StreamApi extends Context.Service<
  StreamApi,
  {
    readonly findStream: (tableName: string) => Effect.Effect<TableStream, StreamApiError>
    readonly describeStream: (streamArn: string) => Effect.Effect<StreamDescription, StreamApiError>
    readonly shardIterator: (
      streamArn: string,
      shardId: string,
      start: IteratorStart
    ) => Effect.Effect<string, StreamApiError>
    /** At most 1,000 records or 1 MB. */
    readonly records: (iterator: string) => Effect.Effect<RecordsPage, StreamApiError>
  }
>()("tablefold/source/StreamApi") {}

/** An iterator lives for 15 minutes; ask for a new one after the last record. */
export class IteratorExpired extends Data.TaggedClass("IteratorExpired") {
  readonly isRetryable = false
}

/** The place asked for is older than what the stream keeps (24 hours). */
export class RecordsTrimmed extends Data.TaggedClass("RecordsTrimmed") {
  readonly isRetryable = false
}

/** The stream does not know the shard (or is gone itself). */
export class ShardGone extends Data.TaggedClass("ShardGone") {
  readonly isRetryable = false
}

/** Disabled more than 24 hours ago, or its table was removed. */
export class StreamGone extends Data.TaggedClass("StreamGone") {
  readonly isRetryable = false
}

export class TableMissing extends Data.TaggedClass("TableMissing") {
  readonly isRetryable = false
}

/** Too many requests, or a third reader on one shard. */
export class Throttled extends Data.TaggedClass("Throttled") {
  readonly isRetryable = true
}

/** A network error, a time-out or a 5xx. */
export class Unavailable extends Data.TaggedClass("Unavailable") {
  readonly isRetryable = true
}

/** Credentials, permissions, the region or the request itself: the same request will never be answered. */
export class Refused extends Data.TaggedClass("Refused") {
  readonly isRetryable = false
}

export type StreamApiReason =
  | IteratorExpired
  | RecordsTrimmed
  | ShardGone
  | StreamGone
  | TableMissing
  | Throttled
  | Unavailable
  | Refused

/** A request that DynamoDB did not answer as asked; `message` says what to do where that is known. */
export class StreamApiError extends Data.TaggedError("StreamApiError")<{
  /** The request's name in AWS's words, as in a policy: `GetRecords`. */
  readonly operation: string
  readonly reason: StreamApiReason
  readonly message: string
}> {
  get isRetryable(): boolean {
    return this.reason.isRetryable
  }
}
