/** Documents in memory, each printed when it changes: a line of JSON as OpenSearch would show it. */
import { Effect, Layer } from "effect"
import type { Patch } from "../fold/Patch.ts"
import * as source from "../fold/source.ts"
import { layerMemory, Sink } from "../sink/Sink.ts"
import { print } from "./terminal.ts"
import { watchedSink } from "./watchedSink.ts"

export const layerPrinting: Layer.Layer<Sink> = Layer.unwrap(
  Effect.map(Layer.build(layerMemory), (context) => {
    const shared = Layer.succeedContext(context)
    return watchedSink(shared, (patch) => Effect.provide(printDocument(patch), shared))
  })
)

const printDocument = Effect.fnUntraced(function* ({ id, shape }: Patch) {
  const [document] = yield* Effect.orDie(Effect.flatMap(Sink, (sink) => sink.read(shape, [id])))
  const json = (document && source.visible(document)?.text) ?? "null"
  yield* print(`{"_index":${JSON.stringify(shape.aggregate.name)},"_id":${JSON.stringify(id)},"_source":${json}}`)
})
