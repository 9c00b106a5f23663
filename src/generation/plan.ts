/**
 * The change that a definition would make in the generations there are: nothing, fields in place, or a new generation.
 */
import { Effect } from "effect"
import type * as Aggregate from "../define/Aggregate.ts"
import * as Definition from "../define/Definition.ts"
import type { SinkError } from "../sink/Sink.ts"
import { closed } from "../sink/opensearch/errors.ts"
import { type Additions, fit as fitOf, mappingProblem } from "../sink/opensearch/fit.ts"
import { otherSource, ownOf, generationFor, tableOf } from "../sink/opensearch/generationOf.ts"
import { indexProblem } from "../sink/opensearch/indexProblem.ts"
import * as indices from "../sink/opensearch/indices.ts"
import type { Transport } from "../sink/opensearch/Transport.ts"

export type Change =
  /** There is no generation; the first write makes it. */
  | { readonly _tag: "First" }
  | { readonly _tag: "None"; readonly index: string; readonly source: string | undefined }
  /** Fields that the first write adds; documents written before need a repair pass. */
  | ({ readonly _tag: "InPlace"; readonly index: string } & Additions)
  /** Differences from the live generation; `made` is the new one's index where it was made already. */
  | {
      readonly _tag: "NewGeneration"
      readonly index: string
      readonly where: ReadonlyArray<string>
      readonly made: indices.Generation | undefined
    }
  /** The live generation is made from another table, `source`; `made` is this one's, where it was made already. */
  | {
      readonly _tag: "NewSource"
      readonly index: string
      readonly source: string
      readonly made: indices.Generation | undefined
    }
  /** The live generation is written by a newer deployment, or this definition's was dropped. */
  | { readonly _tag: "Outdated"; readonly index: string; readonly reason: string }
  /** Something else stands in the way. */
  | { readonly _tag: "Incompatible"; readonly reason: string }

export interface Plan {
  readonly alias: string
  readonly aggregate: Aggregate.Any
  readonly change: Change
}

/** The plan for each aggregate, for a table if one is given; nothing is changed by it. */
export const plan = (
  aggregates: ReadonlyArray<Aggregate.Any>,
  aliasPrefix: string,
  tableArn?: string
): Effect.Effect<ReadonlyArray<Plan>, SinkError, Transport> =>
  Effect.forEach(aggregates, (aggregate) => {
    const alias = aliasPrefix + aggregate.name
    return indices.list(alias).pipe(
      Effect.map((found): Plan => ({ alias, aggregate, change: changeOf(aggregate, found, tableArn) })),
      Effect.catch((error) =>
        error.reason._tag === "IndexIncompatible"
          ? Effect.succeed<Plan>({ alias, aggregate, change: { _tag: "Incompatible", reason: error.message } })
          : Effect.fail(error)
      )
    )
  })

/** Finds what a definition changes, given the generations of its alias, for a table if one is given. Pure. */
export const changeOf = (
  aggregate: Aggregate.Any,
  found: ReadonlyArray<indices.Generation>,
  tableArn?: string
): Change => {
  const live = found.filter(({ isLive }) => isLive)
  const [only] = live
  if (found.length === 0) return { _tag: "First" }
  if (only === undefined || live.length > 1) {
    const names = (live.length > 1 ? live : found).map(({ index }) => index).join(", ")
    const leads = live.length > 1 ? `leads to several indices: ${names}` : `leads to none of ${names}`
    return { _tag: "Incompatible", reason: `the alias ${leads}` }
  }
  const { description, hash } = Definition.of(aggregate)
  const fit = fitOf(only, description, hash)
  const { index } = only
  if (only.isClosed) return { _tag: "Incompatible", reason: closed(index).message }
  const source = otherSource(only, tableArn)
  if (source !== undefined) {
    const own = generationFor(found, tableArn)
    if (own !== undefined && fitOf(own, description, hash)._tag === "Superseded") return outdated(own.index)
    return { _tag: "NewSource", index, source, made: ownOf(found, hash, tableArn) }
  }
  if (fit._tag === "Current" || fit._tag === "Added") {
    const expected = fit._tag === "Added" ? {} : description.properties
    const problem =
      indexProblem(only.settings, only.mappings, description.properties) ??
      mappingProblem(expected, only.mappings.properties ?? {})
    if (problem !== undefined) return { _tag: "Incompatible", reason: `${index}: ${problem}` }
    if (fit._tag === "Current") return { _tag: "None", index, source: tableOf(only) }
    return { _tag: "InPlace", index, names: fit.names, required: fit.required }
  }
  if (fit._tag === "Superseded") return outdated(index)
  if (fit._tag === "Dropped")
    return { _tag: "Outdated", index, reason: "its index was dropped; raise its revision to make one anew" }
  const made = ownOf(found, hash, tableArn ?? tableOf(only))
  return { _tag: "NewGeneration", index, where: fit.where, made }
}

const outdated = (index: string): Change => ({ _tag: "Outdated", index, reason: "a newer one writes it" })
