/**
 * Lambda's event source mapping on a table's streams: shards after their parents, lanes that keep the order of each
 * row, batches, partial responses, bisection, attempts that end, and deliveries that come twice, late, or at the same
 * time.
 */
import { Effect, Fiber } from "effect"
import type { RecordsPage, StreamApi } from "../../src/source/stream/StreamApi.ts"
import type { MemoryTable } from "../../src/testing/MemoryTable.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import type { Fleet } from "./Fleet.ts"
import type { Journal } from "./Journal.ts"
import { Lane } from "./Lane.ts"
import { type Delivered, delivered } from "./records.ts"

export interface Settings {
  readonly batchSize: number
  readonly window: number
  readonly parallelization: number
  readonly bisect: boolean
  /** `Infinity` where a batch is tried for ever. */
  readonly attemptsMax: number
  /** How long a batch waits for its next try at most, in milliseconds. */
  readonly retryMax: number
  readonly repeated: number
  readonly overlapping: number
}

export const settingsOf = (random: SeededRandom): Settings => ({
  batchSize: random.pick([1, 3, 10, 100]),
  window: random.pick([0, 0, 200, 3000]),
  parallelization: random.pick([1, 2, 10]),
  bisect: random.chance(0.5),
  attemptsMax: random.pick([2, 5, Number.POSITIVE_INFINITY]),
  retryMax: 2000,
  repeated: random.pick([0, 0.1, 0.5]),
  overlapping: random.pick([0, 0.1, 0.5])
})

/** What all lanes share. */
export interface Mapping {
  readonly settings: Settings
  readonly fleet: Fleet
  readonly random: SeededRandom
  readonly journal: Journal
  /** The stream's name as the function gets it. */
  readonly nameOf: (streamArn: string) => string
  /** The streams it is fed from, each from its beginning. */
  readonly streams: Set<string>
  /** Everything the streams ever held, as it was read. */
  readonly seen: Array<Delivered>
  readonly acknowledged: Set<Delivered>
  /** Given up by the mapping (an on-failure destination), or refused for good: to be delivered again at the end. */
  readonly setAside: Array<Delivered>
  readonly background: Array<Fiber.Fiber<unknown>>
  /** Nothing is read or delivered. */
  isPaused: boolean
  /** Changes have ended, and so have the faults. */
  isEnding: boolean
  /** What calm times did not settle. */
  readonly problems: Array<string>
}

const pollEvery = 1000
/** A shard without news is asked less and less often. */
export const pollEveryMax = 16_000

/** A pause is looked at this often, in milliseconds. */
export const pausedFor = 3_600_000

/** Feeds the function from one stream, until the stream has ended and all of it is settled or set aside. */
export const follow = (mapping: Mapping, table: MemoryTable, streamArn: string): Effect.Effect<void> =>
  Effect.gen(function* () {
    mapping.streams.add(streamArn)
    const shards = new Map<string, Fiber.Fiber<void>>()
    for (;;) {
      while (mapping.isPaused) yield* Effect.sleep(pausedFor)
      const isLast = mapping.isEnding
      const listed = yield* shardsOf(table.streamApi, streamArn)
      for (const { parentShardId, shardId } of listed) {
        if (shards.has(shardId)) continue
        const parent = parentShardId === undefined ? undefined : shards.get(parentShardId)
        if (parent !== undefined && parent.pollUnsafe() === undefined) continue
        shards.set(shardId, yield* Effect.forkChild(readShard(mapping, table, streamArn, shardId)))
      }
      const isRead = [...shards.values()].every((shard) => shard.pollUnsafe() !== undefined)
      if (isLast && isRead && listed.every(({ shardId }) => shards.has(shardId))) return
      yield* Effect.sleep(5 * pollEvery)
    }
  })

/** None of a stream that is gone with all its records. */
export const shardsOf = (streamApi: StreamApi["Service"], streamArn: string) =>
  streamApi.describeStream(streamArn).pipe(
    Effect.map(({ shards }) => shards),
    Effect.catchIf(
      ({ reason }) => reason._tag === "StreamGone",
      () => Effect.succeed([])
    ),
    Effect.orDie
  )

const readShard = Effect.fnUntraced(function* (
  mapping: Mapping,
  { streamApi }: MemoryTable,
  streamArn: string,
  shardId: string
) {
  const lanes = Array.from({ length: mapping.settings.parallelization }, () => new Lane(mapping))
  const running = yield* Effect.forEach(lanes, (lane) => Effect.forkChild(lane.run))
  let next = yield* iteratorAfter(streamApi, streamArn, shardId, undefined)
  let last: string | undefined
  for (let wait = pollEvery; next !== undefined; wait = Math.min(2 * wait, pollEveryMax)) {
    while (mapping.isPaused) yield* Effect.sleep(pausedFor)
    const isLast = mapping.isEnding
    const page: RecordsPage | undefined = yield* Effect.orElseSucceed(streamApi.records(next), () => undefined)
    if (page === undefined) {
      next = yield* iteratorAfter(streamApi, streamArn, shardId, last)
      continue
    }
    if (page.records.length > 0) wait = pollEvery
    for (const raw of page.records) {
      const record = delivered(streamArn, raw, mapping.nameOf(streamArn))
      last = record.sequenceNumber
      mapping.seen.push(record)
      lanes[hashOf(record.key) % lanes.length]!.push(record)
    }
    next = isLast && page.records.length === 0 ? undefined : page.next
    if (next !== undefined) yield* Effect.sleep(wait)
  }
  for (const lane of lanes) lane.complete()
  yield* Effect.forEach(running, Fiber.join, { discard: true })
})

/** After the last record read, or from the first that is left; `undefined` where the shard is gone. */
const iteratorAfter = (
  streamApi: StreamApi["Service"],
  streamArn: string,
  shardId: string,
  last: string | undefined
): Effect.Effect<string | undefined> => {
  const first = Effect.orElseSucceed(
    streamApi.shardIterator(streamArn, shardId, { _tag: "TrimHorizon" }),
    () => undefined
  )
  if (last === undefined) return first
  const after = { _tag: "After", sequenceNumber: last } as const
  return Effect.catch(streamApi.shardIterator(streamArn, shardId, after), () => first)
}

const hashOf = (text: string): number => {
  let hash = 7
  for (const char of text) hash = (Math.imul(hash, 31) + char.codePointAt(0)!) >>> 0
  return hash
}
