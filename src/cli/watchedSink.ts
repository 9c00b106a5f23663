/** A sink that also tells which documents it wrote rows to, for commands that show them. */
import { Effect, Layer } from "effect"
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
          Effect.tap(sink.write(patches, origins), ({ outcomes }) =>
            Effect.forEach(
              patches.filter(({ registers }, i) => registers.size > 0 && outcomes[i]!._tag === "Written"),
              onWritten
            )
          )
      })
    )
  ).pipe(Layer.provide(layer))
