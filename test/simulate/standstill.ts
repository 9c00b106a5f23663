/**
 * An event source that stands still for longer than a stream keeps its records, while the table changes: what it had
 * not read is gone. The first records it finds afterwards are nearly a day old.
 */
import { Clock, Effect } from "effect"
import type { RecordsPage, StreamApi } from "../../src/source/stream/StreamApi.ts"
import type { MemoryTable } from "../../src/testing/MemoryTable.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import { type Mapping, shardsOf } from "./EventSource.ts"
import type { History } from "./History.ts"
import { delivered } from "./records.ts"
import type { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"
import type { FaultInjector } from "./FaultInjector.ts"

/** What an event source never read: the keys of the rows that changed, and when the stream forgot it. */
export interface Unread {
  readonly keys: ReadonlySet<string>
  /** The indices that had documents then. */
  readonly written: ReadonlySet<string>
  readonly at: number
}

/** Nothing was missed. */
export const nothing: Unread = { keys: new Set(), written: new Set(), at: 0 }

/** Lets it happen, and gives what nobody read. */
export const standStill = Effect.fnUntraced(function* (
  mapping: Mapping,
  faults: FaultInjector,
  server: SimulatedOpenSearch,
  history: History,
  table: MemoryTable,
  random: SeededRandom
) {
  mapping.journal.count("standstills of more than a day")
  mapping.journal.say("the event source stands still")
  mapping.isPaused = true
  faults.isPaused = true
  yield* Effect.sleep("1 hour")
  yield* history.changes(random.between(1, 10))
  yield* Effect.sleep("1 day")
  const unread: Unread = {
    keys: yield* unreadKeys(mapping, table),
    written: new Set([...server.indices].flatMap(([name, { documents }]) => (documents.size > 1 ? [name] : []))),
    at: yield* Clock.currentTimeMillis
  }
  yield* table.trim()
  yield* history.touchAll
  yield* history.changes(random.between(1, 10))
  yield* Effect.sleep(random.between(20.1 * 3_600_000, 23.5 * 3_600_000))
  mapping.journal.say(`the event source goes on without ${[...unread.keys].join(", ")}`)
  mapping.isPaused = false
  faults.isPaused = false
  return unread
})

/** The keys of the rows of which a stream, disabled ones included, tells changes that were not read. */
export const unreadKeys = Effect.fnUntraced(function* ({ seen, streams }: Mapping, { streamApi }: MemoryTable) {
  const read = new Set(seen.map(({ place }) => place))
  const keys = new Set<string>()
  for (const streamArn of streams) {
    for (const { shardId } of yield* shardsOf(streamApi, streamArn)) {
      for (const record of yield* recordsOf(streamApi, streamArn, shardId)) {
        const { key, place } = delivered(streamArn, record)
        if (!read.has(place)) keys.add(key)
      }
    }
  }
  return keys
}, Effect.orDie)

const recordsOf = Effect.fnUntraced(function* (streamApi: StreamApi["Service"], streamArn: string, shardId: string) {
  const records: Array<unknown> = []
  let next: string | undefined = yield* streamApi.shardIterator(streamArn, shardId, { _tag: "TrimHorizon" })
  for (let isEmpty = false; next !== undefined && !isEmpty;) {
    const page: RecordsPage = yield* streamApi.records(next)
    records.push(...page.records)
    isEmpty = page.records.length === 0
    next = page.next
  }
  return records
})
