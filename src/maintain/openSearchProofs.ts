/**
 * {@link Proofs} over OpenSearch: the proof stands in the generation's state, and documents are found in the
 * order of their writes. A search for a range of these needs nothing that the server would have to keep.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import type { Shape } from "../define/Shape.ts"
import type { SinkError } from "../sink/Sink.ts"
import { isSeenPast } from "../sink/opensearch/following.ts"
import * as Generations from "../sink/opensearch/Generations.ts"
import * as indices from "../sink/opensearch/indices.ts"
import { measured } from "../sink/opensearch/measured.ts"
import * as Proof from "../sink/opensearch/Proof.ts"
import { notState } from "../sink/opensearch/stateDocument.ts"
import { Transport } from "../sink/opensearch/Transport.ts"
import { type Held, type Page, Proofs } from "./Proofs.ts"
import { ask } from "./pages.ts"
import { patiently } from "./patiently.ts"
import * as writeOrder from "./writeOrder.ts"

export interface Options {
  /** Put before each aggregate's name to make its alias. Defaults to none. */
  readonly aliasPrefix?: string
  /** Documents on a page; more than an index has shards. Defaults to 1,000. */
  readonly pageMax?: number
}

export const layer = ({ aliasPrefix = "", pageMax = 1000 }: Options = {}): Layer.Layer<Proofs, never, Transport> =>
  Layer.effect(
    Proofs,
    Effect.gen(function* () {
      const transport = measured(yield* Transport)
      const generations = Generations.make({ aliasPrefix, checkEvery: Duration.seconds(60) })
      const here = <A>(effect: Effect.Effect<A, SinkError, Transport>) =>
        Effect.provideService(patiently(effect), Transport, transport)
      const load = Effect.fnUntraced(function* (shape: Shape, tableArn: string) {
        generations.forget(shape)
        const now = yield* Clock.currentTimeMillis
        const { index, state, writeAlias } = yield* here(generations.find(shape, tableArn))
        const proof = state.proof ?? Proof.initial(now)
        return { index, writeAlias, proof, isSeenPast: (time) => isSeenPast(state, time, now) } satisfies Held
      })
      return Proofs.of({
        load,
        save: (shape, held, proof) => here(save(aliasPrefix + shape.aggregate.name, held, proof)),
        end: ({ writeAlias }) => here(endOf(writeAlias)),
        page: ({ writeAlias }, from, to) => here(page(writeAlias, pageMax, from, to))
      })
    })
  )

const save = Effect.fnUntraced(function* (alias: string, held: Held, proof: Proof.Proof) {
  const all = yield* indices.list(alias)
  const own = all.find(({ meta }) => meta.writeAlias === held.writeAlias)
  if (own !== undefined) yield* indices.update(own, (state) => ({ ...state, proof }))
})

/** Refreshes first, so that all that was written before this place is found. */
const endOf = Effect.fnUntraced(function* (writeAlias: string) {
  yield* indices.refresh(writeAlias)
  const [last] = yield* search(writeAlias, { size: 1, sort: [{ _seq_no: "desc" }] })
  return last === undefined ? 0 : last.sort[0] + 1
})

const page = Effect.fnUntraced(function* (writeAlias: string, size: number, from: number, to: number) {
  const found = yield* search(writeAlias, {
    size,
    query: { bool: { filter: [{ range: { _seq_no: { gte: from, lt: to } } }, notState] } },
    sort: writeOrder.sort
  })
  const { hits, next = to } = yield* writeOrder.wholeNumbers(writeAlias, found, size)
  return { ids: hits.map(({ _id }) => _id), next } satisfies Page
})

const search = (writeAlias: string, body: object) =>
  Effect.map(
    ask<{ readonly _id: string } & writeOrder.Numbered>(writeAlias, `/${encodeURIComponent(writeAlias)}/_search`, {
      ...body,
      _source: false,
      track_total_hits: false
    }),
    ({ hits }) => hits
  )
