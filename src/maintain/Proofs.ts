/**
 * The proof that a generation keeps of itself, and its documents in the order of their writes, by which a walk through
 * all of them can stop and go on at any time. Layer: `openSearchProofs.ts`.
 */
import { Context, type Effect } from "effect"
import type { Shape } from "../define/Shape.ts"
import type { SinkError } from "../sink/Sink.ts"
import type { Proof } from "../sink/opensearch/Proof.ts"

/** The proof of a generation as it was read. */
export interface Held {
  readonly index: string
  readonly writeAlias: string
  readonly proof: Proof
  /** Tells whether the stream was seen past a time, in epoch milliseconds, when the proof was read. */
  readonly isSeenPast: (time: number) => boolean
}

/** Documents that follow each other in the order of their writes. */
export interface Page {
  readonly ids: ReadonlyArray<string>
  /** The place after them. */
  readonly next: number
}

export class Proofs extends Context.Service<
  Proofs,
  {
    /** The proof of the generation that an aggregate's rows of a table are written to; a new one where it has none. */
    readonly load: (shape: Shape, tableArn: string) => Effect.Effect<Held, SinkError>
    /** Keeps it in the same generation, unless that was made anew meanwhile. */
    readonly save: (shape: Shape, held: Held, proof: Proof) => Effect.Effect<void, SinkError>
    /** The place after all that was written up to now. */
    readonly end: (held: Held) => Effect.Effect<number, SinkError>
    /** The documents whose last write has its place from `from` on, and before `to`: those of one page. */
    readonly page: (held: Held, from: number, to: number) => Effect.Effect<Page, SinkError>
  }
>()("tablefold/maintain/Proofs") {}
