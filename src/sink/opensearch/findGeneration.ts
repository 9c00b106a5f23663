/**
 * Finds the generation that a definition is written to for a table, as it is at this moment: makes the first one,
 * notices what happened to the index, adds fields in place, and fails with the reason where the definition may not be
 * written.
 */
import { Clock, Duration, Effect } from "effect"
import * as Definition from "../../define/Definition.ts"
import type { Shape } from "../../define/Shape.ts"
import type { SinkError } from "../Sink.ts"
import { closed, incompatible, wrongSource } from "./errors.ts"
import { type Additions, fit, mappingProblem, requiredInWords } from "./fit.ts"
import { ownOf, generationFor, tableOf } from "./generationOf.ts"
import { indexProblem } from "./indexProblem.ts"
import * as indices from "./indices.ts"
import * as State from "./State.ts"
import type { Transport } from "./Transport.ts"

/** The definition's own generation for a table, beside the one that readers see and the number of the newest. */
export interface Found {
  /** The table that was asked for. */
  readonly tableArn: string | undefined
  readonly generation: indices.Generation
  readonly live: indices.Generation
  readonly newest: number
}

/** The generation that an aggregate's rows of a table are written to, behind an alias. */
export const findGeneration = Effect.fnUntraced(function* (
  shape: Shape,
  alias: string,
  tableArn: string | undefined
): Effect.fn.Return<Found, SinkError, Transport> {
  let found = yield* indices.list(alias)
  if (found.length === 0) {
    yield* indices.create(shape.aggregate, alias, { number: 1, isLive: true })
    found = yield* indices.list(alias)
  }
  const definition = Definition.of(shape.aggregate)
  const own = ownOf(found, definition.hash, tableArn)
  const [live, ...others] = found.filter(({ isLive }) => isLive)
  if (live === undefined) {
    const names = found.map(({ index }) => index).join(", ")
    return yield* incompatible(
      `alias "${alias}" is gone, but ${names || "an index of its name"} is there: add the alias again`
    )
  }
  if (own === undefined && others.length > 0) {
    const names = [live, ...others].map(({ index }) => index).join(", ")
    return yield* incompatible(`alias "${alias}" leads to several indices: ${names}`)
  }
  const standing = own ?? generationFor(found, tableArn)
  if (standing === undefined) return yield* wrongSource(State.otherTable(tableArn!, tableOf(live)!))
  const generation = yield* fitted(standing, definition, alias)
  return { tableArn, generation, live, newest: found.at(-1)!.number }
})

/** A generation that is older than this and has no state lost it: who makes one writes its state next. */
const stateWithin = Duration.toMillis("5 minutes")

/** Writes down which index this is; of one that was restored or replaced since, that a verification is due. */
const identified = Effect.fnUntraced(function* (generation: indices.Generation) {
  const { identity, index, meta, stored } = generation
  if (stored?.state.identity === identity) return generation
  const now = yield* Clock.currentTimeMillis
  const isLost = stored === undefined && now - meta.createdAt > stateWithin
  const next = yield* indices.update(generation, (state) =>
    isLost && state.marks === 0
      ? State.mark(state, "verificationDue", now, "its state document was gone")
      : State.identified(state, identity, now)
  )
  const due = next.state.verificationDue
  if (due !== undefined && due.number !== stored?.state.verificationDue?.number) {
    yield* Effect.logError(`a verification of ${index} is due (tablefold verify): ${due.reason}`)
  }
  return next
})

const addedInWords = (found: Additions, index: string): string => {
  if (found.names.length === 0) return `${index} goes on, with subfields that the definition does not name`
  const added = `added ${found.names.join(", ")} to ${index}; documents written before need a repair pass`
  return [added, requiredInWords(found) ?? []].flat().join("; ")
}

/** The generation, fields that were only added put into it; fails where the definition does not fit. */
const fitted: (
  generation: indices.Generation,
  { description, hash }: { readonly description: Definition.Description; readonly hash: string },
  alias: string
) => Effect.Effect<indices.Generation, SinkError, Transport> = Effect.fnUntraced(
  function* (generation, definition, alias) {
    const { description, hash } = definition
    const { index, isClosed, mappings, meta, settings, state } = generation
    if (isClosed) return yield* closed(index)
    const found = fit(generation, description, hash)
    if (found._tag === "Superseded") {
      return yield* incompatible(
        `a deployment with a newer definition (${state.current}) writes "${alias}"; this one is ${hash}`
      )
    }
    if (found._tag === "Dropped") {
      return yield* incompatible(
        `the generation of this definition (${hash}) of "${alias}" was dropped, and readers see ${index}: deploy the ` +
          `definition that writes that one (${state.current}), or raise the revision and run \`tablefold rebuild\``
      )
    }
    if (found._tag === "Differs") {
      return yield* incompatible(`"${alias}" has another definition: ${found.where.join(", ")}. Run \`tablefold plan\``)
    }
    const problem =
      indexProblem(settings, mappings, description.properties) ??
      mappingProblem(found._tag === "Added" ? {} : description.properties, mappings.properties ?? {})
    if (problem !== undefined) {
      return yield* incompatible(`index "${index}" behind alias "${alias}" does not fit: ${problem}`)
    }
    if (found._tag === "Current") return yield* identified(generation)
    const limits = Definition.limitsOf(description)
    if (Definition.canonical(limits) !== Definition.canonical(Definition.limitsOf(State.descriptionOf(meta, state)))) {
      yield* indices.setSettings(generation, limits)
    }
    yield* indices.addFields(generation, found.properties)
    const next = yield* indices.update(generation, (state) => {
      if (fit({ ...generation, state }, description, hash)._tag !== "Added") return state
      // The index has still the former one (`refreshInterval.ts`).
      const former = State.descriptionOf(generation.meta, state)
      return State.accept(generation.meta, state, Definition.withRefreshIntervalOf(description, former), hash)
    })
    yield* Effect.logInfo(addedInWords(found, index))
    const mapped = { ...next, mappings: { ...mappings, properties: { ...mappings.properties, ...found.properties } } }
    return yield* fitted(mapped, definition, alias)
  }
)
