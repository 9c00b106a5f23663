/** The deeds of a page that change nothing: a search, an explanation; and what the indices hold. */
import { Clock, Effect, Result, type Schema } from "effect"
import { documentKey } from "../decode/rowKey.ts"
import type * as Aggregate from "../define/Aggregate.ts"
import * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import { status } from "../generation/status.ts"
import { explain as explained } from "../maintain/explain.ts"
import { inspect } from "../maintain/inspect.ts"
import type { StoredDocuments } from "../maintain/StoredDocuments.ts"
import { Sink, type SinkError } from "../sink/Sink.ts"
import type { Transport } from "../sink/opensearch/Transport.ts"
import type { ScanApi } from "../source/scan/ScanApi.ts"
import { ActionError, because } from "./Actions.ts"
import type * as messages from "./messages.ts"
import type * as requests from "./requests.ts"

const hitsMax = 50

/** Searches in the words of the page: a query string, or a body. */
export const search = Effect.fnUntraced(function* (
  table: Table.Table,
  { aggregate, body, query }: requests.SearchRequest
): Effect.fn.Return<requests.SearchAnswer, ActionError, Sink> {
  const shape = Shape.of(yield* aggregateOf(table, aggregate))
  if (body !== undefined && (typeof body !== "object" || body === null || Array.isArray(body) || "_source" in body)) {
    return yield* new ActionError({ message: "the body must be the JSON object of a search, without _source" })
  }
  const asked = query === undefined || query === "" ? {} : { query: { query_string: { query } } }
  const begun = yield* Clock.currentTimeMillis
  const sink = yield* Sink
  const answer = yield* Effect.mapError(sink.search(shape, { size: hitsMax, ...asked, ...(body as {}) }), because)
  const elapsed = (yield* Clock.currentTimeMillis) - begun
  const { aggregations = null, took = 0 } = answer as Partial<Pick<requests.SearchAnswer, "aggregations" | "took">>
  return {
    took,
    elapsed,
    total: answer.hits.total?.value ?? answer.hits.hits.length,
    hits: answer.hits.hits.map(({ _id, _score, _source, ...hit }) => ({
      id: _id,
      score: _score,
      document: withoutSync(_source),
      highlight: (hit as { readonly highlight?: requests.SearchAnswer["aggregations"] }).highlight ?? null
    })),
    aggregations
  }
})

export const withoutSync = (source: unknown) => {
  const { _sync: _, ...fields } = source as { readonly [field: string]: Schema.Json }
  return fields
}

/** Explains a document, row by row; without what rows hold where data is not shown. */
export const explain = Effect.fnUntraced(function* (
  table: Table.Table,
  tableName: string,
  { aggregate, id }: requests.ExplainRequest,
  showsData: boolean
): Effect.fn.Return<requests.ExplainAnswer, ActionError, ScanApi | StoredDocuments> {
  const shape = Shape.of(yield* aggregateOf(table, aggregate))
  const candidate = refOf(shape, id)
  const [inspected] = yield* Effect.mapError(inspect(table, tableName, [candidate]), because)
  const { document, findings, key, rows } = explained(inspected!)
  const text = (value: string | undefined) => (value === undefined ? null : showsData ? value : "{…}")
  return {
    key,
    document,
    rows: rows.map(({ field, fields, index, kind, reason, refused, repair, table, unseen, version, ...row }) => ({
      row: null,
      key: row.key,
      field,
      unseen: unseen ?? null,
      version: version ?? null,
      refused: refused ?? null,
      index: text(index),
      table: text(table),
      kind: kind ?? null,
      fields,
      reason: reason ?? null,
      repair: repair ?? null
    })),
    findings: findings.map(({ fields, kind, reason }) => ({ kind, fields, reason: reason ?? null }))
  }
})

/** A document by its id, which is the value of its key's only name, or the key itself. */
const refOf = (shape: Shape.Shape, id: string) => {
  const [only] = shape.names
  const values = shape.names.length === 1 ? { [only!]: id } : shape.partition.parse(id)
  const known = values === undefined ? undefined : Result.getOrUndefined(Result.try(() => documentKey(shape, values)))
  return known?.id === id ? { shape, ...known } : { shape, id, longKey: undefined }
}

const aggregateOf = ({ aggregates }: Table.Table, name: string): Effect.Effect<Aggregate.Any, ActionError> => {
  const found = aggregates.find((aggregate) => aggregate.name === name)
  return found === undefined
    ? new ActionError({ message: `the definition has no aggregate "${name}"` })
    : Effect.succeed(found)
}

/** The indices there are, and what they hold. */
export const generations = (
  table: Table.Table,
  aliasPrefix: string
): Effect.Effect<ReadonlyArray<messages.Generation>, SinkError, Transport> =>
  Effect.map(status(table, { aliasPrefix }), (all) =>
    all.flatMap(({ alias, generations }) =>
      generations.map(({ createdAt, documents, index, isLive, verificationDue, verifiedAt }) => {
        const { live, refused, removed, unreadable, waiting, withTombstones } = documents
        const counts = { live, refused, removed, unreadable, waiting, withTombstones }
        const due = { verificationDue: verificationDue ?? null, verifiedAt: verifiedAt ?? null }
        return { alias, index, isLive, createdAt, ...counts, ...due }
      })
    )
  )
