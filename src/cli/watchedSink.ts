/** A sink that also tells which documents it wrote rows to, for commands that show them. */
import { Effect, Layer, Stream } from "effect"
import type { Patch } from "../fold/Patch.ts"
import { Sink } from "../sink/Sink.ts"

export const watchedSink = <E>(
  layer: Layer.Layer<Sink, E>,
  onWritten: (patch: Patch) => Effect.Effect<void>
): Layer.Layer<Sink, E> =>
  Layer.effect(
    Sink,
    Effect.map(Sink, (sink) =>
      Sink.of({
        ...sink,
        write: (patches, origins) =>
          Stream.tap(sink.write(patches, origins), ({ outcome, patch }) =>
            outcome._tag === "Written" && patch.registers.size > 0 ? onWritten(patch) : Effect.void
          )
      })
    )
  ).pipe(Layer.provide(layer))
