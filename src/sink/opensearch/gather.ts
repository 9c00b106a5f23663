/** Brings together what a write of patches needs: where each goes, and what the index has now, known or read. */
import { Effect, Result } from "effect"
import { groupBy } from "../../decode/groupBy.ts"
import type { Shape } from "../../define/Shape.ts"
import * as Patch from "../../fold/Patch.ts"
import * as Attempt from "../Attempt.ts"
import type { Origin, SinkError } from "../Sink.ts"
import { type Fetched, fetchDocuments } from "./fetch.ts"
import type { Generations, Target } from "./Generations.ts"
import type { Known, KnownDocuments } from "./known.ts"
import type { Transport } from "./Transport.ts"

/** An attempt to write a patch, with what was learnt so far. */
export interface Pending {
  readonly index: number
  attempt: Attempt.Attempt
  /** Whether its document must be read: what this process knows of it, or guesses, was found stale. */
  mustRead: boolean
  /** Rows of a scan in it that the document, when last seen, had from a stream already. */
  outdated: number
  /** Why it is not settled yet. */
  reason: string
}

/** A patch with its place, and what the index has there: `seen` is `undefined` for nothing. */
export interface Ready {
  readonly pending: Pending
  readonly target: Target
  readonly seen: Known | undefined
}

type Placed = Omit<Ready, "seen">

/** What was gathered, and what could not be: to be tried again, or not settled for good. */
export interface Gathered {
  readonly ready: Array<Ready>
  readonly retry: Array<readonly [Pending, reason: string]>
  readonly unsettled: Array<readonly [Pending, reason: string]>
}

/**
 * Gathers for one round of writing. `trusting` says whether documents this process knows are taken as they are, and new
 * aggregates are taken for new, instead of being read first. Fails where OpenSearch refuses us as things are set up.
 */
export const gather = Effect.fnUntraced(function* (
  generations: Generations,
  known: KnownDocuments,
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
    const own = known.take(target.success.writeAlias, pending.attempt.patch.id)
    const trusted = trusting && !pending.mustRead
    if (trusted && (own !== undefined || isNew(pending))) gathered.ready.push({ ...placed, seen: own })
    else wanted.push(placed)
  }
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
  const targets = new Map<Shape, Result.Result<Target, SinkError>>()
  for (const shape of new Set(open.map(({ attempt }) => attempt.patch.shape))) {
    targets.set(shape, yield* orMisconfigured(generations.target(shape, origins)))
  }
  return targets
})

const readInto = Effect.fnUntraced(function* (
  { ready, retry, unsettled }: Gathered,
  generations: Generations,
  target: Target,
  members: ReadonlyArray<Placed>
) {
  const { shape } = members[0]!.pending.attempt.patch
  const ids = members.map(({ pending }) => pending.attempt.patch.id)
  const fetched = yield* orMisconfigured(fetchDocuments(shape, target.writeAlias, ids))
  if (Result.isFailure(fetched)) {
    const { message, reason } = fetched.failure
    if (reason._tag === "IndexMissing") generations.forget(shape)
    for (const { pending } of members) retry.push([pending, message])
    return
  }
  for (const placed of members) {
    const found: Fetched = fetched.success.get(placed.pending.attempt.patch.id)
    if (found !== undefined && Result.isFailure(found)) unsettled.push([placed.pending, found.failure])
    else ready.push({ ...placed, seen: found?.success })
  }
})

/** Errors as values, but for those that stop everything. */
const orMisconfigured = <A, R>(effect: Effect.Effect<A, SinkError, R>) =>
  Effect.flatMap(Effect.result(effect), (result) =>
    Result.isFailure(result) && result.failure.reason._tag === "Misconfigured"
      ? Effect.fail(result.failure)
      : Effect.succeed(result)
  )
