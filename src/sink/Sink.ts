/**
 * A sink is a pipe from patches to outcomes: it reads a document, applies the patch, and writes it if nobody else wrote
 * meanwhile. Whatever happens, each patch has an outcome: written, already there, refused, or unsettled.
 */
import { Context, Data, Effect, Layer, Stream } from "effect"
import type { KeyNames } from "../KeyNames.ts"
import type { Shape } from "../define/Shape.ts"
import type * as Document from "../fold/Document.ts"
import * as Patch from "../fold/Patch.ts"
import * as Attempt from "./Attempt.ts"
import type { Outcome } from "./Outcome.ts"
import { step } from "./step.ts"

export { type Outcome, type Refusal, refusalsOf } from "./Outcome.ts"

/** The stream (or scan) that patches come from: what a generation's source is checked against. */
export interface Origin {
  readonly tableArn: string
  /** The time of the stream's label, epoch milliseconds; 0 for a scan of a table without a stream. */
  readonly epoch: number
  /** The time at which the newest of its records was made, in epoch milliseconds, where known. */
  readonly changedAt: number | undefined
  /** The names of the table's key attributes; absent where nobody compared them with a record's. */
  readonly keys?: KeyNames | undefined
}

/** News from a program that follows the stream, sent with its report. */
export interface News {
  /** The table whose stream it follows, where known. */
  readonly tableArn?: string | undefined
  /** The time at which the oldest change at hand was made, in epoch milliseconds, where known. */
  readonly oldestAt?: number | undefined
  /** The reason why changes may be lost for good, in words; absent where nothing says so. */
  readonly gap?: string | undefined
}

/** A patch and its end. */
export interface Settled<P extends Patch.Patch = Patch.Patch> {
  readonly patch: P
  readonly outcome: Outcome
  /** The number of times that somebody else had written first, so that the document was read and made again. */
  readonly conflicts: number
  /** Rows read by a scan that the document had from a stream already, which counts as newer whatever it says. */
  readonly outdated: number
}

/** OpenSearch can't be asked at all as things are set up; the message names the setting and what to do. */
export class Misconfigured extends Data.TaggedError("Misconfigured")<{ readonly message: string }> {
  readonly isRetryable = false
}

/** The server was not reached, or could not answer; trying again later may help. */
export class Unreachable extends Data.TaggedError("Unreachable")<{ readonly message: string }> {
  readonly isRetryable = true
}

/** The index or alias that was asked for is not there any more; looking for the generation again may find another. */
export class IndexMissing extends Data.TaggedError("IndexMissing")<{ readonly message: string }> {
  readonly isRetryable = true
}

/** A generation does not fit the definition, so nothing of the aggregate may be written. */
export class IndexIncompatible extends Data.TaggedError("IndexIncompatible")<{ readonly message: string }> {
  readonly isRetryable = false
}

export class SinkError extends Data.TaggedError("SinkError")<{
  readonly reason: Misconfigured | Unreachable | IndexMissing | IndexIncompatible
}> {
  override readonly message = this.reason.message
}

/** OpenSearch does not take a search as it is written; the message is the server's. */
export class SearchRefused extends Data.TaggedError("SearchRefused")<{ readonly message: string }> {}

/** A search in OpenSearch's own words: query, sort, size, aggregations. Its source is the sink's to say. */
export interface Search {
  readonly [clause: string]: unknown
  readonly _source?: never
}

/** The answer to a search, as far as it is looked at. */
export interface SearchAnswer {
  readonly hits: {
    readonly total?: { readonly value: number; readonly relation: "eq" | "gte" }
    readonly hits: ReadonlyArray<{
      readonly _id: string
      readonly _score: number | null
      readonly _source: unknown
      readonly sort?: ReadonlyArray<unknown>
    }>
  }
}

export class Sink extends Context.Service<
  Sink,
  {
    /**
     * Writes patches, at most one for each document, and gives each with its outcome, in their order. It pulls as many
     * as it has requests to send, so the next are made while the server works: give them in small chunks. Rows that it
     * refuses leave marks in their document, as far as that can be written. `origins` say where the patches come from;
     * none means nowhere in particular, and nothing is checked. Fails only where no patch can be written; then none is
     * settled.
     */
    readonly write: <P extends Patch.Patch>(
      patches: Stream.Stream<P>,
      origins: ReadonlyArray<Origin>
    ) => Stream.Stream<Settled<P>, SinkError>
    /** The stored documents with these ids, in their order, the newest acknowledged writes included. */
    readonly read: (
      shape: Shape,
      ids: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyArray<Document.Document | undefined>, SinkError>
    /** Searches the documents of an aggregate that readers see. What of the sync state readers need may come along. */
    readonly search: (shape: Shape, body: Search) => Effect.Effect<SearchAnswer, SinkError | SearchRefused>
    /**
     * Tells whether what could not be written for a definition, for this reason, may be left out: the definition
     * written beside it has the live generation. Its own generation, if there is one, is marked first: it is incomplete
     * from now on. Where that can't be noted in the time there is, it may not.
     */
    readonly skipSuperseded: (
      shape: Shape,
      beside: Shape | undefined,
      tableArn: string | undefined,
      reason: string
    ) => Effect.Effect<boolean>
    /**
     * Says that a program which follows the stream is at work with these definitions. To be called with each batch, and
     * about once a minute without. Each generation remembers who writes it. Where changes may be lost for good, it is
     * marked as due for a verification; fails where that can't be noted.
     */
    readonly report: (shapes: ReadonlyArray<Shape>, news: News) => Effect.Effect<void, SinkError>
    /** Tells whether a generation of a table and one of these definitions is known to be made of such key names. */
    readonly knowsKeys: (
      shapes: ReadonlyArray<Shape>,
      keys: KeyNames,
      tableArn: string | undefined
    ) => Effect.Effect<boolean, SinkError>
  }
>()("tablefold/sink/Sink") {}

/** Writes patches that are made already, and gives the end of each, in their order. */
export const writeAll = <P extends Patch.Patch>(
  patches: ReadonlyArray<P>,
  origins: ReadonlyArray<Origin>
): Effect.Effect<ReadonlyArray<Settled<P>>, SinkError, Sink> =>
  Effect.flatMap(Sink, ({ write }) => Stream.runCollect(write(Stream.fromArray(patches), origins)))

/** Documents in memory, for tests and demonstrations: the same algebra, and the same text, as in OpenSearch. */
export const layerMemory: Layer.Layer<Sink> = Layer.effect(
  Sink,
  Effect.clockWith((clock) =>
    Effect.sync(() => {
      const documents = new Map<Shape, Map<string, Document.Document>>()
      const of = (shape: Shape) => {
        const known = documents.get(shape) ?? new Map<string, Document.Document>()
        documents.set(shape, known)
        return known
      }
      const tryNext = (attempt: Attempt.Attempt): Attempt.Attempt => {
        const stored = of(attempt.patch.shape)
        const now = clock.currentTimeMillisUnsafe()
        const next = step(stored.get(attempt.patch.id), Attempt.next(attempt), { now, horizon: 0, createdAt: 0 })
        if (next._tag === "Write") stored.set(attempt.patch.id, next.document)
        return Attempt.after(attempt, next)
      }
      const writeOne = <P extends Patch.Patch>(patch: P): Settled<P> => {
        const outdated = Patch.outdated(patch, of(patch.shape).get(patch.id))
        let attempt = Attempt.start(patch)
        let outcome = Attempt.outcome(attempt)
        while (outcome === undefined) {
          attempt = tryNext(attempt)
          outcome = Attempt.outcome(attempt)
        }
        return { patch, outcome, conflicts: 0, outdated }
      }
      return Sink.of({
        write: Stream.map(writeOne),
        read: (shape, ids) => Effect.sync(() => ids.map((id) => of(shape).get(id))),
        search: () => Effect.fail(new SinkError({ reason: new Misconfigured({ message: noSearch }) })),
        skipSuperseded: () => Effect.succeed(false),
        report: () => Effect.void,
        knowsKeys: () => Effect.succeed(false)
      })
    })
  )
)

const noSearch = "documents in memory can't be searched, only OpenSearch can; read them by their key (Documents.get)"
