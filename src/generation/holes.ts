/**
 * Holes: rows that a new generation refuses and the live one has, so that readers would miss them after a promotion. A
 * row that neither has is no hole: a rebuild need not wait for what was wrong before it.
 *
 * Both are compared by document id and row key; where the new definition has other ids nothing is found.
 */
import { Effect } from "effect"
import type * as Aggregate from "../define/Aggregate.ts"
import { SinkError, Unreachable } from "../sink/Sink.ts"
import * as answer from "../sink/opensearch/answer.ts"
import { cut } from "../sink/opensearch/bulk.ts"
import * as indices from "../sink/opensearch/indices.ts"
import type { Transport } from "../sink/opensearch/Transport.ts"
import * as promote from "./promote.ts"
import { patiently } from "./scroll.ts"
import * as SyncRows from "./syncRows.ts"
import type { Named } from "./VerifyBooks.ts"

const idsMax = 200

/** Those of the refused, found in the aggregate's own generation, that its live one has. */
export const holes = Effect.fnUntraced(function* (
  aggregate: Aggregate.Any,
  aliasPrefix: string,
  refused: ReadonlyArray<Named>
): Effect.fn.Return<ReadonlyArray<Named>, SinkError, Transport> {
  const { live, own } = yield* promote.standing(aggregate, aliasPrefix)
  if (refused.length === 0 || live === undefined || live.index === own?.index) return []
  const ids = [...new Set(refused.map(({ id }) => id))]
  const pages = yield* Effect.forEach(
    cut(ids, () => 1, Number.POSITIVE_INFINITY, idsMax),
    (page) => keysIn(live.index, page)
  )
  const keys = new Map(pages.flat())
  return refused.filter(({ id, rowKey }) => {
    const own = keys.get(id)
    // Of a document that can't be made at all any row is one.
    return own !== undefined && (rowKey === undefined ? own.size > 0 : own.has(rowKey))
  })
})

/** The keys of the rows that documents have, by id. */
const keysIn = Effect.fnUntraced(function* (index: string, ids: ReadonlyArray<string>) {
  const path = `/${encodeURIComponent(index)}/_mget?_source_includes=${SyncRows.keyFields.join(",")}`
  const { text } = yield* patiently(indices.ask("POST", path, { ids }))
  const { docs } = (answer.parse(text) ?? {}) as { readonly docs?: ReadonlyArray<Found> }
  if (docs?.length !== ids.length) {
    const message = `documents of ${index} could not be read: ${text.slice(0, 200)}`
    return yield* new SinkError({ reason: new Unreachable({ message }) })
  }
  return docs.flatMap(({ _id, _source }) => (_source === undefined ? [] : [[_id, SyncRows.keys(_source)] as const]))
})

interface Found {
  readonly _id: string
  readonly _source?: SyncRows.Source
}
