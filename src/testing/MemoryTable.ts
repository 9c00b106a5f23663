/**
 * A DynamoDB table with a stream, in memory: for tests and for trying things where no server can run. Every change
 * of a row is one record of the enabled stream; a write that changes nothing is none. Items are DynamoDB's own
 * attribute values, times are the Clock's.
 */
import { Clock, Effect, Layer, Option } from "effect"
import type { Attributes } from "../source/Change.ts"
import { ScanApi } from "../source/scan/ScanApi.ts"
import { StreamApi, StreamApiError, TableMissing } from "../source/stream/StreamApi.ts"
import { canonical } from "./canonical.ts"
import * as memoryScan from "./memoryScan.ts"
import * as Streams from "./memoryStream.ts"

export type ViewType = "NEW_AND_OLD_IMAGES" | "NEW_IMAGE" | "OLD_IMAGE" | "KEYS_ONLY"

export interface Options {
  /** Defaults to `table`. */
  readonly tableName?: string
  /** Defaults to `PK`. */
  readonly partitionKey?: string
  /** Defaults to `SK`; `undefined` for a table without one. */
  readonly sortKey?: string | undefined
  /** Defaults to `NEW_AND_OLD_IMAGES`; `none` for a table that has no stream yet. */
  readonly stream?: ViewType | "none"
  /** Records on a page of the stream. Defaults to 1,000, as GetRecords gives at most. */
  readonly recordsMax?: number
  /** Rows on a page of a scan or query. Defaults to 100; DynamoDB ends a page at 1 MB. */
  readonly pageRowsMax?: number
}

export interface MemoryTable {
  readonly tableName: string
  readonly tableArn: string
  /** Rows are replaced whole. */
  readonly put: (item: Attributes) => Effect.Effect<void>
  /** Sets attributes of the row with these keys, and makes it if there is none. */
  readonly update: (keys: Attributes, attributes: Attributes) => Effect.Effect<void>
  readonly remove: (keys: Attributes) => Effect.Effect<void>
  readonly get: (keys: Attributes) => Effect.Effect<Option.Option<Attributes>>
  /** All rows as they are at this moment. */
  readonly scan: Effect.Effect<ReadonlyArray<Attributes>>
  /** Closes an open shard, the first one unless named, and gives its two children. */
  readonly splitShard: (shardId?: string) => Effect.Effect<ReadonlyArray<string>>
  /** Drops all records written so far, closed shards and disabled streams with them; or those of one shard only. */
  readonly trim: (shardId?: string) => Effect.Effect<void>
  readonly disableStream: Effect.Effect<void>
  /**
   * Switches the stream off, unless it is, and on again: a new one, with smaller sequence numbers. For changes that
   * no stream tells, disable the stream first and write before it is replaced.
   */
  readonly replaceStream: (viewType?: ViewType) => Effect.Effect<void>
  readonly streamApi: StreamApi["Service"]
  readonly scanApi: ScanApi["Service"]
}

export const make = Effect.fnUntraced(function* (options: Options = {}): Effect.fn.Return<MemoryTable> {
  const { tableName = "table", partitionKey = "PK", stream = "NEW_AND_OLD_IMAGES" } = options
  const { pageRowsMax = 100, recordsMax = 1000 } = options
  const sortKey = "sortKey" in options ? options.sortKey : "SK"
  const tableArn = `arn:aws:dynamodb:memory:000000000000:table/${tableName}`
  const streams = Streams.make(tableArn, { partitionKey, sortKey }, recordsMax)
  const rows = new Map<string, Attributes>()
  const keysOf = (item: Attributes) => pick(item, sortKey === undefined ? [partitionKey] : [partitionKey, sortKey])
  const now = Clock.currentTimeMillis

  const write = (keys: Attributes, change: (row: Attributes | undefined) => Attributes | undefined) =>
    Effect.map(now, (time) => {
      const rowKey = canonical(keys)
      const before = rows.get(rowKey)
      const after = change(before)
      if (sameItem(before, after)) return
      if (after === undefined) rows.delete(rowKey)
      else rows.set(rowKey, after)
      Streams.append(streams, canonical(pick(keys, [partitionKey])), streamRecord(time, keys, before, after))
    })

  if (stream !== "none") Streams.enable(streams, stream, yield* now)
  return {
    tableName,
    tableArn,
    put: (item) => Effect.suspend(() => write(keysOf(item), () => structuredClone(item))),
    update: (keys, attributes) =>
      Effect.suspend(() => write(keysOf(keys), (row) => structuredClone({ ...row, ...attributes, ...keys }))),
    remove: (keys) => Effect.suspend(() => write(keysOf(keys), () => undefined)),
    get: (keys) => Effect.sync(() => Option.fromUndefinedOr(rows.get(canonical(keysOf(keys))))),
    scan: Effect.sync(() => [...rows.values()]),
    splitShard: (shardId) => Effect.map(now, (time) => Streams.split(streams, shardId, time)),
    trim: (shardId) => Effect.sync(() => Streams.trim(streams, shardId)),
    disableStream: Effect.sync(() => Streams.disable(streams)),
    replaceStream: (viewType = "NEW_AND_OLD_IMAGES") =>
      Effect.map(now, (time) => Streams.enable(streams, viewType, time)),
    streamApi: apiOf(tableName, streams),
    scanApi: memoryScan.make({
      tableName,
      partitionKey,
      sortKey,
      pageRowsMax,
      all: () => rows.values(),
      stream: () => Streams.latestOf(streams),
      hashOf: Streams.hashOf
    })
  }
})

/** The table's stream, for whatever follows it. */
export const layerStreamApi = (table: MemoryTable): Layer.Layer<StreamApi> => Layer.succeed(StreamApi, table.streamApi)

/** The table's rows, for whoever reads them all. */
export const layerScanApi = (table: MemoryTable): Layer.Layer<ScanApi> => Layer.succeed(ScanApi, table.scanApi)

const apiOf = (tableName: string, streams: Streams.MemoryStreams): StreamApi["Service"] => {
  const answer = <A>(operation: string, candidate: string, ask: (now: number) => A | Streams.Refusal) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const answered = ask(now)
      if (!(answered instanceof Streams.Refusal)) return Effect.succeed(answered)
      const { reason } = answered
      return Effect.fail(
        new StreamApiError({ operation, reason, message: `${operation} of ${candidate} failed with ${reason._tag}` })
      )
    })
  return StreamApi.of({
    findStream: (name) =>
      answer("DescribeTable", name, () =>
        name === tableName ? Streams.latestOf(streams) : new Streams.Refusal(new TableMissing())
      ),
    describeStream: (streamArn) => answer("DescribeStream", streamArn, () => Streams.describe(streams, streamArn)),
    shardIterator: (streamArn, shardId, start) =>
      answer("GetShardIterator", `shard ${shardId} of ${streamArn}`, (now) =>
        Streams.iterator(streams, streamArn, shardId, start, now)
      ),
    records: (iterator) => answer("GetRecords", "a shard", (now) => Streams.page(streams, iterator, now))
  })
}

const streamRecord =
  (time: number, keys: Attributes, before: Attributes | undefined, after: Attributes | undefined) =>
  (sequenceNumber: string, viewType: string) => ({
    eventID: sequenceNumber,
    eventName: after === undefined ? "REMOVE" : before === undefined ? "INSERT" : "MODIFY",
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: "memory",
    dynamodb: {
      ApproximateCreationDateTime: new Date(time - (time % 1000)),
      Keys: keys,
      ...(after !== undefined && viewType.startsWith("NEW_") ? { NewImage: after } : {}),
      ...(before !== undefined && viewType.includes("OLD_IMAGE") ? { OldImage: before } : {}),
      SequenceNumber: sequenceNumber,
      StreamViewType: viewType
    }
  })

const pick = (item: Attributes, names: ReadonlyArray<string>): Attributes =>
  Object.fromEntries(
    names.map((name) => {
      const value = item[name]
      if (value === undefined) throw new Error(`the item has no key attribute ${name}`)
      return [name, structuredClone(value)]
    })
  )

const sameItem = (left: Attributes | undefined, right: Attributes | undefined) =>
  left === right || (left !== undefined && right !== undefined && canonical(left) === canonical(right))
