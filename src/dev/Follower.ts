/**
 * Follows the table with one definition after the other: each begins with indices of its own, filled from the table,
 * and goes on with the stream. The last batch is remembered, to be delivered again.
 */
import { Clock, Context, Duration, Effect, Exit, Layer, Latch, References, Scope, Stream } from "effect"
import { Budget } from "../Budget.ts"
import { writable } from "../cli/writable.ts"
import type { Failure } from "../cli/Failure.ts"
import type { Opened } from "../console/open.ts"
import { followDocuments, sinkProblem, watched } from "../console/watch.ts"
import type * as Table from "../define/Table.ts"
import { backfill, type BackfillError } from "../maintain/backfill.ts"
import * as following from "../pipeline/following.ts"
import { settledPositions } from "../pipeline/joined.ts"
import type { Received } from "../pipeline/settlement.ts"
import { type DeadLetter, DeadLetters, layerMemory } from "../sink/deadletter/DeadLetters.ts"
import type { SinkError } from "../sink/Sink.ts"
import type { ScanApi, ScanApiError } from "../source/scan/ScanApi.ts"
import type { TableReader } from "../source/scan/TableReader.ts"
import * as ScanProgress from "../source/scan/ScanProgress.ts"
import type { Checkpoints } from "../source/stream/Checkpoints.ts"
import * as Progress from "../source/stream/Progress.ts"
import type { StreamApi } from "../source/stream/StreamApi.ts"
import * as StreamTail from "../source/stream/StreamTail.ts"
import { finder } from "./finding.ts"
import type { Documents, Place } from "./Place.ts"

/** The table as it is read, and how far its stream was. */
export type Sources = StreamApi | ScanApi | TableReader | Checkpoints

export interface Options {
  readonly place: Place
  readonly opened: Opened
  readonly sources: Context.Context<Sources>
  /** Shows a definition and what is there at its beginning; `changes` are the lines about the mappings. */
  readonly show: (
    table: Table.Table,
    changes: ReadonlyArray<string>,
    context: Current["context"]
  ) => Effect.Effect<void, SinkError | ScanApiError>
}

/** The definition that is followed now, and what it works with. */
export interface Current {
  readonly table: Table.Table
  readonly context: Context.Context<Documents | DeadLetters | Sources>
  readonly deadLetters: Map<string, DeadLetter>
}

export interface Follower {
  readonly current: () => Current | undefined
  /** Follows with a definition; gives what it changes in the mappings. What was followed before has ended then. */
  readonly use: (table: Table.Table) => Effect.Effect<ReadonlyArray<string>, Failure | SinkError | BackfillError>
  readonly lastBatch: () => ReadonlyArray<Received>
  readonly hold: (isHeld: boolean) => Effect.Effect<void>
  /** The reason why documents can't be written now. */
  readonly problem: Effect.Effect<string | undefined>
}

/** A batch that is delivered again is no larger. */
const rememberedMax = 1000

export const timeBudget = Duration.seconds(10)

export const make = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<Follower, never, Scope.Scope> {
  const { opened, place } = options
  const outer = yield* Effect.scope
  const gate = yield* Latch.make(true)
  let current: (Current & { readonly scope: Scope.Closeable }) | undefined
  let last: ReadonlyArray<Received> = []

  const remembering =
    (deliver: following.Deliver): following.Deliver =>
    (received) => {
      last = received.slice(-rememberedMax)
      return deliver(received)
    }

  const begin = Effect.fnUntraced(function* (table: Table.Table) {
    const scope = yield* Scope.fork(outer)
    const deadLetters = new Map<string, DeadLetter>()
    const documents = yield* Effect.provideService(Layer.build(place.index.layer()), Scope.Scope, scope)
    const letters = yield* Effect.provideService(Layer.build(layerMemory(deadLetters)), Scope.Scope, scope)
    const context = Context.mergeAll(options.sources, documents, letters)
    yield* Effect.provide(writable(table), context)
    yield* place.index.mark(table)
    yield* backfill(table, { tableName: place.rows.tableName, segments: 1 }).pipe(
      Effect.provide(ScanProgress.layerMemory),
      Effect.scoped,
      Effect.provide(context)
    )
    current = { table, context, deadLetters, scope }
    return current
  })

  const use = Effect.fnUntraced(function* (table: Table.Table) {
    const before = current
    current = undefined
    if (before !== undefined) yield* Scope.close(before.scope, Exit.void)
    const cleared = yield* place.index.clear(before?.table ?? table, table)
    const changes = before === undefined ? [] : cleared
    const { context, scope } = yield* begin(table)
    yield* options.show(table, changes, context)
    const find = yield* Effect.provideService(finder(opened, place.index), Scope.Scope, scope)
    yield* followDocuments(opened, table, find).pipe(Effect.provide(context), Effect.provideService(Scope.Scope, scope))
    const watch = (deliver: following.Deliver) => watched(opened)(remembering(deliver))
    const held = (batches: Batches): Batches => Stream.tap(batches, () => gate.await)
    yield* follow(options, table, held, watch).pipe(Effect.provide(context), Effect.forkIn(scope))
    return changes
  })

  return {
    current: () => current,
    use,
    lastBatch: () => last,
    hold: (isHeld) => Effect.asVoid(isHeld ? gate.close : gate.open),
    problem: Effect.suspend(() =>
      current === undefined
        ? Effect.succeed("the documents are made anew")
        : Effect.provide(sinkProblem(current.table), current.context)
    )
  }
})

type Batches = StreamTail.Tail["batches"]

/** Follows the stream until it is interrupted; what ends it otherwise is shown. */
const follow = Effect.fnUntraced(
  function* (
    { place }: Options,
    table: Table.Table,
    held: (batches: Batches) => Batches,
    watch: (deliver: following.Deliver) => following.Deliver
  ) {
    const { pollMillis, tableName } = place.rows
    const tail = yield* StreamTail.begin({ tableName, keys: table, from: "checkpoint", pollEvery: pollMillis })
    yield* StreamTail.run(tail, (batches, stop) =>
      held(batches).pipe(following.settle(table, stop, watch), Stream.map(settledPositions))
    )
  },
  Effect.scoped,
  Effect.provideService(Budget, timeBudget),
  Effect.provideService(References.MinimumLogLevel, "Error"),
  (following, { opened: { view } }) => {
    const now = Clock.currentTimeMillis
    const report: Progress.Report = (progress) => Effect.map(now, (at) => view.note(progress, at))
    return following.pipe(
      Effect.provideService(Progress.Reporter, report),
      Effect.catch(({ message }) =>
        Effect.map(now, (at) => view.notice(`the stream is not followed: ${message}`, at, true))
      )
    )
  }
)
