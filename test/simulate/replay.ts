/** The streams read again from their oldest records, as somebody does who has restored a snapshot. */
import { Effect } from "effect"
import { groupBy } from "../../src/groupBy.ts"
import type { Mapping } from "./EventSource.ts"

/** Delivers all that was read so far once more, each batch once and of one stream, beside what goes on. */
export const replay = (mapping: Mapping): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { batchSize } = mapping.settings
    const streams = groupBy(mapping.seen, ({ streamArn }) => streamArn)
    mapping.journal.count("replays of the stream")
    for (const records of streams.values()) {
      for (let at = 0; at < records.length && !mapping.isEnding; at += batchSize) {
        yield* mapping.fleet.invoke(records.slice(at, at + batchSize))
      }
    }
  })
