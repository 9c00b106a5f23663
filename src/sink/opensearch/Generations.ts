/**
 * Finds the generation an aggregate is written to, makes the first one, and checks that it is as the definition says.
 * A check is remembered for a time, so that a new generation is noticed and nobody asks before each write.
 */
import { Clock, Duration, Effect } from "effect"
import * as Definition from "../../define/Definition.ts"
import type { Shape } from "../../define/Shape.ts"
import { Misconfigured, type Origin, SinkError } from "../Sink.ts"
import * as indices from "./indices.ts"
import * as Meta from "./Meta.ts"
import type { Transport } from "./Transport.ts"

/** Where an aggregate is written. */
export interface Target {
  readonly index: string
  readonly writeAlias: string
  readonly meta: Meta.Meta
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
  /** As the sink's `leaveOut`. */
  readonly leaveOut: (
    shape: Shape,
    beside: Shape | undefined,
    reason: string
  ) => Effect.Effect<boolean, never, Transport>
}

export const make = ({ aliasPrefix, checkEvery }: Options): Generations => {
  const checked = new Map<Shape, { readonly target: Target; readonly until: number }>()
  const dropped = new Set<Shape>()
  const told = new Set<string>()
  return {
    target: Effect.fnUntraced(function* (shape, origins) {
      const now = yield* Clock.currentTimeMillis
      const alias = aliasPrefix + shape.aggregate.name
      const lookNow = Effect.tapError(look(shape, alias), ({ reason }) =>
        Effect.sync(() => void (reason._tag === "IndexUnfit" && reason.isDropped && dropped.add(shape)))
      )
      dropped.delete(shape)
      const known = checked.get(shape)
      const holds = known !== undefined && known.until > now
      let target = holds ? known.target : yield* lookNow
      if (!told.has(target.writeAlias)) yield* tellIfNew(target, alias, now)
      told.add(target.writeAlias)
      let source = yield* sourceOf(target, origins)
      if (source !== target.meta.source) {
        // What is remembered may lack marks that others have put into `_meta` since, and it is written as a whole.
        if (holds) target = yield* lookNow
        source = yield* sourceOf(target, origins)
        target = { ...target, meta: { ...target.meta, source } }
        yield* Effect.tapError(indices.putMeta(target.index, target.meta), ({ reason }) =>
          Effect.sync(() => void (reason._tag === "IndexMissing" && checked.delete(shape)))
        )
      }
      checked.set(shape, { target, until: holds ? known.until : now + Duration.toMillis(checkEvery) })
      return target
    }),
    forget: (shape) => void checked.delete(shape),
    leaveOut: (shape, beside, reason) => {
      if (dropped.has(shape)) return Effect.succeed(true)
      if (beside === undefined) return Effect.succeed(false)
      const left = leaveOut(shape, beside, aliasPrefix + shape.aggregate.name, reason)
      return Effect.orElseSucceed(left, () => false)
    }
  }
}

/** The source of a generation once records of these origins are in it; fails where they don't fit. */
const sourceOf = ({ meta }: Target, origins: ReadonlyArray<Origin>) => {
  const found = Meta.checkOrigins(meta, origins)
  return "problem" in found
    ? Effect.fail(new SinkError({ reason: new Misconfigured({ message: found.problem }) }))
    : Effect.succeed(found.source)
}

const leaveOut = Effect.fnUntraced(function* (shape: Shape, beside: Shape, alias: string, reason: string) {
  const found = yield* indices.list(alias)
  const live = found.filter(({ isLive }) => isLive)
  if (live.length !== 1 || live[0]!.meta.current !== Definition.of(beside.aggregate).hash) return false
  const { hash } = Definition.of(shape.aggregate)
  const own = found.find(({ isLive, meta }) => !isLive && meta.current === hash)
  if (own !== undefined && own.meta.incomplete === undefined) {
    const at = yield* Clock.currentTimeMillis
    yield* indices.putMeta(own.index, { ...own.meta, incomplete: { at, reason } })
    yield* Effect.logError(`${own.index} is incomplete from now on, verify it before it is promoted: ${reason}`)
  }
  return true
})

/**
 * Says that a generation is new and not filled. Who made it may not know: its request's answer was lost, or its process
 * ended. So each process says it once that finds one within a day, as long as a stream keeps its records.
 */
const tellIfNew = ({ index, meta }: Target, alias: string, now: number): Effect.Effect<void> => {
  if (meta.filled || now - meta.createdAt > Duration.toMillis(Duration.days(1))) return Effect.void
  const at = new Date(meta.createdAt).toISOString()
  return Effect.logInfo(
    `index ${index} behind alias ${alias} was made at ${at}; if the table has older rows, a backfill is due`
  )
}

const look = Effect.fnUntraced(function* (shape: Shape, alias: string) {
  let found = yield* indices.list(alias)
  if (found.length === 0) {
    yield* indices.create(shape.aggregate, alias, 1, true)
    found = yield* indices.list(alias)
  }
  const { description, hash } = Definition.of(shape.aggregate)
  const own = found.find(({ meta }) => meta.current === hash)
  const live = found.filter(({ isLive }) => isLive)
  if (live.length === 0) {
    const names = found.map(({ index }) => index).join(", ")
    return yield* indices.unfit(
      `alias "${alias}" is gone, but ${names || "an index of its name"} is there: add the alias again`
    )
  }
  if (own === undefined && live.length > 1) {
    return yield* indices.unfit(
      `alias "${alias}" leads to several indices: ${live.map(({ index }) => index).join(", ")}`
    )
  }
  return yield* fitted(own ?? live[0]!, alias, description, hash)
})

/** The generation as a target, fields that were only added put into it; fails where the definition does not fit. */
const fitted = Effect.fnUntraced(function* (
  { index, mappings, meta, settings }: indices.Generation,
  alias: string,
  description: Definition.Description,
  hash: string
) {
  const fit = Meta.fit(meta, description, hash)
  if (fit._tag === "Superseded") {
    return yield* indices.unfit(
      `a deployment with a newer definition (${meta.current}) writes "${alias}"; this one is ${hash}`
    )
  }
  if (fit._tag === "Dropped") {
    return yield* indices.unfit(`the generation of this definition (${hash}) of "${alias}" was dropped`, true)
  }
  if (fit._tag === "Differs") {
    return yield* indices.unfit(`"${alias}" has another definition: ${fit.where.join(", ")}. Run \`tablefold plan\``)
  }
  const problem =
    settingsProblem(settings, mappings._source) ??
    Meta.mappingProblem(fit._tag === "Added" ? {} : description.properties, mappings.properties ?? {})
  if (problem !== undefined) {
    return yield* indices.unfit(`index "${index}" behind alias "${alias}" does not fit: ${problem}`)
  }
  if (fit._tag === "Current") return { index, writeAlias: meta.writeAlias, meta }
  const accepted = Meta.accept(meta, description, hash)
  yield* indices.putMeta(index, accepted, fit.properties)
  const refused = Meta.requiredInWords(fit)
  yield* Effect.logInfo(
    `added ${fit.names.join(", ")} to ${index}; documents written before need a repair pass` +
      (refused === undefined ? "" : `; ${refused}`)
  )
  return { index, writeAlias: meta.writeAlias, meta: accepted }
})

/** Cluster templates can change what an index is made with; these changes would lose data or alter documents. */
const settingsProblem = (settings: indices.Generation["settings"], source: unknown): string | undefined => {
  const index = settings["index"] ?? {}
  if ((source as { readonly enabled?: unknown } | undefined)?.enabled === false) return "its _source is off"
  const pipeline = index.default_pipeline
  if (pipeline !== undefined && pipeline !== "_none") return `its default_pipeline is "${pipeline}", must be _none`
  if (index.translog?.durability === "async") return "its translog durability is async, must be request"
  return undefined
}
