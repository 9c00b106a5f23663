/**
 * {@link Proofs} over OpenSearch: the proof stands in the generation's state, and documents are found by `_seq_no`, the
 * number of their last write. A search for a range of these needs nothing that the server would have to keep. A shard
 * numbers its writes by itself, so as many documents as there are shards may have one number.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import type { Shape } from "../define/Shape.ts"
import type { SinkError } from "../sink/Sink.ts"
import * as answer from "../sink/opensearch/answer.ts"
import { unreachable } from "../sink/opensearch/errors.ts"
import { isSeenPast } from "../sink/opensearch/following.ts"
import * as Generations from "../sink/opensearch/Generations.ts"
import * as indices from "../sink/opensearch/indices.ts"
import { measured } from "../sink/opensearch/measured.ts"
import * as Proof from "../sink/opensearch/Proof.ts"
import { request } from "../sink/opensearch/request.ts"
import { notState } from "../sink/opensearch/stateDocument.ts"
import { Transport } from "../sink/opensearch/Transport.ts"
import { type Held, type Page, Proofs } from "./Proofs.ts"
import { patiently } from "./scroll.ts"

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
  return last === undefined ? 0 : last.seqNo + 1
})

const page = Effect.fnUntraced(function* (writeAlias: string, size: number, from: number, to: number) {
  const hits = yield* search(writeAlias, {
    size,
    query: { bool: { filter: [{ range: { _seq_no: { gte: from, lt: to } } }, notState] } },
    sort: [{ _seq_no: "asc" }]
  })
  const last = hits.at(-1)
  if (last === undefined || hits.length < size) return { ids: hits.map(({ id }) => id), next: to } satisfies Page
  // Of those with the last number there may be more, which come with the next page.
  const whole = hits.filter(({ seqNo }) => seqNo < last.seqNo)
  if (whole.length === 0) {
    return yield* unreachable(`${size} documents of ${writeAlias} have the number ${last.seqNo}: too many shards`)
  }
  return { ids: whole.map(({ id }) => id), next: last.seqNo } satisfies Page
})

const search = Effect.fnUntraced(function* (writeAlias: string, body: object) {
  const path = `/${encodeURIComponent(writeAlias)}/_search`
  const asked = { ...body, _source: false, track_total_hits: false }
  const { reason = "an answer that is cut off", status, text } = yield* request("POST", path, asked)
  const found = answer.parse(text) as Answer | undefined
  if (status !== 200 || found?.hits === undefined || found._shards?.failed !== 0) {
    return yield* unreachable(`a search by number of write in ${writeAlias} was answered with ${reason}`)
  }
  return found.hits.hits.map(({ _id, sort: [seqNo] }) => ({ id: _id, seqNo }))
})

interface Answer {
  readonly _shards?: { readonly failed: number }
  readonly hits?: { readonly hits: ReadonlyArray<{ readonly _id: string; readonly sort: readonly [seqNo: number] }> }
}
