/** Work for pages of a process that follows a stream, beside its pipeline: nothing of it holds that up. */
import { Clock, Effect, type Scope } from "effect"
import * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import { visible } from "../fold/source.ts"
import { groupBy } from "../groupBy.ts"
import type { Delivery } from "../pipeline/Delivery.ts"
import type { Received } from "../pipeline/settlement.ts"
import { Sink, type SinkError } from "../sink/Sink.ts"
import type { Opened } from "./open.ts"
import type { Dirty } from "./View.ts"

/** Tells the view of each delivery as it ends. */
export const watched =
  ({ view }: Opened) =>
  <E extends { readonly message: string }, R>(
    deliver: (received: ReadonlyArray<Received>) => Effect.Effect<Delivery, E, R>
  ) =>
  (received: ReadonlyArray<Received>): Effect.Effect<Delivery, E, R> =>
    deliver(received).pipe(
      Effect.tap((delivery) => Effect.map(Clock.currentTimeMillis, (now) => view.delivered(received, delivery, now))),
      Effect.tapError(({ message }) =>
        Effect.map(Clock.currentTimeMillis, (now) => view.failed(received, message, now))
      )
    )

const readEvery = "200 millis"
/** Documents read at a time. */
const readMax = 100

/**
 * Reads the documents that changed, while somebody looks; `onRead` may go on with each, whose text is `undefined` where
 * readers see none.
 */
export const followDocuments = Effect.fnUntraced(function* <R = never>(
  { feed, view }: Opened,
  table: Table.Table,
  onRead: (dirty: Dirty, shape: Shape.Shape, text: string | undefined) => Effect.Effect<void, never, R> = () =>
    Effect.void
): Effect.fn.Return<void, never, R | Sink | Scope.Scope> {
  const shapes = new Map(table.aggregates.map((aggregate) => [aggregate.name, Shape.of(aggregate)]))
  const readSome = Effect.gen(function* () {
    if (feed.readers() === 0) return
    const dirty = view.takeDirty(readMax)
    for (const [name, own] of groupBy(dirty, ({ aggregate }) => aggregate)) {
      const shape = shapes.get(name)
      if (shape === undefined) continue
      const ids = own.map(({ id }) => id)
      const documents = yield* (yield* Sink).read(shape, ids)
      for (const [i, one] of own.entries()) {
        const { aggregate, at, change, id } = one
        const document = documents[i]
        const text = document && visible(document)?.text
        view.read({ aggregate, id }, text, change, at)
        yield* onRead(one, shape, text)
      }
    }
  })
  // What can't be read now is read with its next change; that OpenSearch is away is told elsewhere.
  const reading = Effect.ignore(readSome)
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(readEvery), reading)))
})

/** Asks the sink for nothing, to see whether it answers; the reason why it does not. */
export const sinkProblem = ({ aggregates }: Table.Table): Effect.Effect<string | undefined, never, Sink> => {
  const [first] = aggregates
  if (first === undefined) return Effect.undefined
  return Effect.flatMap(Sink, (sink) => sink.read(Shape.of(first), ["-"])).pipe(
    Effect.as(undefined),
    Effect.timeoutOrElse({ duration: "3 seconds", orElse: () => Effect.succeed("OpenSearch did not answer in time") }),
    Effect.catch(({ message }: SinkError) => Effect.succeed(message))
  )
}

/**
 * The reason why the process can't read or write now, which the state tells, too; `undefined` where it can. `asked` is
 * asked every few seconds at most.
 */
export const problemOf = Effect.fnUntraced(function* (
  { view }: Opened,
  asked: Effect.Effect<string | undefined>
): Effect.fn.Return<Effect.Effect<string | undefined>, never, Scope.Scope> {
  const found = yield* Effect.cachedWithTTL(asked, "2 seconds")
  const problem = Effect.gen(function* () {
    const { isBegun, readingProblem } = view.run
    // Before the stream is read the indices are made, which a question would disturb.
    const reason = readingProblem ?? (isBegun ? yield* found : "the stream is not read yet")
    view.set({ isReady: reason === undefined, problem: reason ?? null })
    return reason
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(problem, Effect.sleep("5 seconds"))))
  return problem
})
