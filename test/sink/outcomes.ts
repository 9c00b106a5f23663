/** Patches through the sink, for their outcomes alone. */
import { Effect } from "effect"
import type * as Patch from "../../src/fold/Patch.ts"
import { type Origin, type Outcome, Sink, type SinkError, writeAll } from "../../src/sink/Sink.ts"

export const outcomesOf = (
  patches: ReadonlyArray<Patch.Patch>,
  origins: ReadonlyArray<Origin> = []
): Effect.Effect<ReadonlyArray<Outcome>, SinkError, Sink> =>
  Effect.map(writeAll(patches, origins), (settled) => settled.map(({ outcome }) => outcome))

/** The same for a sink at hand. */
export const outcomesIn = (
  sink: Sink["Service"],
  patches: ReadonlyArray<Patch.Patch>,
  origins: ReadonlyArray<Origin> = []
): Effect.Effect<ReadonlyArray<Outcome>, SinkError> => Effect.provideService(outcomesOf(patches, origins), Sink, sink)
