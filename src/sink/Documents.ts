/** Reading documents back, by their key or by a search, in the type their aggregate has. */
import { Effect, Option, Result } from "effect"
import { documentKey } from "../decode/rowKey.ts"
import type * as Aggregate from "../define/Aggregate.ts"
import type { KeyNames } from "../define/Key.ts"
import * as Shape from "../define/Shape.ts"
import * as reading from "../define/reading.ts"
import * as source from "../fold/source.ts"
import { type Search, type SearchRefused, Sink, type SinkError } from "./Sink.ts"

export { WrongType } from "../define/reading.ts"
export { type Search, SearchRefused } from "./Sink.ts"

/** The values of an aggregate's key by name: `{ orderId: "7" }`. */
export type KeyOf<A extends Aggregate.Any> = { readonly [N in KeyNames<A["key"]>]: string }

/** The document's id for a key, as the index has it. */
export const idFor = <A extends Aggregate.Any>(aggregate: A, key: KeyOf<A>): string =>
  documentKey(Shape.of(aggregate), key).id

/**
 * The document with this key as readers see it; none while its root is absent. It is read by id, so the newest
 * acknowledged write is in it, where a search may lag behind by the index's refresh interval.
 */
export const get = <A extends Aggregate.Any>(
  aggregate: A,
  key: KeyOf<A>
): Effect.Effect<Option.Option<A["Type"]>, SinkError | reading.WrongType, Sink> => {
  const id = idFor(aggregate, key)
  return Effect.flatMap(visible(aggregate, id), (seen) => {
    if (seen === undefined) return Effect.succeedNone
    const reason = seen.notComputed?.reason
    const found = reason === undefined ? reading.read(aggregate, JSON.parse(seen.text)) : Result.fail(reason)
    if (Result.isSuccess(found)) return Effect.succeed(Option.some(found.success as A["Type"]))
    const what = `${aggregate.name} ${id} is not of the type that the definition says: ${found.failure}`
    return Effect.fail(new reading.WrongType({ message: `${what}; Documents.json gives it as it is` }))
  })
}

/** The fields of the document with this id as JSON text, as OpenSearch has them in `_source`, less the sync state. */
export const json = (aggregate: Aggregate.Any, id: string): Effect.Effect<Option.Option<string>, SinkError, Sink> =>
  Effect.map(visible(aggregate, id), (seen) => Option.map(Option.fromUndefinedOr(seen), ({ text }) => text))

/** A document that a search found. */
export interface Hit<T> {
  readonly id: string
  readonly document: T
  /** `null` where the search sorts by something else. */
  readonly score: number | null
  /** The values it is sorted by, as `search_after` takes them; empty where the search names no order. */
  readonly sort: ReadonlyArray<unknown>
  /** The hit as OpenSearch gave it, less its source: highlights, inner hits. */
  readonly raw: { readonly [name: string]: unknown }
}

export interface Found<T> {
  readonly hits: ReadonlyArray<Hit<T>>
  /** Documents that were found and are not of the type that the definition says, so that they are no hits. */
  readonly wrongType: ReadonlyArray<{ readonly id: string; readonly message: string }>
  /** The number of documents found; with `gte` there are more. Absent with `track_total_hits: false`. */
  readonly total: { readonly value: number; readonly relation: "eq" | "gte" } | undefined
  /** The answer as OpenSearch gave it, less its hits: aggregations, suggestions. */
  readonly raw: { readonly [name: string]: unknown }
}

/**
 * The documents of an aggregate that a search finds: those that readers see, each without its sync state. `body` is a
 * search in OpenSearch's own words. Fails where the server does not take the search, and where it could not look at
 * all of the index.
 */
export const search = <A extends Aggregate.Any>(
  aggregate: A,
  body: Search
): Effect.Effect<Found<A["Type"]>, SinkError | SearchRefused, Sink> =>
  Effect.map(
    Effect.flatMap(Sink, (sink) => sink.search(Shape.of(aggregate), body)),
    ({ hits: { hits, total }, ...raw }) => {
      const read = hits.map(({ _source, ...hit }) => ({ hit, document: aggregate.decode(_source) }))
      return {
        hits: read.flatMap(({ document, hit }) =>
          Result.isFailure(document)
            ? []
            : [{ id: hit._id, document: document.success, score: hit._score, sort: hit.sort ?? [], raw: { ...hit } }]
        ),
        wrongType: read.flatMap(({ document, hit }) =>
          Result.isFailure(document) ? [{ id: hit._id, message: document.failure.message }] : []
        ),
        total,
        raw
      }
    }
  )

const visible = (aggregate: Aggregate.Any, id: string): Effect.Effect<source.Rendered | undefined, SinkError, Sink> =>
  Effect.map(
    Effect.flatMap(Sink, (sink) => sink.read(Shape.of(aggregate), [id])),
    ([document]) => document && source.visible(document)
  )
