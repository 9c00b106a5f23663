/** {@link StoredDocuments} over OpenSearch. */
import { Duration, Effect, Layer } from "effect"
import type { Shape } from "../define/Shape.ts"
import * as source from "../fold/source.ts"
import * as Generations from "../sink/opensearch/Generations.ts"
import * as indices from "../sink/opensearch/indices.ts"
import type { Source } from "../sink/opensearch/Meta.ts"
import { notState } from "../sink/opensearch/stateDocument.ts"
import { Transport } from "../sink/opensearch/Transport.ts"
import { byId } from "./byId.ts"
import { eachPage, type Hit, patiently } from "./scroll.ts"
import { type Stored, StoredDocuments } from "./StoredDocuments.ts"

export interface Options {
  /** Put before each aggregate's name to make its alias. Defaults to none. */
  readonly aliasPrefix?: string
  /** Documents on a page. Defaults to 200. */
  readonly pageMax?: number
}

export const layer = ({ aliasPrefix = "", pageMax = 200 }: Options = {}): Layer.Layer<
  StoredDocuments,
  never,
  Transport
> =>
  Layer.effect(
    StoredDocuments,
    Effect.gen(function* () {
      const transport = yield* Transport
      const generations = Generations.make({ aliasPrefix, checkEvery: Duration.seconds(60) })
      const here = <A, E>(effect: Effect.Effect<A, E, Transport>) => Effect.provideService(effect, Transport, transport)
      const target = (shape: Shape, tableArn: string) => here(patiently(generations.find(shape, tableArn)))
      // What is remembered for a minute may be older than what this process has noted itself.
      const targetNow = (shape: Shape, tableArn: string) =>
        Effect.suspend(() => (generations.forget(shape), target(shape, tableArn)))
      return StoredDocuments.of({
        generation: (shape, tableArn) =>
          Effect.map(targetNow(shape, tableArn), ({ index, meta, state, writeAlias }) => {
            const { filled, marks, source } = state
            return { name: index, writeAlias, filled, createdAt: meta.createdAt, source, marks }
          }),
        markFilled: (shape, source) =>
          Effect.flatMap(target(shape, source.tableArn), ({ index }) =>
            here(patiently(markFilled(aliasPrefix + shape.aggregate.name, index, { kind: "stream", ...source })))
          ),
        read: (shape, tableArn, ids) =>
          Effect.gen(function* () {
            const { writeAlias } = yield* target(shape, tableArn)
            const sources = yield* here(byId<Stored["source"]>(writeAlias, ids))
            return new Map([...sources].map(([id, source]) => [id, stored(shape, id, source)]))
          }),
        each: <E, R>(
          shape: Shape,
          tableArn: string,
          onPage: (page: ReadonlyArray<Stored>) => Effect.Effect<void, E, R>
        ) =>
          Effect.gen(function* () {
            const { index } = yield* target(shape, tableArn)
            const context = yield* Effect.context<R>()
            const search = { size: pageMax, query: notState }
            const pages = eachPage(index, search, (hits: ReadonlyArray<Hit<Stored["source"]>>) =>
              Effect.provide(onPage(hits.map(({ _id, _source }) => stored(shape, _id, _source))), context)
            )
            yield* here(pages)
          })
      })
    })
  )

/** Of an empty table no row said where the generation is made from. */
const markFilled = Effect.fnUntraced(function* (alias: string, index: string, source: Source) {
  const own = (yield* indices.list(alias)).find((generation) => generation.index === index)
  if (own === undefined) return
  yield* indices.update(own, (state) =>
    state.filled ? state : { ...state, filled: true, source: state.source ?? source }
  )
})

const stored = (shape: Shape, id: string, found: Stored["source"]): Stored => ({
  id,
  document: source.parse(shape, id, found),
  source: found
})
