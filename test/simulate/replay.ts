/** The stream read again from its oldest record, as somebody does who has restored a snapshot. */
import { Effect } from "effect"
import type { Mapping } from "./EventSource.ts"

/** Delivers all that was read so far once more, each batch once, beside what goes on. */
export const replay = (mapping: Mapping): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { batchSize } = mapping.settings
    const records = [...mapping.seen]
    mapping.journal.count("replays of the stream")
    for (let at = 0; at < records.length && !mapping.isEnding; at += batchSize) {
      yield* mapping.fleet.invoke(records.slice(at, at + batchSize))
    }
  })
