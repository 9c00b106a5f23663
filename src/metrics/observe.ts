/** Observing: a value goes into its metric, for exporters of the process, and among those of the batch at hand. */
import { Context, Effect, Metric } from "effect"
import type { Measure } from "./measures.ts"

/** The values that were observed while one batch was delivered: sums, and the single values of distributions. */
export class Observations {
  private readonly values = new Map<Measure, Array<number>>()
  /** The table and the function, as far as known. */
  attributes: Metric.Metric.AttributeSet = {}

  add(measure: Measure, values: ReadonlyArray<number>): void {
    const known = this.values.get(measure) ?? []
    this.values.set(measure, known)
    for (const value of values) {
      if (measure.isDistribution) known.push(value)
      else known[0] = (known[0] ?? 0) + value
    }
  }

  /** One number for a sum, 0 where nothing was observed. */
  of(measure: Measure): ReadonlyArray<number> {
    return this.values.get(measure) ?? (measure.isDistribution ? [] : [0])
  }
}

/** The observations of the batch at hand; `undefined` where nobody asks for them. */
export const Observed = Context.Reference<Observations | undefined>("tablefold/metrics/Observed", {
  defaultValue: () => undefined
})

/** Observes values of a metric, of one aggregate's documents where it is kept by that. */
export const observe = (measure: Measure, values: ReadonlyArray<number>, aggregate?: string): Effect.Effect<void> =>
  Effect.map(Effect.context<never>(), (context) => {
    const attributes = Context.get(context, Metric.CurrentMetricAttributes)
    const own =
      aggregate === undefined
        ? context
        : Context.add(context, Metric.CurrentMetricAttributes, { ...attributes, aggregate })
    for (const value of values) measure.metric.updateUnsafe(value, own)
    const observed = Context.get(context, Observed)
    if (observed === undefined) return
    observed.add(measure, values)
    observed.attributes = attributes
  })

/** Observes within a table or a function: each is a dimension of all that is observed. */
export const ofDimensions =
  (attributes: { readonly table?: string | undefined; readonly function?: string | undefined }) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
    const named = Object.entries(attributes).filter((pair): pair is [string, string] => pair[1] !== undefined)
    return Effect.updateService(effect, Metric.CurrentMetricAttributes, (outer) => ({
      ...outer,
      ...Object.fromEntries(named)
    }))
  }
