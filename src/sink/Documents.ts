/** Reading documents back by their key, in the type their aggregate has. */
import { Effect, Option, Result } from "effect"
import { documentKey } from "../decode/rowKey.ts"
import type * as Aggregate from "../define/Aggregate.ts"
import type { KeyNames } from "../define/Key.ts"
import * as reading from "../define/reading.ts"
import * as Shape from "../define/Shape.ts"
import * as source from "../fold/source.ts"
import { Sink, type SinkError } from "./Sink.ts"

export { WrongType } from "../define/reading.ts"

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

const visible = (aggregate: Aggregate.Any, id: string): Effect.Effect<source.Rendered | undefined, SinkError, Sink> =>
  Effect.map(
    Effect.flatMap(Sink, (sink) => sink.read(Shape.of(aggregate), [id])),
    ([document]) => document && source.visible(document)
  )
