/** The time from a write of the page until a search finds the document as it then is. */
import { Clock, Effect, Schedule, type Scope } from "effect"
import { isDeepStrictEqual } from "node:util"
import type { Opened } from "../console/open.ts"
import { withoutSync } from "../console/reading.ts"
import type { Dirty } from "../console/View.ts"
import type * as Shape from "../define/Shape.ts"
import { Sink } from "../sink/Sink.ts"
import type { Index } from "./Place.ts"

const askEvery = "50 millis"
const askedMax = "5 seconds"
/** Documents that are searched for at one time; of a rush the others are left out. */
const atOnceMax = 4

/** Looks for documents that the page wrote, each beside what goes on. */
export const finder = Effect.fnUntraced(function* (
  { view }: Opened,
  { transport }: Index
): Effect.fn.Return<
  (dirty: Dirty, shape: Shape.Shape, text: string | undefined) => Effect.Effect<void, never, Sink>,
  never,
  Scope.Scope
> {
  const scope = yield* Effect.scope
  let searching = 0
  const isFound = Effect.fnUntraced(function* (shape: Shape.Shape, id: string, document: unknown) {
    const { hits } = yield* (yield* Sink).search(shape, { size: 1, query: { ids: { values: [id] } } })
    const [hit] = hits.hits
    return hit !== undefined && isDeepStrictEqual(withoutSync(hit._source), document)
  })
  return ({ aggregate, change, id, writtenAt }, shape, text) => {
    if (transport === undefined || text === undefined || writtenAt === undefined || searching >= atOnceMax) {
      return Effect.void
    }
    searching++
    return isFound(shape, id, JSON.parse(text)).pipe(
      Effect.repeat({ until: (found) => found, schedule: Schedule.spaced(askEvery) }),
      Effect.timeout(askedMax),
      Effect.andThen(Clock.currentTimeMillis),
      Effect.map((now) => view.found({ aggregate, id }, change, now - writtenAt)),
      Effect.ensuring(Effect.sync(() => searching--)),
      Effect.ignore,
      Effect.forkIn(scope),
      Effect.asVoid
    )
  }
})
