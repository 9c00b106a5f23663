/**
 * The steps by which one generation takes another's place: made, marked as verified, promoted, rolled back, dropped.
 * Each can be run again: what it would bring about may be there already.
 */
import { Clock, Effect } from "effect"
import type * as Aggregate from "../define/Aggregate.ts"
import * as Definition from "../define/Definition.ts"
import type { SinkError } from "../sink/Sink.ts"
import * as indices from "../sink/opensearch/indices.ts"
import type { Transport } from "../sink/opensearch/Transport.ts"

/** The generations of an aggregate, told apart: the live one, the definition's own, and all of them. */
export interface Standing {
  readonly alias: string
  readonly live: indices.Generation | undefined
  readonly own: indices.Generation | undefined
  readonly all: ReadonlyArray<indices.Generation>
}

type Step<A> = Effect.Effect<A, SinkError, Transport>

export const standing = (aggregate: Aggregate.Any, aliasPrefix: string): Step<Standing> => {
  const alias = aliasPrefix + aggregate.name
  const { hash } = Definition.of(aggregate)
  return Effect.map(indices.list(alias), (all) => ({
    alias,
    all,
    live: all.find(({ isLive }) => isLive),
    own: all.find(({ meta }) => meta.current === hash)
  }))
}

/** Makes the definition's generation, empty and not yet live; the first of an alias is live at once. */
export const make = Effect.fnUntraced(function* (aggregate: Aggregate.Any, aliasPrefix: string) {
  const { alias, all, live, own } = yield* standing(aggregate, aliasPrefix)
  if (own !== undefined) return { index: own.index, isNew: false }
  const number = Math.max(0, ...all.map(({ index }) => indices.numberOf(alias, index))) + 1
  return yield* indices.create(aggregate, alias, number, live === undefined)
})

/**
 * Notes that a full verification, begun at `since` (epoch milliseconds), found the definition's generation right. A
 * mark of incompleteness that is older than it goes; a newer one stays, and gives `false`.
 */
export const markVerified = Effect.fnUntraced(function* (aggregate: Aggregate.Any, aliasPrefix: string, since: number) {
  const { own } = yield* standing(aggregate, aliasPrefix)
  if (own === undefined) return false
  const { incomplete, ...meta } = own.meta
  if (incomplete !== undefined && incomplete.at >= since) return false
  yield* indices.putMeta(own.index, { ...meta, verifiedAt: yield* Clock.currentTimeMillis })
  return true
})

/**
 * Leads readers to the definition's generation, in one step. Fails where it is not there, was not filled, was not
 * verified, or is marked as incomplete. Gives the index that readers left.
 */
export const promote = Effect.fnUntraced(function* (aggregate: Aggregate.Any, aliasPrefix: string) {
  const { alias, live, own } = yield* standing(aggregate, aliasPrefix)
  if (own === undefined) {
    return yield* indices.unfit(`"${alias}" has no generation of this definition; run \`tablefold rebuild\``)
  }
  if (own.isLive) return { from: undefined, to: own.index }
  const problem = notReady(own)
  if (problem !== undefined) return yield* indices.unfit(`${own.index} can't be promoted: ${problem}`)
  yield* indices.refresh(own.index)
  yield* indices.moveAlias(alias, live === undefined ? [] : [live.index], own.index)
  return { from: live?.index, to: own.index }
})

/**
 * The generation before the live one, to which readers may be led back. Fails where there is none, or it is marked as
 * incomplete; that it is still written is for the caller to know.
 */
export const before = Effect.fnUntraced(function* (aggregate: Aggregate.Any, aliasPrefix: string) {
  const { alias, all, live } = yield* standing(aggregate, aliasPrefix)
  if (live === undefined) return yield* indices.unfit(`alias "${alias}" leads to no index`)
  const found = all.filter(({ index }) => indices.numberOf(alias, index) < indices.numberOf(alias, live.index)).at(-1)
  if (found === undefined) return yield* indices.unfit(`there is no index of "${alias}" before ${live.index}`)
  if (found.meta.incomplete !== undefined) {
    const { reason } = found.meta.incomplete
    return yield* indices.unfit(
      `${found.index} is incomplete: ${reason}; run \`tablefold verify --previous --repair\` first`
    )
  }
  return { alias, from: live.index, to: found.index }
})

/** Leads readers back to the generation before the live one. */
export const rollback = Effect.fnUntraced(function* (aggregate: Aggregate.Any, aliasPrefix: string) {
  const { alias, from, to } = yield* before(aggregate, aliasPrefix)
  yield* indices.refresh(to)
  yield* indices.moveAlias(alias, [from], to)
  return { from, to }
})

/** A generation that may be deleted, and the live one. Fails where readers see it, or where it is not there. */
export const droppable = Effect.fnUntraced(function* (aggregate: Aggregate.Any, aliasPrefix: string, index: string) {
  const { alias, all, live } = yield* standing(aggregate, aliasPrefix)
  const generation = all.find((one) => one.index === index)
  if (generation === undefined) return yield* indices.unfit(`"${alias}" has no index ${index}; it has ${names(all)}`)
  if (generation.isLive || live === undefined) return yield* indices.unfit(`${index} is what readers of "${alias}" see`)
  return { generation, live }
})

/**
 * Deletes a generation that is not live. Its definition is noted in the live one first, so that its writers pass over
 * the aggregate from then on.
 */
export const drop = Effect.fnUntraced(function* (aggregate: Aggregate.Any, aliasPrefix: string, index: string) {
  const { generation, live } = yield* droppable(aggregate, aliasPrefix, index)
  const { accepts } = generation.meta
  const dropped = [...new Set([...live.meta.dropped, ...accepts.filter((hash) => !live.meta.accepts.includes(hash))])]
  yield* indices.putMeta(live.index, { ...live.meta, dropped })
  yield* indices.drop(index)
})

const names = (all: Standing["all"]): string => (all.length === 0 ? "none" : all.map(({ index }) => index).join(", "))

const notReady = ({ meta }: indices.Generation): string | undefined => {
  if (!meta.filled) return "it was never filled; run `tablefold backfill`, or `tablefold rebuild` for all steps"
  if (meta.incomplete !== undefined) return `it is incomplete: ${meta.incomplete.reason}; run \`tablefold verify\``
  return meta.verifiedAt === undefined ? "it was never verified; run `tablefold verify`" : undefined
}
