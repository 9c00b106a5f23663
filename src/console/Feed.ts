/**
 * News for pages: a bounded hub. Whoever publishes never waits for a page. A page gets all that is published after its
 * snapshot, in order; one that reads too slowly for that is disconnected, and begins with a new snapshot.
 */
import { Effect, PubSub, Schedule, Stream } from "effect"
import type { ServerMessage } from "./messages.ts"

/** Published and not yet read by a page: at ten a second, of the slowest one. */
const capacityDefault = 128

const heartbeatEvery = "10 seconds"

interface Frame {
  readonly number: number
  readonly text: string
}

export interface Feed {
  /** Sends messages to all pages; it never waits. */
  readonly publish: (messages: ReadonlyArray<ServerMessage>) => Effect.Effect<void>
  /** The server-sent events of one page. Ends where the page is too slow. */
  readonly events: Stream.Stream<string>
  /** The number of pages that read now. */
  readonly readers: () => number
}

/** `snapshot` gives the messages that a page begins with; each is encoded when the page takes it. */
export const make = Effect.fnUntraced(function* (
  snapshot: () => ReadonlyArray<ServerMessage>,
  capacity = capacityDefault
): Effect.fn.Return<Feed> {
  const hub = yield* PubSub.sliding<Frame>(capacity)
  let published = 0
  let readers = 0
  const heartbeat = Stream.as(Stream.fromSchedule(Schedule.spaced(heartbeatEvery)), ": still here\n\n")

  const news = Effect.gen(function* () {
    const subscription = yield* PubSub.subscribe(hub)
    yield* Effect.acquireRelease(
      Effect.sync(() => readers++),
      () => Effect.sync(() => readers--)
    )
    let next = published + 1
    const frames = Stream.fromSubscription(subscription).pipe(
      Stream.rechunk(1),
      Stream.filter(({ number }) => number >= next),
      Stream.takeWhile(({ number }) => number === next++),
      Stream.map(({ text }) => text)
    )
    const begin = Stream.rechunk(Stream.map(Stream.fromIterable(snapshot()), frameOf), 1)
    return Stream.merge(Stream.concat(begin, frames), heartbeat, { haltStrategy: "left" })
  })

  return {
    publish: (messages) =>
      Effect.suspend(() => {
        if (readers === 0 || messages.length === 0) return Effect.void
        return PubSub.publish(hub, { number: ++published, text: messages.map(frameOf).join("") })
      }),
    events: Stream.unwrap(news),
    readers: () => readers
  }
})

const frameOf = (message: ServerMessage): string => `data: ${JSON.stringify(message)}\n\n`
