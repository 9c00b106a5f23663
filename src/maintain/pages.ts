/** A search whose documents come page by page. */
import { Effect } from "effect"
import type { SinkError } from "../sink/Sink.ts"
import * as answer from "../sink/opensearch/answer.ts"
import { unreachable } from "../sink/opensearch/errors.ts"
import { request } from "../sink/opensearch/request.ts"
import type { Transport } from "../sink/opensearch/Transport.ts"

/** The search that is asked for, in OpenSearch's own words. */
export interface Search {
  /** Documents on a page. */
  readonly size: number
  readonly query: unknown
  /** The fields that come back; `false` for none. Defaults to all. */
  readonly _source?: ReadonlyArray<string> | false
  readonly seq_no_primary_term?: boolean
}

export interface Hit<Source> {
  readonly _id: string
  readonly _source: Source
  /** There where `seq_no_primary_term` was asked for. */
  readonly _seq_no?: number
  readonly _primary_term?: number
}

/** A page. The one after the last has no documents. */
export interface Page<Source> {
  readonly hits: ReadonlyArray<Hit<Source>>
  readonly next: Effect.Effect<Page<Source>, SinkError, Transport>
}

/** The time that the server keeps a point in time, or a scroll, from one page to the next. */
export const keptFor = "10m"

interface Answer<Of> {
  readonly _scroll_id?: string
  readonly _shards?: { readonly failed: number }
  readonly hits?: { readonly hits: ReadonlyArray<Of> }
}

/** Asks for one page of an index. An answer that lacks a shard is a failure: documents would be missed. */
export const ask = Effect.fnUntraced(function* <Of>(index: string, path: string, body: object) {
  const { reason = "an answer that is cut off", status, text } = yield* request("POST", path, body)
  const { _scroll_id: scroll = "", _shards, hits } = (answer.parse(text) ?? {}) as Answer<Of>
  if (status !== 200 || hits === undefined || (_shards?.failed ?? 0) > 0) {
    const why = status === 200 && hits !== undefined ? "not all of its shards" : reason
    return yield* unreachable(`a search of all of ${index} was answered with ${why}; run it again`)
  }
  return { scroll, hits: hits.hits }
})
