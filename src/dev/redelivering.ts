/** The last batch delivered again, as Lambda or a stream that is read anew may do it. */
import { Clock, Effect } from "effect"
import { Budget } from "../Budget.ts"
import { ActionError, because } from "../console/Actions.ts"
import type * as messages from "../console/messages.ts"
import type { Opened } from "../console/open.ts"
import * as following from "../pipeline/following.ts"
import type { Received } from "../pipeline/settlement.ts"
import { type Current, timeBudget } from "./Follower.ts"

type From = Exclude<messages.Change["from"], "stream" | "redrive">

const lanesMax = 10

/** Delivers changes twice more, one by one from the newest on, or from ten lanes at once; says what was done. */
export const again = Effect.fnUntraced(function* (
  { view }: Opened,
  { context, table }: Current,
  last: ReadonlyArray<Received>,
  from: From
): Effect.fn.Return<string, ActionError> {
  if (last.length === 0) return yield* new ActionError({ message: "no change has come yet: edit a row first" })
  const deliver = Effect.fnUntraced(function* (received: ReadonlyArray<Received>) {
    const delivery = yield* following
      .deliver(table, received)
      .pipe(Effect.provide(context), Effect.provideService(Budget, timeBudget), Effect.mapError(because))
    view.delivered(received, delivery, yield* Clock.currentTimeMillis, from)
  })
  const what = last.length === 1 ? "the last change" : `the last ${last.length} changes`
  switch (from) {
    case "again":
      yield* deliver(last)
      yield* deliver(last)
      return `${what} came twice more`
    case "reversed":
      for (const change of last.toReversed()) yield* deliver([change])
      return `${what} came again, the newest first`
    case "lanes": {
      const lanes = [...Map.groupBy(last.entries(), ([i]) => i % lanesMax).values()]
      const changesOf = (lane: (typeof lanes)[number]) => lane.map(([, change]) => change)
      yield* Effect.forEach(lanes, (lane) => deliver(changesOf(lane)), { concurrency: lanesMax, discard: true })
      return `${what} came again from ${lanes.length} ${lanes.length === 1 ? "lane" : "lanes at once"}`
    }
  }
})
