/**
 * All documents of an index that a query finds, as they were when it was asked, page by page: by a point in time, or by
 * a scroll where the server has none or does not allow it. OpenSearch Serverless has no scroll, and was not tried.
 */
import { Clock, Duration, Effect, Scope } from "effect"
import type { SinkError } from "../sink/Sink.ts"
import * as indices from "../sink/opensearch/indices.ts"
import type { Transport } from "../sink/opensearch/Transport.ts"
import type { Hit, Page, Search } from "./pages.ts"
import { patiently } from "./patiently.ts"
import * as pointInTime from "./pointInTime.ts"
import * as scroll from "./scroll.ts"

export type { Hit } from "./pages.ts"

/** Asking for a page is all that keeps what the server holds, so where one takes longer the next is asked for ahead. */
const askAfter = Duration.toMillis("4 minutes")

/**
 * Finds what was written before. A page is read when the one before is done with; where that takes long, a page more
 * is held for each four minutes.
 */
export const eachPage = <Source, E, R>(
  index: string,
  search: Search,
  onPage: (hits: ReadonlyArray<Hit<Source>>) => Effect.Effect<void, E, R>
): Effect.Effect<void, E | SinkError, R | Transport> =>
  Effect.scopedWith(
    Effect.fnUntraced(function* (scope) {
      const first = yield* Scope.provide(firstPage<Source>(index, search), scope)
      const pages = [first]
      let last = first
      let answeredAt = yield* Clock.currentTimeMillis
      // Not interrupted: a scroll would have gone on, and a page would be missed.
      const askNext = Effect.uninterruptible(
        Effect.gen(function* () {
          last = yield* last.next
          pages.push(last)
          answeredAt = yield* Clock.currentTimeMillis
        })
      )
      // Pages that were asked for ahead are worked on without asking, so the time counts from the last answer.
      const keep = Effect.gen(function* () {
        while (last.hits.length > 0) {
          yield* Effect.sleep(Math.max(0, answeredAt + askAfter - (yield* Clock.currentTimeMillis)))
          yield* askNext
        }
        return yield* Effect.never
      })
      for (let page = pages.shift(); page !== undefined && page.hits.length > 0; page = pages.shift()) {
        yield* Effect.raceFirst(onPage(page.hits), keep)
        if (pages.length === 0) yield* askNext
      }
    })
  )

const firstPage = Effect.fnUntraced(function* <Source>(
  index: string,
  search: Search
): Effect.fn.Return<Page<Source>, SinkError, Transport | Scope.Scope> {
  yield* patiently(indices.refresh(index))
  return (yield* pointInTime.first<Source>(index, search)) ?? (yield* scroll.first<Source>(index, search))
})
