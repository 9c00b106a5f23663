/** {@link StoredDocuments} over OpenSearch. */
import { Duration, Effect, Layer } from "effect"
import type { Shape } from "../define/Shape.ts"
import * as source from "../fold/source.ts"
import * as Generations from "../sink/opensearch/Generations.ts"
import * as indices from "../sink/opensearch/indices.ts"
import { measured } from "../sink/opensearch/measured.ts"
import type { Source } from "../sink/opensearch/Meta.ts"
import { notState } from "../sink/opensearch/stateDocument.ts"
import { Transport } from "../sink/opensearch/Transport.ts"
import { DocumentSizes, type Found, someById } from "./byId.ts"
import { eachPage, type Hit } from "./eachPage.ts"
import { patiently } from "./patiently.ts"
import { type Stored, StoredDocuments } from "./StoredDocuments.ts"

export interface Options {
  /** Put before each aggregate's name to make its alias. Defaults to none. */
  readonly aliasPrefix?: string
  /** Ids that are asked for at a time to look at all documents. Defaults to 1,000. */
  readonly pageMax?: number
}

export const layer = ({ aliasPrefix = "", pageMax = 1000 }: Options = {}): Layer.Layer<
  StoredDocuments,
  never,
  Transport
> =>
  Layer.effect(
    StoredDocuments,
    Effect.gen(function* () {
      const transport = measured(yield* Transport)
      const generations = Generations.make({ aliasPrefix, checkEvery: Duration.seconds(60) })
      const sizes = new Map<string, DocumentSizes>()
      const sizesOf = (target: string) => {
        const known = sizes.get(target) ?? new DocumentSizes()
        sizes.set(target, known)
        return known
      }
      const here = <A, E>(effect: Effect.Effect<A, E, Transport>) => Effect.provideService(effect, Transport, transport)
      const target = (shape: Shape, tableArn: string) => here(patiently(generations.find(shape, tableArn)))
      // What is remembered for a minute may be older than what this process has noted itself.
      const targetNow = (shape: Shape, tableArn: string) =>
        Effect.suspend(() => (generations.forget(shape), target(shape, tableArn)))
      const read = Effect.fnUntraced(function* (shape: Shape, tableArn: string, ids: ReadonlyArray<string>) {
        const { writeAlias } = yield* target(shape, tableArn)
        const { count, found } = yield* here(someById<Stored["source"]>(writeAlias, ids, sizesOf(writeAlias)))
        return { count, found: new Map([...found].map(([id, own]) => [id, stored(shape, id, own)])) }
      })
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
        read,
        each: <E, R>(
          shape: Shape,
          tableArn: string,
          onPage: (page: ReadonlyArray<Stored>) => Effect.Effect<void, E, R>
        ) =>
          Effect.gen(function* () {
            const { index } = yield* target(shape, tableArn)
            const context = yield* Effect.context<R>()
            const search = { size: pageMax, query: notState, _source: false } as const
            const pages = eachPage(
              index,
              search,
              Effect.fnUntraced(function* (hits: ReadonlyArray<Hit<unknown>>) {
                for (let left = hits.map(({ _id }) => _id); left.length > 0;) {
                  const { count, found } = yield* read(shape, tableArn, left)
                  yield* Effect.provide(onPage([...found.values()]), context)
                  left = left.slice(count)
                }
              })
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

const stored = (shape: Shape, id: string, found: Found<Stored["source"]>): Stored => ({
  id,
  document: source.parse(shape, id, found.source),
  ...found
})
