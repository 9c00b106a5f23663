/**
 * Missing rows: those that a new generation refuses and the live one has, so that readers would miss them after a
 * promotion. A row that neither has does not count: a rebuild need not wait for what was wrong before it.
 *
 * Both are compared by document id and row key; where the new definition has other ids nothing is found.
 */
import { Effect } from "effect"
import type * as Aggregate from "../define/Aggregate.ts"
import type { SinkError } from "../sink/Sink.ts"
import type { Transport } from "../sink/opensearch/Transport.ts"
import { byId } from "../maintain/byId.ts"
import * as promote from "./promote.ts"
import * as SyncRows from "./syncRows.ts"
import type { Named } from "../maintain/VerifyTally.ts"

/** Gives the rows that the aggregate's own generation for a table refuses and its live one has. */
export const missingRows = Effect.fnUntraced(function* (
  aggregate: Aggregate.Any,
  aliasPrefix: string,
  tableArn: string,
  refused: ReadonlyArray<Named>
): Effect.fn.Return<ReadonlyArray<Named>, SinkError, Transport> {
  const { live, own } = yield* promote.findGenerations(aggregate, aliasPrefix, tableArn)
  if (refused.length === 0 || live === undefined || live.index === own?.index) return []
  const ids = [...new Set(refused.map(({ id }) => id))]
  const sources = yield* byId<SyncRows.Source>(live.index, ids, SyncRows.keyFields)
  const keys = new Map([...sources].map(([id, { source }]) => [id, SyncRows.keys(source)]))
  return refused.filter(({ id, rowKey }) => {
    const own = keys.get(id)
    // Of a document that can't be made at all any row is one.
    return own !== undefined && (rowKey === undefined ? own.size > 0 : own.has(rowKey))
  })
})
