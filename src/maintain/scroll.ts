/** Pages of a scroll, which every OpenSearch has but Serverless. */
import { Effect, type Scope } from "effect"
import type { SinkError } from "../sink/Sink.ts"
import { request } from "../sink/opensearch/request.ts"
import type { Transport } from "../sink/opensearch/Transport.ts"
import { ask, type Hit, keptFor, type Page, type Search } from "./pages.ts"
import { patiently } from "./patiently.ts"

/** The first page. */
export const first = <Source>(
  index: string,
  search: Search
): Effect.Effect<Page<Source>, SinkError, Transport | Scope.Scope> => {
  const path = `/${encodeURIComponent(index)}/_search?scroll=${keptFor}`
  return Effect.acquireRelease(patiently(ask<Hit<Source>>(index, path, { ...search, sort: ["_doc"] })), ({ scroll }) =>
    Effect.ignore(request("DELETE", "/_search/scroll", { scroll_id: scroll }))
  ).pipe(Effect.map((found) => pageOf(index, found)))
}

/** The next page is not asked for again where that fails: the server may have gone on, and a page would be missed. */
const pageOf = <Source>(
  index: string,
  { hits, scroll }: { readonly hits: ReadonlyArray<Hit<Source>>; readonly scroll: string }
): Page<Source> => ({
  hits,
  next: Effect.map(
    Effect.suspend(() => ask<Hit<Source>>(index, "/_search/scroll", { scroll: keptFor, scroll_id: scroll })),
    (found) => pageOf(index, found)
  )
})
