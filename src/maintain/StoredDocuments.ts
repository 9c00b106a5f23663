/**
 * The documents of a generation as they are stored, live or not, with the fields that readers see: for those who look
 * at all of them, or at what stands beside the sync state. Writing is the sink's.
 * Layers: `openSearchDocuments.ts`; `testing/storedDocuments.ts` for a sink in memory.
 */
import { Context, type Effect, type Result } from "effect"
import type { Shape } from "../define/Shape.ts"
import type { Document } from "../fold/Document.ts"
import type { Unreadable } from "../fold/source.ts"
import type { SinkError } from "../sink/Sink.ts"

export interface Stored {
  readonly id: string
  /** The document read back, or why that can't be done. */
  readonly document: Result.Result<Document, Unreadable>
  /** All that is stored under the id. */
  readonly source: { readonly [field: string]: unknown }
  /** Its place in its index's history of writes. */
  readonly seqNo: number
  readonly primaryTerm: number
}

/** Documents read by their ids. */
export interface Read {
  /** By id; what is not there is left out. */
  readonly found: ReadonlyMap<string, Stored>
  /** The number of ids that were asked for, the first ones. */
  readonly count: number
}

/** The generation that an aggregate's rows of a table are written to. */
export interface Generation {
  readonly name: string
  /** A name that no other generation ever has, one re-created under the same name included. */
  readonly writeAlias: string
  readonly filled: boolean
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** The source of its rows up to now: the table, and the time at which its stream was made. */
  readonly source: { readonly tableArn: string; readonly epoch: number } | null
  /** The number of marks ever set on it, such as that it is incomplete: a verification begun now may clear these. */
  readonly marks: number
}

export class StoredDocuments extends Context.Service<
  StoredDocuments,
  {
    /** Makes the first generation where there is none; fails where all there are are made from another table. */
    readonly generation: (shape: Shape, tableArn: string) => Effect.Effect<Generation, SinkError>
    /** Notes that all rows of the table were written to the generation. */
    readonly markFilled: (shape: Shape, source: NonNullable<Generation["source"]>) => Effect.Effect<void, SinkError>
    /**
     * As many of the first of these as are expected to fit into a few megabytes, one at least, the newest acknowledged
     * writes included.
     */
    readonly read: (shape: Shape, tableArn: string, ids: ReadonlyArray<string>) => Effect.Effect<Read, SinkError>
    /**
     * All that were stored when it was asked for, as they are by now, in pages of a few megabytes; a page is read when
     * the one before is done with, however long that takes.
     */
    readonly each: <E, R>(
      shape: Shape,
      tableArn: string,
      onPage: (page: ReadonlyArray<Stored>) => Effect.Effect<void, E, R>
    ) => Effect.Effect<void, E | SinkError, R>
  }
>()("tablefold/generation/StoredDocuments") {}
