/**
 * All documents of an index that a query finds, as they were when it was asked, page by page.
 *
 * They are read by a scroll in the order of the index. A point in time would be kinder to the server, but 1.3 does not
 * have it, and without `_shard_doc` (which is newer still) its pages can't be told apart over several shards; paging by
 * `_id` loads all ids into the server's memory. OpenSearch Serverless has no scroll.
 */
import { Effect, Schedule } from "effect"
import type { SinkError } from "../sink/Sink.ts"
import * as answer from "../sink/opensearch/answer.ts"
import { request } from "../sink/opensearch/request.ts"
import { unreachable } from "../sink/opensearch/errors.ts"
import * as indices from "../sink/opensearch/indices.ts"
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

interface Page<Source> {
  readonly scroll: string
  readonly hits: ReadonlyArray<Hit<Source>>
}

/** The time that the server keeps a scroll from one page to the next. */
const keptFor = "10m"

/** Asking for a page is all that keeps a scroll, so where the one at hand takes longer the next is asked for ahead. */
const askAfter = "4 minutes"

/**
 * Finds what was written before. A page is read when the one before is done with; where that takes long, a page more
 * is held for each four minutes.
 */
export const eachPage = <Source, E, R>(
  index: string,
  search: Search,
  onPage: (hits: ReadonlyArray<Hit<Source>>) => Effect.Effect<void, E, R>
): Effect.Effect<void, E | SinkError, R | Transport> =>
  Effect.acquireUseRelease(
    patiently(firstPage<Source>(index, search)),
    Effect.fnUntraced(function* (first) {
      const pages = [first]
      let { scroll } = first
      // Not asked again where it fails, nor interrupted: the server may have gone on, and a page would be missed.
      const askNext = Effect.uninterruptible(
        Effect.map(
          Effect.suspend(() => nextPage<Source>(index, scroll)),
          (page) => {
            scroll = page.scroll
            pages.push(page)
          }
        )
      )
      const askUnlessLast = Effect.suspend(() => (pages.at(-1)?.hits.length === 0 ? Effect.void : askNext))
      const keep = Effect.forever(Effect.andThen(Effect.sleep(askAfter), askUnlessLast))
      for (let page = pages.shift(); page !== undefined && page.hits.length > 0; page = pages.shift()) {
        yield* Effect.raceFirst(onPage(page.hits), keep)
        if (pages.length === 0) yield* askNext
      }
    }),
    ({ scroll }) => Effect.ignore(request("DELETE", "/_search/scroll", { scroll_id: scroll }))
  )

/** Asks again what failed in passing: 6 more times, in about 20 seconds. */
export const patiently = <A, R>(effect: Effect.Effect<A, SinkError, R>) =>
  Effect.retry(effect, {
    while: ({ reason }) => reason.isRetryable,
    schedule: Schedule.exponential("300 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 6 }))
  })

const firstPage = Effect.fnUntraced(function* <Source>(index: string, search: Search) {
  yield* indices.refresh(index)
  const path = `/${encodeURIComponent(index)}/_search?scroll=${keptFor}`
  return yield* page<Source>(index, path, { ...search, sort: ["_doc"] })
})

const nextPage = <Source>(index: string, scroll: string) =>
  page<Source>(index, "/_search/scroll", { scroll: keptFor, scroll_id: scroll })

const page = Effect.fnUntraced(function* <Source>(index: string, path: string, search: object) {
  const { reason = "an answer that is cut off", status, text } = yield* request("POST", path, search)
  const body = answer.parse(text) as
    | { readonly _scroll_id: string; readonly hits: { readonly hits: Page<Source>["hits"] } }
    | undefined
  if (status !== 200 || body === undefined) {
    return yield* unreachable(`a search of all of ${index} was answered with ${reason}; run it again`)
  }
  return { scroll: body._scroll_id, hits: body.hits.hits }
})
