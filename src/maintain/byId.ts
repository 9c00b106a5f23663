/** Documents of an index by their ids, realtime: what was written and not yet refreshed is in them. */
import { Effect } from "effect"
import type { SinkError } from "../sink/Sink.ts"
import * as answer from "../sink/opensearch/answer.ts"
import { cut } from "../cut.ts"
import { request } from "../sink/opensearch/request.ts"
import { unreachable } from "../sink/opensearch/errors.ts"
import type { Transport } from "../sink/opensearch/Transport.ts"
import { patiently } from "./patiently.ts"

const idsMax = 200

/** A document with its place in its index's history of writes. */
export interface Found<Source> {
  readonly source: Source
  readonly seqNo: number
  readonly primaryTerm: number
}

type ById<Source> = ReadonlyMap<string, Found<Source>>

/** Of those that are there these fields. `target` is an index or an alias. */
export const byId = Effect.fnUntraced(function* <Source>(
  target: string,
  ids: ReadonlyArray<string>,
  fields: ReadonlyArray<string>
): Effect.fn.Return<ById<Source>, SinkError, Transport> {
  const pages = yield* Effect.forEach(
    cut(ids, () => 1, Number.POSITIVE_INFINITY, idsMax),
    (ids) => patiently(page<Source>(target, `?_source_includes=${fields.join(",")}`, ids))
  )
  return new Map(pages.flatMap(({ found }) => [...found]))
})

/** An answer becomes values and texts of rows, a multiple of its own size. */
const answerBytesMax = 4 * 2 ** 20

/** The number of documents that an answer has room for, by the size of those read before. */
export class DocumentSizes {
  /** Few are asked for first: of the size of documents nothing is known yet. */
  private bytesExpected = answerBytesMax / 8

  get countMax(): number {
    return Math.max(1, Math.min(100, Math.floor(answerBytesMax / this.bytesExpected)))
  }

  /** Larger documents than before count at once, smaller ones little by little. */
  add(bytes: number, count: number): void {
    if (count > 0) this.bytesExpected = Math.max(bytes / count, this.bytesExpected / 2)
  }
}

/** As many of the first of these as are expected to fit into one answer, whole, and how many that were. */
export const someById = Effect.fnUntraced(function* <Source>(
  target: string,
  ids: ReadonlyArray<string>,
  sizes: DocumentSizes
): Effect.fn.Return<{ readonly count: number; readonly found: ById<Source> }, SinkError, Transport> {
  const own = ids.slice(0, sizes.countMax)
  if (own.length === 0) return { count: 0, found: new Map() }
  const { bytes, found } = yield* patiently(page<Source>(target, "", own))
  sizes.add(bytes, found.size)
  return { count: own.length, found }
})

const page = Effect.fnUntraced(function* <Source>(target: string, query: string, ids: ReadonlyArray<string>) {
  const path = `/${encodeURIComponent(target)}/_mget${query}`
  const { reason = "the answer is cut off", text } = yield* request("POST", path, { ids })
  const docs = answer.docsOf(text, ids.length)
  const unread = docs && answer.unread(docs)
  if (docs === undefined || unread !== undefined) {
    return yield* unreachable(`documents of ${target} could not be read: ${unread?.reason ?? reason}`)
  }
  const found = new Map<string, Found<Source>>()
  for (const { _id, _primary_term: primaryTerm = 0, _seq_no: seqNo = 0, _source, found: isThere } of docs) {
    if (isThere === true && _source !== undefined) found.set(_id, { source: _source as Source, seqNo, primaryTerm })
  }
  return { bytes: text.length, found }
})
