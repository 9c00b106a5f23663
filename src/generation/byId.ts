/** Documents of an index by their ids, realtime: what was written and not yet refreshed is in them. */
import { Effect } from "effect"
import type { SinkError } from "../sink/Sink.ts"
import * as answer from "../sink/opensearch/answer.ts"
import { cut } from "../sink/opensearch/bulk.ts"
import { ask } from "../sink/opensearch/ask.ts"
import { unreachable } from "../sink/opensearch/errors.ts"
import type { Transport } from "../sink/opensearch/Transport.ts"
import { patiently } from "./scroll.ts"

const idsMax = 200

/** The sources of those that are there, whole or only these fields of them. `target` is an index or an alias. */
export const byId = Effect.fnUntraced(function* <Source>(
  target: string,
  ids: ReadonlyArray<string>,
  fields?: ReadonlyArray<string>
): Effect.fn.Return<ReadonlyMap<string, Source>, SinkError, Transport> {
  const included = fields === undefined ? "" : `?_source_includes=${fields.join(",")}`
  const path = `/${encodeURIComponent(target)}/_mget${included}`
  const pages = yield* Effect.forEach(
    cut(ids, () => 1, Number.POSITIVE_INFINITY, idsMax),
    (ids) => patiently(page(target, path, ids))
  )
  return new Map(
    pages.flat().flatMap(({ _id, _source, found }) => {
      return found === true && _source !== undefined ? [[_id, _source as Source] as const] : []
    })
  )
})

const page = Effect.fnUntraced(function* (target: string, path: string, ids: ReadonlyArray<string>) {
  const { reason = "the answer is cut off", text } = yield* ask("POST", path, { ids })
  const docs = answer.docsOf(text, ids.length)
  const unread = docs && answer.unread(docs)
  if (docs !== undefined && unread === undefined) return docs
  return yield* unreachable(`documents of ${target} could not be read: ${unread?.reason ?? reason}`)
})
