/**
 * The streams of a table in memory, as DynamoDB keeps them: shards by ranges of the partition key's hash, closed and
 * followed by children, trimmed, or left behind with their stream. Sequence numbers grow within a stream by uneven
 * steps, soon grow a digit, and start smaller in the next stream, as real ones do; order must survive all of that.
 */
import { IteratorExpired, RecordsTrimmed, ShardGone, StreamGone, type TableStream } from "../source/stream/StreamApi.ts"
import type { IteratorStart, StreamApiReason, StreamDescription } from "../source/stream/StreamApi.ts"
import type { KeyNames } from "../KeyNames.ts"

export interface MemoryShard {
  readonly shardId: string
  readonly parentShardId: string | undefined
  /** The hashes it takes: `from` up to, not including, `to`. */
  readonly from: number
  readonly to: number
  closed: boolean
  /** Records still kept; the shard's first `trimmed` ones are gone. */
  records: Array<{ readonly sequenceNumber: string; readonly record: unknown }>
  trimmed: number
  trimmedTo: string
}

export interface MemoryStream {
  readonly streamArn: string
  readonly label: string
  readonly viewType: string
  enabled: boolean
  shards: Array<MemoryShard>
  next: bigint
}

/** All streams the table had, oldest first, until they are trimmed. */
export interface MemoryStreams {
  readonly tableArn: string
  readonly keys: KeyNames
  readonly recordsMax: number
  streams: Array<MemoryStream>
  latest: MemoryStream | undefined
  shardsMade: number
}

/** The answer that DynamoDB would give instead; a plain value, for the layer to dress. */
export class Refusal {
  readonly reason: StreamApiReason
  constructor(reason: StreamApiReason) {
    this.reason = reason
  }
}

const hashes = 2 ** 32
const minutes15 = 15 * 60_000

export const make = (tableArn: string, keys: KeyNames, recordsMax: number): MemoryStreams => ({
  tableArn,
  keys,
  recordsMax,
  streams: [],
  latest: undefined,
  shardsMade: 0
})

/** Enables a stream at `now`, whatever went before. */
export const enable = (all: MemoryStreams, viewType: string, now: number): void => {
  const last = all.latest
  if (last !== undefined) disable(all)
  const made = last === undefined ? now : Math.max(now, Date.parse(`${last.label}Z`) + 1)
  const label = new Date(made).toISOString().slice(0, -1)
  const stream: MemoryStream = {
    streamArn: `${all.tableArn}/stream/${label}`,
    label,
    viewType,
    enabled: true,
    shards: [],
    // The first stream soon grows from 27 digits to 28; each later one has 21 and stays below all before it.
    next: last === undefined ? 10n ** 27n - 60n * step : (10n ** 22n - BigInt(all.shardsMade) * 10n ** 17n) / 10n
  }
  all.latest = stream
  all.streams.push(stream)
  addShard(all, stream, { from: 0, to: hashes, parentShardId: undefined }, made)
}

/** Ends the latest stream: its shards close, it stays readable until it is trimmed. */
export const disable = ({ latest }: MemoryStreams): void => {
  if (latest === undefined) return
  latest.enabled = false
  for (const shard of latest.shards) shard.closed = true
}

/** Adds a record to the open shard of the key, if a stream is enabled. */
export const append = (
  { latest }: MemoryStreams,
  partition: string,
  recordOf: (sequenceNumber: string, viewType: string) => unknown
): void => {
  if (latest === undefined || !latest.enabled) return
  const hash = hashOf(partition)
  const shard = latest.shards.find(({ closed, from, to }) => !closed && from <= hash && hash < to)
  if (shard === undefined) throw new Error("no open shard takes this key: the shards' ranges have a gap")
  latest.next += step + BigInt(hash % 1000)
  const sequenceNumber = latest.next.toString()
  shard.records.push({ sequenceNumber, record: recordOf(sequenceNumber, latest.viewType) })
}

const step = 12_345_678n

/** Closes an open shard (the first one if none is named) and gives the ids of its two children. */
export const split = (all: MemoryStreams, shardId: string | undefined, now: number): ReadonlyArray<string> => {
  const stream = all.latest
  const parent = stream?.shards.find((shard) => !shard.closed && (shardId ?? shard.shardId) === shard.shardId)
  if (stream === undefined || parent === undefined) throw new Error(`there is no open shard ${shardId ?? ""} to split`)
  parent.closed = true
  const middle = Math.floor((parent.from + parent.to) / 2)
  const family = { parentShardId: parent.shardId }
  return [
    addShard(all, stream, { ...family, from: parent.from, to: middle }, now),
    addShard(all, stream, { ...family, from: middle, to: parent.to }, now)
  ]
}

/** Forgets what is older than now, as DynamoDB does after 24 hours; of one shard only, if it is named. */
export const trim = (all: MemoryStreams, shardId: string | undefined): void => {
  for (const stream of all.streams) {
    for (const shard of stream.shards) {
      if (shardId !== undefined && shardId !== shard.shardId) continue
      shard.trimmed += shard.records.length
      shard.trimmedTo = shard.records.at(-1)?.sequenceNumber ?? shard.trimmedTo
      shard.records = []
    }
    stream.shards = stream.shards.filter(
      (shard) => !shard.closed || (shardId !== undefined && shardId !== shard.shardId)
    )
  }
  if (shardId === undefined) all.streams = all.streams.filter((stream) => stream.enabled)
}

export const latestOf = ({ keys, latest, tableArn }: MemoryStreams): TableStream => {
  if (latest === undefined) return { tableArn, keys, latest }
  const { enabled, label, streamArn, viewType } = latest
  return { tableArn, keys, latest: { enabled, label, streamArn, viewType } }
}

export const describe = (all: MemoryStreams, streamArn: string): StreamDescription | Refusal => {
  const stream = all.streams.find((stream) => stream.streamArn === streamArn)
  if (stream === undefined) return new Refusal(new StreamGone())
  const shards = stream.shards.map(({ closed, parentShardId, shardId }) => ({ closed, parentShardId, shardId }))
  return { viewType: stream.viewType, shards }
}

export const iterator = (
  all: MemoryStreams,
  streamArn: string,
  shardId: string,
  start: IteratorStart,
  now: number
): string | Refusal => {
  const shard = find(all, streamArn, shardId)
  if (shard === undefined) return new Refusal(new ShardGone())
  if (start._tag === "TrimHorizon") return iteratorAt(streamArn, shardId, shard.trimmed, now)
  if (start._tag === "Latest") return iteratorAt(streamArn, shardId, shard.trimmed + shard.records.length, now)
  const after = BigInt(start.sequenceNumber) - (start._tag === "At" ? 1n : 0n)
  if (after <= BigInt(shard.trimmedTo)) return new Refusal(new RecordsTrimmed())
  const index = shard.records.findIndex(({ sequenceNumber }) => BigInt(sequenceNumber) > after)
  return iteratorAt(streamArn, shardId, shard.trimmed + (index === -1 ? shard.records.length : index), now)
}

export const page = (all: MemoryStreams, iterator: string, now: number) => {
  const [streamArn = "", shardId = "", position = 0, madeAt = 0] = JSON.parse(iterator) as Partial<Iterator>
  const shard = find(all, streamArn, shardId)
  if (shard === undefined) return new Refusal(new ShardGone())
  if (now - madeAt > minutes15) return new Refusal(new IteratorExpired())
  if (position < shard.trimmed) return new Refusal(new RecordsTrimmed())
  const start = position - shard.trimmed
  const records = shard.records.slice(start, start + all.recordsMax).map(({ record }) => record)
  const isEnd = shard.closed && start + records.length === shard.records.length
  return { records, next: isEnd ? undefined : iteratorAt(streamArn, shardId, position + records.length, now) }
}

type Iterator = [streamArn: string, shardId: string, position: number, madeAt: number]

const iteratorAt = (...iterator: Iterator) => JSON.stringify(iterator)

const find = (all: MemoryStreams, streamArn: string, shardId: string) =>
  all.streams.find((stream) => stream.streamArn === streamArn)?.shards.find((shard) => shard.shardId === shardId)

const addShard = (
  all: MemoryStreams,
  stream: MemoryStream,
  range: Pick<MemoryShard, "from" | "to" | "parentShardId">,
  now: number
): string => {
  const number = (++all.shardsMade).toString(16).padStart(8, "0")
  const shardId = `shardId-${now.toString().padStart(20, "0")}-${number}`
  stream.shards.push({ shardId, ...range, closed: false, records: [], trimmed: 0, trimmedTo: "0" })
  return shardId
}

// FNV-1a: any hash would do that spreads keys over the shards.
export const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
