/** Opens a console over what a process does: what it is shown goes to the pages ten times a second. */
import { Clock, Effect, type Scope } from "effect"
import { randomBytes } from "node:crypto"
import type * as Table from "../define/Table.ts"
import * as Feed from "./Feed.ts"
import type * as messages from "./messages.ts"
import { View } from "./View.ts"

export interface Options {
  readonly about: Omit<messages.Hello, "_tag" | "session" | "token">
  readonly table: Table.Table
  readonly definition: messages.Definition
  readonly knowsAll: boolean
}

export interface Opened {
  readonly view: View
  readonly feed: Feed.Feed
  readonly pageToken: string
}

const sendEvery = "100 millis"

export const open = Effect.fnUntraced(function* ({
  about,
  definition,
  knowsAll,
  table
}: Options): Effect.fn.Return<Opened, never, Scope.Scope> {
  const pageToken = randomBytes(32).toString("base64url")
  const session = randomBytes(9).toString("base64url")
  const hello = { _tag: "Hello", session, token: pageToken, ...about } as const
  const view = new View({ hello, knowsAll }, table, definition)
  const feed = yield* Feed.make(() => view.snapshot())
  const send = Effect.suspend(() => {
    if (feed.readers() > 0) return feed.publish(view.take())
    view.skip()
    return Effect.void
  })
  const tick = Effect.map(Clock.currentTimeMillis, (now) => view.tick(now))
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(sendEvery), send)))
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep("1 second"), tick)))
  return { view, feed, pageToken }
})
