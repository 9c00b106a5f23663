/** The generations that a process writes, each found by the definition and by the table its rows come from. */
import { Clock, type Duration, Effect, Result } from "effect"
import * as Definition from "../../define/Definition.ts"
import * as KeyNames from "../../KeyNames.ts"
import type { Shape } from "../../define/Shape.ts"
import type { News, Origin, SinkError } from "../Sink.ts"
import { makeChecks } from "./checks.ts"
import { closed, wrongSource } from "./errors.ts"
import { otherSource, type Sourced, sourceOf, generationFor } from "./generationOf.ts"
import { refreshIntervalOf } from "./indexProblem.ts"
import * as indices from "./indices.ts"
import type { Meta } from "./Meta.ts"
import { intervalMillis } from "./RefreshLimiter.ts"
import { makeReport } from "./report.ts"
import { Budget } from "../../Budget.ts"
import * as State from "./State.ts"
import type { Transport } from "./Transport.ts"

/** The place where an aggregate is written. */
export interface Target {
  readonly index: string
  readonly writeAlias: string
  readonly meta: Meta
  readonly state: State.State
  /** The identity of the index, other than that of one made anew or restored under its name. */
  readonly identity: string
  /** The interval in which the index refreshes itself, in milliseconds; `undefined` where it never does. */
  readonly refreshEvery: number | undefined
}

/** The time for which a check holds, and the prefix of all aliases. */
export interface Options {
  readonly aliasPrefix: string
  readonly checkEvery: Duration.Input
}

export interface Generations {
  /** Finds, makes and checks the generation that an aggregate's rows of these origins, all of one table, belong to. */
  readonly target: (shape: Shape, origins: ReadonlyArray<Origin>) => Effect.Effect<Target, SinkError, Transport>
  /** The same for who only looks: at the rows of a table, or, where none is given, at what readers see. */
  readonly find: (shape: Shape, tableArn: string | undefined) => Effect.Effect<Target, SinkError, Transport>
  /** To be called when the server says that the index or alias is missing. */
  readonly forget: (shape: Shape) => void
  /** As the sink's `skipSuperseded`, `report` and `knowsKeys`. */
  readonly skipSuperseded: (
    shape: Shape,
    beside: Shape | undefined,
    tableArn: string | undefined,
    reason: string
  ) => Effect.Effect<boolean, never, Transport>
  readonly report: (shapes: ReadonlyArray<Shape>, news: News) => Effect.Effect<void, SinkError, Transport>
  readonly knowsKeys: (
    shapes: ReadonlyArray<Shape>,
    keys: KeyNames.KeyNames,
    tableArn: string | undefined
  ) => Effect.Effect<boolean, SinkError, Transport>
}

export const make = ({ aliasPrefix, checkEvery }: Options): Generations => {
  const aliasOf = (shape: Shape) => aliasPrefix + shape.aggregate.name
  const { check, follow, forget, update } = makeChecks({ aliasOf, checkEvery })

  /** Gives what is known of the table; fails where records don't fit it, so that another generation may be found. */
  const known = Effect.fnUntraced(function* (
    shape: Shape,
    generation: indices.Generation,
    origins: ReadonlyArray<Origin>
  ) {
    const found = checkOrigins(generation, origins)
    if (!("problem" in found)) return found
    forget(shape)
    return yield* wrongSource(found.problem)
  })

  const find = Effect.fnUntraced(function* (shape: Shape, tableArn: string | undefined) {
    return targetOf((yield* check(shape, tableArn, yield* Clock.currentTimeMillis)).generation)
  })

  const target = Effect.fnUntraced(function* (shape: Shape, origins: ReadonlyArray<Origin>) {
    const found = yield* check(shape, origins[0]?.tableArn, yield* Clock.currentTimeMillis)
    const { generation, live } = found
    const { meta, state } = generation
    // What the one that readers see is made from, a closed index does not say.
    if (state.source === null && origins.length > 0 && live.isClosed) return yield* closed(live.index)
    const { keys, source } = yield* known(shape, generation, origins)
    const isKnown = source === state.source && keys === state.keys
    if (isKnown || origins.length === 0) return targetOf(generation)
    const next = yield* update(shape, found, (state) => {
      const found = checkOrigins({ meta, state }, origins)
      return "problem" in found ? state : { ...state, ...found }
    })
    // Others may have written it meanwhile, for another table.
    yield* known(shape, next, origins)
    return targetOf(next)
  })

  const report = makeReport({ aliasOf, check, update })
  return {
    target,
    find,
    forget,
    skipSuperseded: (shape, beside, tableArn, reason) => {
      if (beside === undefined) return Effect.succeed(false)
      return Effect.flatMap(Budget, (time) =>
        skipSuperseded({ shape, beside, tableArn, alias: aliasOf(shape), reason }).pipe(
          Effect.timeoutOrElse({ duration: time, orElse: () => Effect.succeed(false) }),
          Effect.orElseSucceed(() => false)
        )
      )
    },
    report: (shapes, news) => Effect.andThen(Effect.sync(follow), report(shapes, news)),
    knowsKeys: (shapes, keys, tableArn) =>
      Effect.map(
        Effect.forEach(shapes, (shape) => Effect.result(find(shape, tableArn))),
        (found) => found.some((one) => Result.isSuccess(one) && areKeys(one.success.state.keys, keys))
      )
  }
}

const checkOrigins = (generation: Sourced, origins: ReadonlyArray<Origin>) =>
  State.checkOrigins({ keys: generation.state.keys, source: sourceOf(generation) }, origins)

const areKeys = (known: State.State["keys"], keys: KeyNames.KeyNames) => known !== null && KeyNames.equal(known, keys)

const targetOf = ({ identity, index, meta, settings, state }: indices.Generation): Target => {
  const refreshEvery = intervalMillis(refreshIntervalOf(settings))
  return { index, writeAlias: meta.writeAlias, meta, state, identity, refreshEvery }
}

interface LeftOut {
  readonly shape: Shape
  readonly beside: Shape
  readonly tableArn: string | undefined
  readonly alias: string
  readonly reason: string
}

/** Of a table that readers don't see, the newest generation counts as what they see of another: nobody misses less. */
const skipSuperseded = Effect.fnUntraced(function* ({ alias, beside, reason, shape, tableArn }: LeftOut) {
  const found = yield* indices.list(alias)
  if (found.filter(({ isLive }) => isLive).length !== 1) return false
  const standing = generationFor(found, tableArn)
  if (standing?.state.current !== Definition.of(beside.aggregate).hash) return false
  const { hash } = Definition.of(shape.aggregate)
  const lacking = found.filter((one) => {
    const isOther = one.isLive || one === standing || otherSource(one, tableArn) !== undefined
    return !isOther && one.state.accepts.includes(hash)
  })
  const now = yield* Clock.currentTimeMillis
  // One that a newer definition with more fields writes lacks the change as well.
  for (const own of lacking) {
    yield* indices.update(own, (state) => State.mark(state, "incomplete", now, reason))
    if (own.state.incomplete === undefined) {
      yield* Effect.logError(`${own.index} is incomplete from now on, verify it before it is promoted: ${reason}`)
    }
  }
  return true
})
