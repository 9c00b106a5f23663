/** The ways in which a page may disturb what goes on; a comparison with the table is right after each of them. */
import { Clock, Effect, type Scope } from "effect"
import { ActionError } from "../console/Actions.ts"
import type { Opened } from "../console/open.ts"
import type * as requests from "../console/requests.ts"
import { plain } from "../console/rows.ts"
import { edit } from "./editing.ts"
import type { Current, Follower } from "./Follower.ts"
import type { Place } from "./Place.ts"
import { again } from "./redelivering.ts"
import { refusableRow } from "./refusable.ts"

export interface Options {
  readonly opened: Opened
  readonly place: Place
  readonly follower: Follower
}

type Break = (request: requests.BreakRequest) => Effect.Effect<requests.BreakAnswer, ActionError>

/** Does as the page asks, and says what was done. */
export const make = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<Break, never, Scope.Scope> {
  const { follower, opened } = options
  const stop = yield* stopper(options)
  const redeliver = (current: Current, from: "again" | "reversed" | "lanes") =>
    again(opened, current, follower.lastBatch(), from)

  const answer = Effect.fnUntraced(function* (
    request: requests.BreakRequest,
    current: Current
  ): Effect.fn.Return<string, ActionError> {
    switch (request._tag) {
      case "DeliverAgain":
        return yield* redeliver(current, "again")
      case "DeliverReversed":
        return yield* redeliver(current, "reversed")
      case "DeliverFromTenLanes":
        return yield* redeliver(current, "lanes")
      case "RefuseRow":
        return yield* refuse(options, current, request.aggregate, request.id)
      case "StopSearch":
        return yield* stop
      case "HoldStream":
        yield* follower.hold(request.isHeld)
        opened.view.set({ isHeld: request.isHeld })
        return request.isHeld ? "the stream is held back: changes wait" : "the stream goes on"
    }
  })
  return (request) =>
    Effect.suspend(() => {
      const current = follower.current()
      if (current !== undefined) return Effect.map(answer(request, current), (message) => ({ message }))
      return Effect.fail(new ActionError({ message: "the documents are made anew: try again" }))
    })
})

/** Puts a row that the definition can't take. */
const refuse = Effect.fnUntraced(function* (
  { opened, place }: Options,
  { table }: Current,
  aggregate: string | undefined,
  id: string | undefined
): Effect.fn.Return<string, ActionError> {
  for (const { name } of table.aggregates) {
    if (aggregate !== undefined && aggregate !== name) continue
    const row = refusableRow(table, name, id)
    if (row === undefined) continue
    yield* edit(opened, place.rows, table, { _tag: "Raw", item: plain(row) })
    return `a row was put that ${name} can't take: see what becomes of it, and mend it or remove it`
  }
  return yield* new ActionError({ message: "the definition takes whatever comes, so no row is refused" })
})

const stoppedMillis = 10_000

/** Kills OpenSearch, which starts again by itself. */
const stopper = Effect.fnUntraced(function* ({ opened: { view }, place }: Options) {
  const scope = yield* Effect.scope
  const now = Clock.currentTimeMillis
  let isStopped = false
  const fail = (message: string) => Effect.fail(new ActionError({ message }))
  const back = (restart: Effect.Effect<void, ActionError>) =>
    Effect.sleep(stoppedMillis).pipe(
      Effect.andThen(restart),
      Effect.catch(({ message }) => Effect.map(now, (at) => view.notice(message, at, true))),
      Effect.ensuring(
        Effect.sync(() => {
          isStopped = false
          view.set({ stoppedUntil: null })
        })
      )
    )
  return Effect.gen(function* () {
    const server = place.index.stop
    if (server === undefined) return yield* fail(`${place.index.title} is not a server that was started here`)
    if (isStopped) return yield* fail("OpenSearch is stopped already")
    isStopped = true
    view.set({ stoppedUntil: (yield* now) + stoppedMillis })
    yield* server.kill
    yield* Effect.forkIn(back(server.restart), scope)
    return "OpenSearch is stopped, and starts again in ten seconds"
  })
})
