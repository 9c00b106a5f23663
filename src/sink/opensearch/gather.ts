/** Brings together what a write of patches needs: where each goes, and what the index has now, known or read. */
import { Effect, Result } from "effect"
import { groupBy } from "../../groupBy.ts"
import type { Shape } from "../../define/Shape.ts"
import * as Document from "../../fold/Document.ts"
import * as Patch from "../../fold/Patch.ts"
import * as source from "../../fold/source.ts"
import * as Attempt from "../Attempt.ts"
import * as measures from "../../metrics/measures.ts"
import { observe } from "../../metrics/observe.ts"
import type { Origin, Outcome, SinkError } from "../Sink.ts"
import { type Fetched, fetchDocuments, fetchPositions, type Position } from "./fetch.ts"
import type { Generations, Target } from "./Generations.ts"
import type { Known, DocumentCache } from "./DocumentCache.ts"
import type { Transport } from "./Transport.ts"

/** An attempt to write a patch, with what was learnt so far. */
export interface Pending {
  attempt: Attempt.Attempt
  /** True where its document must be read: what this process knows of it, or guesses, was found stale. */
  mustRead: boolean
  /** Tells whether its index and its document were looked at anew since the server refused something of it. */
  isRechecked: boolean
  /** The index that it goes to, once that is known. */
  target: Target | undefined
  /** Rows of a scan in it that the document, when last seen, had from a stream already. */
  outdated: number
  /** The number of times that somebody else had written its document first. */
  conflicts: number
  /** The reason why it is not settled yet. */
  reason: string
  /** Its end, once there is one. */
  outcome: Outcome | undefined
}

/** A patch with its place, and what the index has there: `seen` is `undefined` for nothing. */
export interface Ready {
  readonly pending: Pending
  readonly target: Target
  readonly seen: Known | undefined
  /** Tells whether that was read in this round, and is not what this process knows or guesses. */
  readonly isFresh: boolean
  /** Tells whether `seen` is no document but an unreadable one's place, which the patch takes. */
  readonly isReplacing: boolean
}

type Placed = Pick<Ready, "pending" | "target">

/** Patches that can't be written now: to be tried again, or not settled for good. */
export interface Problems {
  readonly retry: Array<readonly [Pending, reason: string]>
  readonly unsettled: Array<readonly [Pending, reason: string]>
}

export interface Gathered extends Problems {
  readonly ready: Array<Ready>
}

/**
 * Gathers for one round of writing. `trusting` says whether documents this process knows are taken as they are, and new
 * aggregates are taken for new, instead of being read first. Fails where OpenSearch refuses us as things are set up.
 */
export const gather = Effect.fnUntraced(function* (
  generations: Generations,
  known: DocumentCache,
  open: ReadonlyArray<Pending>,
  origins: ReadonlyArray<Origin>,
  trusting: boolean
): Effect.fn.Return<Gathered, SinkError, Transport> {
  const gathered: Gathered = { ready: [], retry: [], unsettled: [] }
  const targets = yield* findTargets(generations, open, origins)
  const wanted: Array<Placed> = []
  for (const pending of open) {
    const target = targets.get(pending.attempt.patch.shape)!
    if (Result.isFailure(target)) {
      const { message, reason } = target.failure
      gathered[reason.isRetryable ? "retry" : "unsettled"].push([pending, message])
      continue
    }
    const placed = { pending, target: target.success }
    const own = known.take(target.success, pending.attempt.patch.id)
    const trusted = trusting && !pending.mustRead
    if (trusted && (own !== undefined || isNew(pending))) {
      gathered.ready.push({ ...placed, seen: own, isFresh: false, isReplacing: false })
    } else wanted.push(placed)
  }
  const hits = gathered.ready.filter(({ seen }) => seen !== undefined).length
  yield* observe([measures.cacheHits, [hits]], [measures.cacheMisses, [wanted.length]])
  const groups = groupBy(wanted, ({ target }) => target)
  for (const [target, members] of groups) yield* readInto(gathered, generations, target, members)
  return gathered
})

const isNew = ({ attempt }: Pending): boolean => !attempt.hasWritten && Patch.isAllNew(Attempt.next(attempt))

const findTargets = Effect.fnUntraced(function* (
  generations: Generations,
  open: ReadonlyArray<Pending>,
  origins: ReadonlyArray<Origin>
) {
  const shapes = [...new Set(open.map(({ attempt }) => attempt.patch.shape))]
  const find = (shape: Shape) =>
    Effect.map(orMisconfigured(generations.target(shape, origins)), (target) => [shape, target] as const)
  return new Map(yield* Effect.forEach(shapes, find, { concurrency: "unbounded" }))
})

const readInto = Effect.fnUntraced(function* (
  gathered: Gathered,
  generations: Generations,
  target: Target,
  members: ReadonlyArray<Placed>
) {
  const { shape } = members[0]!.pending.attempt.patch
  const fetched = yield* readFor(gathered, generations, members, fetchDocuments(shape, target.writeAlias, ids(members)))
  for (const placed of fetched === undefined ? [] : members) {
    const { patch } = placed.pending.attempt
    const found: Fetched = fetched!.get(patch.id)
    if (found === undefined || Result.isSuccess(found)) {
      gathered.ready.push({ ...placed, seen: found?.success, isFresh: true, isReplacing: false })
      continue
    }
    const seen = replaced(patch, found.failure)
    if (seen === undefined) gathered.unsettled.push([placed.pending, source.sentenceOf(found.failure)])
    else gathered.ready.push({ ...placed, seen, isFresh: true, isReplacing: true })
  }
})

/** An empty document in the place of the unreadable one that a patch is to replace, if that stands there yet. */
const replaced = (patch: Patch.Patch, { isNewer, primaryTerm, seqNo }: source.Unreadable & Position) => {
  const { replaces } = patch
  if (isNewer || replaces?.seqNo !== seqNo || replaces.primaryTerm !== primaryTerm) return undefined
  const document = { ...Document.empty(patch), anew: replaces.readAt }
  return { document, seqNo, primaryTerm, isSafe: false } satisfies Known
}

export interface Confirmed<One> extends Problems {
  readonly same: Array<One>
  readonly changed: Array<One>
}

/**
 * Asks the server about documents of which nothing is to be written: whether they stand where this process knows them,
 * or are absent as it guesses. Its memory decides what is sent, never what is acknowledged: a snapshot may have been
 * restored since. What stands elsewhere is to be read, and tried again.
 */
export const confirm = Effect.fnUntraced(function* <One extends Ready>(
  generations: Generations,
  unsure: ReadonlyArray<One>
): Effect.fn.Return<Confirmed<One>, SinkError, Transport> {
  const confirmed: Confirmed<One> = { same: [], changed: [], retry: [], unsettled: [] }
  for (const [{ writeAlias }, members] of groupBy(unsure, ({ target }) => target)) {
    const positions = yield* readFor(confirmed, generations, members, fetchPositions(writeAlias, ids(members)))
    for (const one of positions === undefined ? [] : members) {
      const position = positions!.get(one.pending.attempt.patch.id)
      const isSame = one.seen?.seqNo === position?.seqNo && one.seen?.primaryTerm === position?.primaryTerm
      confirmed[isSame ? "same" : "changed"].push(one)
    }
  }
  return confirmed
})

const ids = (members: ReadonlyArray<Placed>) => members.map(({ pending }) => pending.attempt.patch.id)

/** Reads for some patches of one generation; nothing where that failed, and then they are among the problems. */
const readFor = Effect.fnUntraced(function* <A>(
  problems: Problems,
  generations: Generations,
  members: ReadonlyArray<Placed>,
  read: Effect.Effect<A, SinkError, Transport>
) {
  const result = yield* orMisconfigured(read)
  if (Result.isSuccess(result)) return result.success
  const { message, reason } = result.failure
  if (reason._tag === "IndexMissing" || reason._tag === "IndexIncompatible") {
    generations.forget(members[0]!.pending.attempt.patch.shape)
  }
  const open = problems[reason.isRetryable ? "retry" : "unsettled"]
  for (const { pending } of members) open.push([pending, message])
  return undefined
})

/** Errors as values, but for those that stop everything. */
const orMisconfigured = <A, R>(effect: Effect.Effect<A, SinkError, R>) =>
  Effect.flatMap(Effect.result(effect), (result) =>
    Result.isFailure(result) && result.failure.reason._tag === "Misconfigured"
      ? Effect.fail(result.failure)
      : Effect.succeed(result)
  )
