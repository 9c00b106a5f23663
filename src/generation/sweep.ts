/**
 * Deletes documents that hold nothing but rows removed long ago: what a write would drop of them one by one, where
 * nothing is written any more. Marks of rows refused as long ago go with them: their dead letters do not need them.
 *
 * It is safe while the stream is live. A document is deleted as it was seen or not at all; whoever has it in hand finds
 * a conflict and reads again. And what a tombstone stood against is too old to be applied by then (`sink/step.ts`).
 */
import { Clock, Duration, Effect } from "effect"
import type { SinkError } from "../sink/Sink.ts"
import * as answer from "../sink/opensearch/answer.ts"
import { liveOnly } from "../sink/opensearch/indexBody.ts"
import { request } from "../sink/opensearch/request.ts"
import { unreachable } from "../sink/opensearch/errors.ts"
import * as indices from "../sink/opensearch/indices.ts"
import type { Transport } from "../sink/opensearch/Transport.ts"
import { tombstonesKeptFor as keptByDefault } from "../sink/step.ts"
import { eachPage, type Hit } from "../maintain/eachPage.ts"
import { patiently } from "../maintain/patiently.ts"
import * as SyncRows from "./syncRows.ts"

export interface Options {
  readonly aliasPrefix: string
  /** The time for which removed rows are remembered, as the sink has it. Defaults to 31 days. */
  readonly tombstonesKeptFor?: Duration.Input | undefined
}

export interface Swept {
  readonly index: string
  /** Documents that were deleted. */
  readonly documents: number
  /** Documents written meanwhile, so that they stay. */
  readonly overtaken: number
}

const pageMax = 1000

/** Sweeps all generations of an aggregate; fails where it could not look, or the server does not delete. */
export const sweep = Effect.fnUntraced(function* (
  aggregate: string,
  { aliasPrefix, tombstonesKeptFor = keptByDefault }: Options
): Effect.fn.Return<ReadonlyArray<Swept>, SinkError, Transport> {
  const before = (yield* Clock.currentTimeMillis) - Duration.toMillis(Duration.fromInputUnsafe(tombstonesKeptFor))
  const generations = yield* indices.list(aliasPrefix + aggregate)
  return yield* Effect.forEach(
    generations,
    Effect.fnUntraced(function* ({ index, meta }) {
      let documents = 0
      let overtaken = 0
      // One that is younger has no tombstone that old, and its writers apply every event, however late.
      if (meta.createdAt >= before) return { index, documents, overtaken }
      const query = { bool: { must_not: liveOnly } }
      const search = { size: pageMax, query, _source: SyncRows.fields, seq_no_primary_term: true }
      yield* eachPage(
        index,
        search,
        Effect.fnUntraced(function* (hits: ReadonlyArray<Hit<SyncRows.Source>>) {
          const old = hits.filter(({ _source }) => isOld(SyncRows.read(_source), before))
          if (old.length === 0) return
          const isDeleted = yield* remove(index, meta.writeAlias, old)
          const deleted = isDeleted.filter((is) => is).length
          documents += deleted
          overtaken += isDeleted.length - deleted
        })
      )
      return { index, documents, overtaken }
    })
  )
})

const isOld = (rows: SyncRows.SyncRows | undefined, before: number): boolean =>
  rows !== undefined && rows.present === 0 && rows.writtenUntil < before

/** Deletes documents that nobody wrote since they were seen; tells of each whether it was. */
const remove = Effect.fnUntraced(function* (
  index: string,
  writeAlias: string,
  hits: ReadonlyArray<Hit<SyncRows.Source>>
) {
  const lines = hits.map(({ _id, _primary_term: if_primary_term, _seq_no: if_seq_no }) =>
    JSON.stringify({ delete: { _index: writeAlias, _id, if_seq_no, if_primary_term } })
  )
  const path = "/_bulk?filter_path=items.*.status,items.*._seq_no,items.*.error,error,status"
  const { text } = yield* patiently(request("POST", path, `${lines.join("\n")}\n`))
  const items = answer.itemsOf(text, hits.length)
  if (items === undefined) return yield* unreachable(`OpenSearch did not say what it deleted of ${index}`)
  return yield* Effect.forEach(items, (item) => {
    const verdict = answer.ofItem(item)
    if (verdict._tag === "Accepted" || verdict._tag === "Conflict") return Effect.succeed(verdict._tag === "Accepted")
    return Effect.fail(unreachable(`OpenSearch did not delete a document of ${index}: ${verdict.reason}`))
  })
})
