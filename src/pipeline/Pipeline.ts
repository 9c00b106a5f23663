/**
 * The one way of the data: a batch's changes are claimed and grouped by document, decoded and folded into patches as
 * the sink pulls them, and written; what comes out says of each change whether it is settled. Nothing is logged here.
 */
import { Clock, Data, Duration, Effect, Result, Stream } from "effect"
import * as batchSource from "./batchSource.ts"
import * as Claim from "../decode/Claim.ts"
import { groupBy } from "../groupBy.ts"
import type { RowEvent } from "../decode/RowEvent.ts"
import * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import * as Patch from "../fold/Patch.ts"
import * as deadLetters from "./deadLetters.ts"
import * as Patches from "./patches.ts"
import * as settlement from "./settlement.ts"
import { Budget } from "../Budget.ts"
import { type Outcome, refusalsOf, type Settled, Sink, type SinkError, writeAll } from "../sink/Sink.ts"

/** The outcome of a batch. Counts are of documents, where nothing else is said. */
export interface Summary {
  /** Changes of rows that came in. */
  readonly received: number
  readonly written: number
  readonly unchanged: number
  /** The number of times that somebody else had written a document first. */
  readonly conflicts: number
  /** Changes that can't be decoded, and documents that can't be written as they are. */
  readonly refused: number
  /** Rows that documents took, those of documents with refused rows included. */
  readonly rowsWritten: number
  /** Rows that can't be decoded, or that their documents can't take. */
  readonly rowsRefused: number
  /** Documents written without derived fields, which could not be computed. */
  readonly withoutDerived: number
  /** Changes that dead letters stand for, and which are settled by that. */
  readonly deadLettered: number
  /** Changes of rows that no definition claims. */
  readonly unclaimed: number
  /** From the oldest change to the end of the write, in milliseconds; 0 where no change says when it was made. */
  readonly delay: number
}

export interface Delivery {
  readonly summary: Summary
  /** Changes that must come again, in the order of the batch. Empty when all of it may be acknowledged. */
  readonly unacknowledged: ReadonlyArray<settlement.Unacknowledged>
  /** Documents that may or may not be written: the same changes again may settle them. */
  readonly unsettled: number
  /** Rows read by a scan that lost to what a stream had said before. */
  readonly outdated: number
  /** Problems: what was refused, not settled, or written without derived fields. */
  readonly problems: ReadonlyArray<settlement.Problem>
  /** The reasons why dead letters were not taken, each once. */
  readonly notTaken: ReadonlyArray<string>
  /** The documents, and what became of each. */
  readonly settled: ReadonlyArray<Settled>
}

/** Nothing of the batch may be acknowledged: its records are not what the definition is made for. */
export class SourceError extends Data.TaggedError("SourceError")<{ readonly message: string }> {}

/**
 * Some of what was to be written was not; a line each says which document and why, as `settlement.summarize` has them.
 */
export class NotWritten extends Data.TaggedError("NotWritten")<{ readonly message: string }> {}

export interface Options {
  /**
   * Lets a change that a definition could not be written with be settled by the one written beside it, which
   * readers see. Defaults to `true`; what is brought again by itself, as a dead letter is, must be written with both.
   */
  readonly maySkipSuperseded?: boolean
}

/**
 * Takes a batch of changes through the pipeline. Every change ends in the index, in the dead letters if there is a
 * destination for them (the service `DeadLetters`), or among the unacknowledged.
 * Fails where nothing can be settled: with a wrong source, or a sink that can't be asked.
 */
export const deliver = Effect.fn("Pipeline.deliver")(function* (
  table: Table.Table,
  received: ReadonlyArray<settlement.Received>,
  { maySkipSuperseded = true }: Options = {}
): Effect.fn.Return<Delivery, SourceError | SinkError, Sink> {
  const changes = batchSource.ofOneTable(received)
  const { previous } = table
  if (previous === undefined) return yield* deliverTo(table, changes, undefined)
  const beside = (other: Table.Table) => (maySkipSuperseded ? other : undefined)
  const both = [deliverTo(table, changes, beside(previous)), deliverTo(previous, changes, beside(table))] as const
  const [now, before] = yield* Effect.all(both, { concurrency: 2 })
  return {
    ...now,
    unacknowledged: settlement.union(now.unacknowledged, before.unacknowledged),
    unsettled: now.unsettled + before.unsettled,
    problems: [...now.problems, ...before.problems],
    notTaken: [...new Set([...now.notTaken, ...before.notTaken])],
    settled: [...now.settled, ...before.settled]
  }
})

/** Takes a batch through the pipeline of one definition: claim, decode and fold, write, settle. */
const deliverTo = Effect.fnUntraced(function* (
  table: Table.Table,
  changes: ReadonlyArray<settlement.Received>,
  beside: Table.Table | undefined
): Effect.fn.Return<Delivery, SourceError | SinkError, Sink> {
  const sink = yield* Sink
  const claimed = batchSource.withImages(
    table,
    changes,
    changes.map((change) => (Result.isSuccess(change) ? Claim.of(table, change.success) : change.failure))
  )
  const keys = { partitionKey: table.partitionKey, sortKey: table.sortKey }
  const origins = settlement.originsOf(changes).map((origin) => ({ ...origin, keys }))
  const tableArn = origins[0]?.tableArn
  const wrong = (yield* wrongKeys(table, changes, tableArn)) ?? wrongSource(claimed, origins)
  if (wrong !== undefined) return yield* new SourceError({ message: wrong })

  const writing = Stream.fromArray(Patches.groups(claimed)).pipe(
    Stream.rechunk(foldedAtOnce),
    Stream.map((group) => Patches.fold(table, group)),
    (patches) => sink.write(patches, origins),
    Stream.runCollect
  )
  const all = yield* beside === undefined ? writing : withShare(4 / 5, writing)
  // A patch of which no row could be decoded brings marks alone, which count for something only where they are open.
  const settled = all.filter(({ outcome, patch }) => patch.registers.size > 0 || outcome._tag === "Unsettled")
  const decoded = Patches.withRejects(
    claimed,
    all.map(({ patch }) => patch)
  )
  const results = settlement.withoutOpenMarks(claimed, decoded, settled)
  const open = settlement.unacknowledged(changes, results, settled)
  const posted = yield* deadLetters.send(table, { changes, meanings: results, settled }, open)

  const refused = decoded.filter(settlement.isRefusal)
  const without = settlement.withoutDerived(settled)
  const count = (tag: Outcome["_tag"]) => settled.filter(({ outcome }) => outcome._tag === tag).length
  return {
    summary: {
      received: changes.length,
      written: count("Written"),
      unchanged: count("Unchanged"),
      conflicts: sum(all, ({ conflicts }) => conflicts),
      refused: settled.filter(({ outcome }) => refusalsOf(outcome).length > 0).length + refused.length,
      rowsWritten: sum(settled, settlement.rowsWritten),
      rowsRefused: refused.length + sum(settled, settlement.rowsRefused),
      withoutDerived: without.length,
      deadLettered: posted.deadLettered,
      unclaimed: results.filter(({ _tag }) => _tag === "Unclaimed").length,
      delay: settlement.delay(changes, yield* Clock.currentTimeMillis)
    },
    unacknowledged: yield* withShare(1 / 5, withoutSkipped(table, beside, tableArn, posted.unacknowledged)),
    unsettled: count("Unsettled"),
    outdated: sum(all, ({ outdated }) => outdated),
    problems: [...refused.map(settlement.refusal), ...settlement.problems(settled), ...without],
    notTaken: posted.notTaken,
    settled
  }
})

/**
 * Documents that are decoded and folded before the sink is given them: few, so that the first are soon on their way.
 */
const foldedAtOnce = 16

const sum = (all: ReadonlyArray<Settled>, of: (one: Settled) => number): number =>
  all.reduce((total, one) => total + of(one), 0)

/** Runs a part of a delivery in its share of the time budget: what writing leaves open may be left out in the rest. */
const withShare = <A, E, R>(share: number, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Budget, (time) => Effect.provideService(effect, Budget, Duration.times(time, share)))

/** Gives what is open but for what the sink leaves out: the changes of definitions that are not the live one. */
const withoutSkipped = Effect.fnUntraced(function* (
  table: Table.Table,
  beside: Table.Table | undefined,
  tableArn: string | undefined,
  open: ReadonlyArray<settlement.Unacknowledged>
) {
  const sink = yield* Sink
  const left = new Set<string | undefined>()
  const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(yield* Budget)
  const shapeIn = (table: Table.Table | undefined, name: string | undefined) => {
    const aggregate = table?.aggregates.find((aggregate) => aggregate.name === name)
    return aggregate === undefined ? undefined : Shape.of(aggregate)
  }
  for (const [name, [first]] of groupBy(open, ({ aggregate }) => aggregate)) {
    const shape = shapeIn(table, name)
    if (shape === undefined) continue
    const time = Duration.millis(Math.max(0, until - (yield* Clock.currentTimeMillis)))
    const skipSuperseded = sink.skipSuperseded(shape, shapeIn(beside, name), tableArn, first!.reason)
    if (yield* Effect.provideService(skipSuperseded, Budget, time)) left.add(name)
  }
  return open.filter(({ aggregate }) => !left.has(aggregate))
})

/**
 * Writes decoded events, as `put` and `remove` of `tablefold/testing` make them. Fails where one of them could not be
 * written, or belongs to an aggregate that the table does not have.
 */
export const write = Effect.fn("Pipeline.write")(function* (
  table: Table.Table,
  events: Iterable<RowEvent>
): Effect.fn.Return<void, NotWritten | SinkError, Sink> {
  const patches = Patch.fromEvents(events)
  const stranger = patches.find(({ shape }) => !table.aggregates.includes(shape.aggregate))
  if (stranger !== undefined) {
    return yield* new NotWritten({ message: `the table has no aggregate "${stranger.shape.aggregate.name}"` })
  }
  const problems = settlement.problems(yield* writeAll(patches, []))
  if (problems.length > 0) return yield* new NotWritten({ message: settlement.summarize(problems).join("\n") })
})

/**
 * Says why a batch can't be of the definition's table by its key names. Where rows with the definition's key names
 * were written before it can: then each record that differs is refused by itself.
 */
const wrongKeys = Effect.fnUntraced(function* (
  table: Table.Table,
  changes: ReadonlyArray<settlement.Received>,
  tableArn: string | undefined
) {
  const misfit = settlement.noRecordFits(table, changes)
  if (misfit === undefined) return undefined
  const isKnown = yield* (yield* Sink).knowsKeys(table.aggregates.map(Shape.of), table, tableArn)
  return isKnown ? undefined : misfit
})

const wrongSource = (
  claimed: ReadonlyArray<Patches.Claimed>,
  origins: ReturnType<typeof settlement.originsOf>
): string | undefined => {
  const wrong = claimed.find((claim) => claim._tag === "Misconfigured")
  if (wrong !== undefined) return wrong.reason
  const tables = [...new Set(origins.map(({ tableArn }) => tableArn))]
  return tables.length > 1 ? `one batch holds records of several tables: ${tables.join(", ")}` : undefined
}
