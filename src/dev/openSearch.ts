/** Documents in an OpenSearch, in indices that are made and marked here; no other is touched. */
import { Context, Effect, Layer, type Scope } from "effect"
import { Failure } from "../cli/Failure.ts"
import type * as Table from "../define/Table.ts"
import { type Change, plan } from "../generation/plan.ts"
import * as openSearchDocuments from "../maintain/openSearchDocuments.ts"
import type { SinkError } from "../sink/Sink.ts"
import * as client from "../sink/opensearch/client.ts"
import * as indices from "../sink/opensearch/indices.ts"
import * as OpenSearchSink from "../sink/opensearch/OpenSearchSink.ts"
import { request } from "../sink/opensearch/request.ts"
import { Transport } from "../sink/opensearch/Transport.ts"
import type { Marks } from "./Marks.ts"
import type { Index } from "./Place.ts"

export interface Options {
  readonly connection: client.Options
  readonly title: string
  /** The place in marks: servers of ours are the same on another port. */
  readonly at: string
  readonly aliasPrefix: string
  readonly marks: Marks
  readonly stop: Index["stop"]
}

export const index = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<Index, SinkError, Scope.Scope> {
  const { aliasPrefix, at, connection, marks, stop, title } = options
  const transport = Context.get(yield* Layer.build(client.layer(connection)), Transport)
  const here = Effect.provideService(Transport, transport)
  const nameOf = (index: string) => `index ${index} at ${at}`

  /** Aliases behind which there was nothing any more: what is there since is ours, marked or not yet. */
  const cleared = new Set<string>()

  /** Deletes the indices behind an alias; fails at one that was not made here. */
  const drop = Effect.fnUntraced(function* (alias: string) {
    const found = yield* indices.list(alias)
    for (const { identity, index } of found) {
      if (!cleared.has(alias) && !marks.has(nameOf(index), identity)) {
        return yield* new Failure({ message: `the index ${index} was not made by this folder's dev: it is left alone` })
      }
    }
    for (const { index } of found) {
      yield* request("DELETE", `/${encodeURIComponent(index)}`)
      yield* marks.remove(nameOf(index))
    }
    cleared.add(alias)
  })

  const clear = Effect.fnUntraced(function* (before: Table.Table, next: Table.Table) {
    const plans = yield* plan(next.aggregates, aliasPrefix)
    const names = new Set([...before.aggregates, ...next.aggregates].map(({ name }) => name))
    for (const name of names) yield* drop(aliasPrefix + name)
    const gone = before.aggregates.filter(({ name }) => next.aggregates.every((other) => other.name !== name))
    return [
      ...plans.flatMap(({ alias, change }) => inWords(alias, change)),
      ...gone.map(({ name }) => `${aliasPrefix}${name}: gone`)
    ]
  })

  const mark = Effect.fnUntraced(function* ({ aggregates }: Table.Table) {
    for (const { name } of aggregates) {
      for (const { identity, index } of yield* indices.list(aliasPrefix + name)) {
        yield* marks.add(nameOf(index), identity)
      }
    }
  })

  return {
    title,
    aliasPrefix,
    clear: (before, next) => here(clear(before, next)),
    layer: () =>
      Layer.merge(OpenSearchSink.layerTransport({ aliasPrefix }), openSearchDocuments.layer({ aliasPrefix })).pipe(
        Layer.provide(Layer.succeed(Transport, transport))
      ),
    mark: (table) => here(mark(table)),
    transport,
    stop
  }
})

/** The difference that a definition makes in an index. */
const inWords = (alias: string, change: Change): ReadonlyArray<string> => {
  switch (change._tag) {
    case "None":
      return []
    case "First":
      return [`${alias}: new`]
    case "InPlace":
      return change.names.map((name) => `${alias}: ${name} is new`)
    case "NewGeneration":
      return change.where.map((where) => `${alias}: ${where}`)
    default:
      return [`${alias}: changed`]
  }
}
