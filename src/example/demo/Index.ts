/** The index the demonstration's documents go to, whatever keeps it: a real OpenSearch, or memory. */
import type { Effect, Layer } from "effect"
import type { Sink, SinkError } from "../../sink/Sink.ts"

export interface Index {
  /** The words for what keeps it, after "in". */
  readonly title: string
  /** Of the aggregate, what readers call its documents. */
  readonly aliasOf: (aggregate: string) => string
  readonly sink: Layer.Layer<Sink, SinkError>
  /** The ids of the orders that have an item with these words in its product's name. */
  readonly search: (words: string) => Effect.Effect<ReadonlyArray<string>, SinkError, Sink>
  /** The search as one would write it; lines after the first are indented. */
  readonly searchText: (words: string) => string
}
