/**
 * The steps by which one generation takes another's place: made, marked as verified, promoted, rolled back, dropped.
 * Each can be run again: what it would bring about may be there already.
 */
import { Clock, Effect } from "effect"
import type * as Aggregate from "../define/Aggregate.ts"
import * as Definition from "../define/Definition.ts"
import type { SinkError } from "../sink/Sink.ts"
import { closed, incompatible } from "../sink/opensearch/errors.ts"
import { fit } from "../sink/opensearch/fit.ts"
import { succession } from "../sink/opensearch/following.ts"
import { otherSource, ownOf, generationFor, tableOf } from "../sink/opensearch/generationOf.ts"
import * as indices from "../sink/opensearch/indices.ts"
import type { Source } from "../sink/opensearch/Meta.ts"
import * as State from "../sink/opensearch/State.ts"
import type { Transport } from "../sink/opensearch/Transport.ts"
import type { Report } from "../maintain/VerifyTally.ts"

/** The generations of an aggregate, told apart: the live one, the definition's own for a table, and all of them. */
export interface Found {
  readonly alias: string
  readonly live: indices.Generation | undefined
  readonly own: indices.Generation | undefined
  readonly all: ReadonlyArray<indices.Generation>
}

type Step<A> = Effect.Effect<A, SinkError, Transport>

/** `tableArn` says for which table; absent where the one that readers see is meant. */
export const findGenerations = (aggregate: Aggregate.Any, aliasPrefix: string, tableArn?: string): Step<Found> => {
  const alias = aliasPrefix + aggregate.name
  const { hash } = Definition.of(aggregate)
  return Effect.map(indices.list(alias), (all) => ({
    alias,
    all,
    live: all.find(({ isLive }) => isLive),
    own: ownOf(all, hash, tableArn)
  }))
}

/**
 * Makes the definition's generation for a table, empty and not yet live; the first of an alias is live at once. One of
 * the same table that only lacks fields is not made anew: its next writer adds them.
 */
export const make = Effect.fnUntraced(function* (aggregate: Aggregate.Any, aliasPrefix: string, source: Source) {
  const { description, hash } = Definition.of(aggregate)
  for (let number = 1; ; number++) {
    const { alias, all, live, own } = yield* findGenerations(aggregate, aliasPrefix, source.tableArn)
    const known = own ?? generationFor(all, source.tableArn)
    if (known !== undefined && /Current|Added/.test(fit(known, description, hash)._tag)) {
      return { index: known.index, isNew: false }
    }
    number = Math.max(number, (all.at(-1)?.number ?? 0) + 1)
    const made = yield* indices.create(aggregate, alias, { number, isLive: live === undefined, source })
    if (made.isNew) return made
    // Somebody else has made one of that number, perhaps another.
  }
})

/**
 * Notes that a full verification found the definition's generation right. Marks that it had when the verification began
 * go; newer ones stay, and give `false`, as does a generation that was made anew meanwhile.
 */
export const markVerified = Effect.fnUntraced(function* (
  aggregate: Aggregate.Any,
  aliasPrefix: string,
  { generations }: Pick<Report, "generations">
) {
  const begun = generations[aggregate.name]
  const { all } = yield* findGenerations(aggregate, aliasPrefix)
  const { hash } = Definition.of(aggregate)
  const own = all.find(({ meta, state }) => meta.writeAlias === begun?.writeAlias && state.current === hash)
  if (own === undefined || begun === undefined) return false
  const now = yield* Clock.currentTimeMillis
  // A restore that nobody noticed yet would be marked with the next write, as if it had come after the verification.
  const { state } = yield* indices.update(own, (state) =>
    State.verified(State.identified(state, own.identity, now), begun.marks, now)
  )
  return state.incomplete === undefined && state.verificationDue === undefined
})

/** The index that readers left and the one they see, and what they should know besides. */
export interface Promoted {
  readonly from: string | undefined
  readonly to: string
  readonly warning: string | undefined
}

/**
 * Leads readers to the definition's generation for a table, in one step. Fails where it is not there, was not filled,
 * was not verified since it was last marked, or where programs that follow the stream write the live one and not this
 * one.
 */
export const promote = Effect.fnUntraced(function* (
  aggregate: Aggregate.Any,
  aliasPrefix: string,
  tableArn?: string
): Effect.fn.Return<Promoted, SinkError, Transport> {
  const { alias, live, own } = yield* findGenerations(aggregate, aliasPrefix, tableArn)
  if (own === undefined) {
    return yield* incompatible(`"${alias}" has no generation of this definition; run \`tablefold rebuild\``)
  }
  if (own.isLive) return { from: undefined, to: own.index, warning: undefined }
  const problem = notReady(own) ?? leftOut(live, own)
  if (problem !== undefined) return yield* incompatible(`${own.index} can't be promoted: ${problem}`)
  yield* leadTo(alias, live, own)
  const isUnknown = live !== undefined && succession(live, own, own.number) === "unknown"
  return { from: live?.index, to: own.index, warning: isUnknown ? unknownWriters(live, own) : undefined }
})

/**
 * The generation that readers saw before the live one, to which they may be led back. Fails where there is none, or it
 * is marked as incomplete; that it is still written is for the caller to know. `otherSource` is the table that it is
 * made from, where that is not the live one's.
 */
export const before = Effect.fnUntraced(function* (aggregate: Aggregate.Any, aliasPrefix: string) {
  const { alias, all, live } = yield* findGenerations(aggregate, aliasPrefix)
  if (live === undefined) return yield* incompatible(`alias "${alias}" leads to no index`)
  const found = all.findLast((one) => one.number < live.number && wasSeen(one))
  if (found === undefined) return yield* incompatible(`there is no index of "${alias}" before ${live.index}`)
  if (found.state.incomplete !== undefined) {
    const { reason } = found.state.incomplete
    return yield* incompatible(
      `${found.index} is incomplete: ${reason}; run \`tablefold verify --previous --repair\` first`
    )
  }
  return { alias, from: live, to: found, otherSource: otherSource(found, tableOf(live)) }
})

/** One for another table, or never finished, may be new to readers; the first of an alias was seen. */
const wasSeen = ({ number, state }: indices.Generation): boolean => number === 1 || state.promotedAt !== undefined

/** Leads readers back to the generation before the live one. */
export const rollback = Effect.fnUntraced(function* (aggregate: Aggregate.Any, aliasPrefix: string) {
  const { alias, from, to } = yield* before(aggregate, aliasPrefix)
  yield* leadTo(alias, from, to)
  return { from: from.index, to: to.index }
})

/**
 * Writers of the generation that readers are led to learn from the note that they see it, and say so when they see it
 * no more. The one that readers leave may miss changes from now on, which nobody would notice, so it is marked; where
 * it takes no mark, that holds nobody up.
 */
const leadTo = Effect.fnUntraced(function* (
  alias: string,
  from: indices.Generation | undefined,
  to: indices.Generation
) {
  const now = yield* Clock.currentTimeMillis
  const reason = `readers were led from it to ${to.index}, and changes since may have been written there alone`
  if (from !== undefined) {
    const mark = indices.update(from, (state) => State.mark(state, "verificationDue", now, reason))
    yield* Effect.catch(mark, ({ message }) =>
      Effect.logWarning(
        `${from.index} is not marked as left (${message}): verify it before readers are led to it again`
      )
    )
  }
  yield* indices.update(to, (state) => ({ ...state, promotedAt: now }))
  yield* indices.refresh(to.index)
  yield* indices.moveAlias(alias, from === undefined ? [] : [from.index], to.index)
})

/** A generation that may be deleted, and the live one. Fails where readers see it, or where it is not there. */
export const droppable = Effect.fnUntraced(function* (aggregate: Aggregate.Any, aliasPrefix: string, index: string) {
  const { alias, all, live } = yield* findGenerations(aggregate, aliasPrefix)
  const generation = all.find((one) => one.index === index)
  if (generation === undefined) return yield* incompatible(`"${alias}" has no index ${index}; it has ${names(all)}`)
  if (generation.isLive || live === undefined) return yield* incompatible(`${index} is what readers of "${alias}" see`)
  return { generation, live }
})

/**
 * Deletes a generation that is not live. Its definitions are noted in the live one first: a deployment that has only
 * such a definition acknowledges nothing of the aggregate from then on, and says why.
 */
export const drop = Effect.fnUntraced(function* (aggregate: Aggregate.Any, aliasPrefix: string, index: string) {
  const { generation, live } = yield* droppable(aggregate, aliasPrefix, index)
  yield* indices.update(live, (state) => {
    const own = generation.state.accepts.filter((hash) => !state.accepts.includes(hash))
    return { ...state, dropped: [...new Set([...state.dropped, ...own])] }
  })
  yield* indices.drop(index)
})

const names = (all: Found["all"]): string => (all.length === 0 ? "none" : all.map(({ index }) => index).join(", "))

const notReady = ({ isClosed, state }: indices.Generation): string | undefined => {
  const { filled, incomplete, verificationDue, verifiedAt } = state
  if (isClosed) return "it is closed"
  if (!filled) return "it was never filled; run `tablefold backfill`, or `tablefold rebuild` for all steps"
  if (incomplete !== undefined) return `it is incomplete: ${incomplete.reason}; run \`tablefold verify\``
  if (verificationDue !== undefined) return `a verification is due: ${verificationDue.reason}; run \`tablefold verify\``
  return verifiedAt === undefined ? "it was never verified; run `tablefold verify`" : undefined
}

/**
 * Says that readers would see no change any more: the stream is written to the live generation, not the new one. A
 * closed index does not say who writes it.
 */
const leftOut = (live: indices.Generation | undefined, own: indices.Generation): string | undefined => {
  if (live?.isClosed === true) return closed(live.index).message
  if (live === undefined || succession(live, own, own.number) !== "left out") return undefined
  return (
    `the stream is written to ${live.index} and not to it; deploy its definition (${own.state.current}), with the ` +
    "one before under previous in Table.make, and let a change come through"
  )
}

const unknownWriters = (live: indices.Generation, own: indices.Generation): string => {
  const { index, state } = own
  const isOther = otherSource(live, tableOf(own)) !== undefined
  const [whose, cure] = isOther
    ? [`the stream of ${tableOf(own)}`, "map the function to that stream, too"]
    : ["the stream", `deploy its definition (${state.current})`]
  return `no program that follows ${whose} said that it writes ${index}: ${cure}, or readers see no change any more`
}
