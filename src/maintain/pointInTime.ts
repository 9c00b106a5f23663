/**
 * Pages of a point in time, which OpenSearch has since 2.4. They go by the number of write: `_shard_doc` came with 3.3
 * only, and sorting by `_id` loads all ids into the server's memory.
 */
import { Effect, type Scope } from "effect"
import type { SinkError } from "../sink/Sink.ts"
import * as answer from "../sink/opensearch/answer.ts"
import { request } from "../sink/opensearch/request.ts"
import type { Transport } from "../sink/opensearch/Transport.ts"
import { ask, type Hit, keptFor, type Page, type Search } from "./pages.ts"
import { patiently } from "./patiently.ts"
import * as writeOrder from "./writeOrder.ts"

/** The first page; `undefined` where the server has no point in time, or does not allow it. */
export const first = <Source>(
  index: string,
  search: Search
): Effect.Effect<Page<Source> | undefined, SinkError, Transport | Scope.Scope> =>
  Effect.acquireRelease(patiently(create(index)), remove).pipe(
    Effect.flatMap((id) => (id === undefined ? Effect.undefined : page<Source>(index, search, id, 0))),
    Effect.catchIf(
      ({ reason }) => !reason.isRetryable,
      () => Effect.undefined
    )
  )

const create = Effect.fnUntraced(function* (index: string) {
  const path = `/${encodeURIComponent(index)}/_search/point_in_time?keep_alive=${keptFor}`
  const { status, text } = yield* request("POST", path)
  return status === 200 ? (answer.parse(text) as { readonly pit_id?: string } | undefined)?.pit_id : undefined
})

const remove = (id: string | undefined) =>
  id === undefined ? Effect.void : Effect.ignore(request("DELETE", "/_search/point_in_time", { pit_id: [id] }))

/** The documents whose number is `from` or more. */
const page = Effect.fnUntraced(function* <Source>(
  index: string,
  search: Search,
  id: string,
  from: number
): Effect.fn.Return<Page<Source>, SinkError, Transport> {
  const pit = { id, keep_alive: keptFor }
  const body = { ...search, track_total_hits: false, pit, sort: writeOrder.sort, search_after: [from - 1] }
  const found = yield* patiently(ask<Hit<Source> & writeOrder.Numbered>(index, "/_search", body))
  const { hits, next } = yield* writeOrder.wholeNumbers(index, found.hits, search.size)
  return { hits, next: next === undefined ? Effect.succeed(nothing) : page<Source>(index, search, id, next) }
})

const nothing: Page<never> = { hits: [], next: Effect.suspend(() => Effect.succeed(nothing)) }
