/**
 * The generations that a process writes. A check of one is remembered for a time, so that a new generation is noticed
 * and nobody asks before each write.
 */
import { Clock, Duration, Effect, Result } from "effect"
import * as IsoTime from "../../IsoTime.ts"
import * as Definition from "../../define/Definition.ts"
import * as KeyNames from "../../KeyNames.ts"
import type { Shape } from "../../define/Shape.ts"
import { Misconfigured, type News, type Origin, SinkError } from "../Sink.ts"
import { findGeneration, type Found } from "./findGeneration.ts"
import * as indices from "./indices.ts"
import type { Meta } from "./Meta.ts"
import { makeReport } from "./report.ts"
import * as State from "./State.ts"
import type { Transport } from "./Transport.ts"

/** Where an aggregate is written. */
export interface Target {
  readonly index: string
  readonly writeAlias: string
  readonly meta: Meta
  readonly state: State.State
  /** Which index it is, told from one made anew or restored under its name. */
  readonly identity: string
}

/** How long a check holds, and the prefix of all aliases. */
export interface Options {
  readonly aliasPrefix: string
  readonly checkEvery: Duration.Input
}

export interface Generations {
  /** Finds, makes and checks the generation of an aggregate, for records of these origins. */
  readonly target: (shape: Shape, origins: ReadonlyArray<Origin>) => Effect.Effect<Target, SinkError, Transport>
  /** To be called when the server says that the index or alias is missing. */
  readonly forget: (shape: Shape) => void
  /** As the sink's `leaveOut`, `report` and `knowsKeys`. */
  readonly leaveOut: (
    shape: Shape,
    beside: Shape | undefined,
    reason: string
  ) => Effect.Effect<boolean, never, Transport>
  readonly report: (shapes: ReadonlyArray<Shape>, news: News) => Effect.Effect<void, SinkError, Transport>
  readonly knowsKeys: (
    shapes: ReadonlyArray<Shape>,
    keys: KeyNames.KeyNames
  ) => Effect.Effect<boolean, SinkError, Transport>
}

interface Checked {
  readonly found: Found
  readonly until: number
}

export const make = ({ aliasPrefix, checkEvery }: Options): Generations => {
  const checked = new Map<Shape, Checked>()
  const told = new Set<string>()
  const aliasOf = (shape: Shape) => aliasPrefix + shape.aggregate.name

  /** Keeps what was found; a check that still holds keeps its end. */
  const keep = (shape: Shape, found: Found, now: number) => {
    const until = checked.get(shape)?.until ?? 0
    checked.set(shape, { found, until: until > now ? until : now + Duration.toMillis(checkEvery) })
  }

  const check = Effect.fnUntraced(function* (shape: Shape, now: number) {
    const known = checked.get(shape)
    if (known !== undefined && known.until > now) return known.found
    const found = yield* findGeneration(shape, aliasOf(shape))
    if (!told.has(found.generation.meta.writeAlias)) yield* tellIfNew(found.generation, aliasOf(shape), now)
    told.add(found.generation.meta.writeAlias)
    keep(shape, found, now)
    return found
  })

  /** Changes the state of a generation that was checked. */
  const update = Effect.fnUntraced(function* (shape: Shape, found: Found, change: (state: State.State) => State.State) {
    const forgetIfGone = ({ reason }: SinkError) =>
      Effect.sync(() => void (reason._tag === "IndexMissing" && checked.delete(shape)))
    const next = yield* Effect.tapError(indices.update(found.generation, change), forgetIfGone)
    keep(shape, { ...found, generation: next }, yield* Clock.currentTimeMillis)
    return next
  })

  const target = Effect.fnUntraced(function* (shape: Shape, origins: ReadonlyArray<Origin>) {
    const found = yield* check(shape, yield* Clock.currentTimeMillis)
    const { state } = found.generation
    if (origins.length === 0) return targetOf(found.generation)
    const checkOrigins = (state: State.State) => State.checkOrigins(orElse(state, found.live.state), origins)
    const known = yield* orMisconfigured(checkOrigins(state))
    if (known.source === state.source && known.keys === state.keys) return targetOf(found.generation)
    const next = yield* update(shape, found, (state) => {
      const known = checkOrigins(state)
      return "problem" in known ? state : { ...state, ...known }
    })
    // Others may have written it meanwhile, for another table.
    yield* orMisconfigured(checkOrigins(next.state))
    return targetOf(next)
  })

  return {
    target,
    forget: (shape) => void checked.delete(shape),
    leaveOut: (shape, beside, reason) => {
      if (beside === undefined) return Effect.succeed(false)
      return Effect.orElseSucceed(leaveOut(shape, beside, aliasOf(shape), reason), () => false)
    },
    report: makeReport({ aliasOf, check, update }),
    knowsKeys: (shapes, keys) =>
      Effect.map(
        Effect.forEach(shapes, (shape) => Effect.result(target(shape, []))),
        (found) => found.some((one) => Result.isSuccess(one) && areKeys(one.success.state.keys, keys))
      )
  }
}

/** A generation into which nothing was written yet is of the same table as the one that readers see. */
const orElse = (own: State.Known, live: State.Known): State.Known => ({
  source: own.source ?? live.source,
  keys: own.keys ?? live.keys
})

const areKeys = (known: State.State["keys"], keys: KeyNames.KeyNames) => known !== null && KeyNames.equal(known, keys)

const targetOf = ({ identity, index, meta, state }: indices.Generation): Target => {
  return { index, writeAlias: meta.writeAlias, meta, state, identity }
}

/** What is known of the table; fails where records don't fit that. */
const orMisconfigured = (found: ReturnType<typeof State.checkOrigins>) =>
  "problem" in found
    ? Effect.fail(new SinkError({ reason: new Misconfigured({ message: found.problem }) }))
    : Effect.succeed(found)

const leaveOut = Effect.fnUntraced(function* (shape: Shape, beside: Shape, alias: string, reason: string) {
  const found = yield* indices.list(alias)
  const live = found.filter(({ isLive }) => isLive)
  if (live.length !== 1 || live[0]!.state.current !== Definition.of(beside.aggregate).hash) return false
  const { hash } = Definition.of(shape.aggregate)
  const now = yield* Clock.currentTimeMillis
  // One that a newer definition with more fields writes lacks the change as well.
  for (const own of found.filter(({ isLive, state }) => !isLive && state.accepts.includes(hash))) {
    yield* indices.update(own, (state) => State.mark(state, "incomplete", now, reason))
    if (own.state.incomplete === undefined) {
      yield* Effect.logError(`${own.index} is incomplete from now on, verify it before it is promoted: ${reason}`)
    }
  }
  return true
})

/**
 * Says that a generation is new and not filled. Who made it may not know: its request's answer was lost, or its process
 * ended. So each process says it once that finds one within a day, as long as a stream keeps its records, or that
 * finds one into which nothing was written yet.
 */
const tellIfNew = (
  { index, meta: { createdAt }, state }: indices.Generation,
  alias: string,
  now: number
): Effect.Effect<void> => {
  const isOld = now - createdAt > Duration.toMillis(Duration.days(1))
  if (state.filled || (isOld && state.source !== null)) return Effect.void
  const at = IsoTime.format(createdAt)
  return Effect.logInfo(
    `index ${index} behind alias ${alias} was made at ${at}; if the table has older rows, a backfill is due`
  )
}
