/** Observing: a value goes into its metric, for exporters of the process, and among those of the batch at hand. */
import { Context, Effect, Metric } from "effect"
import { memo } from "../memo.ts"
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

/** Values of a metric, of one aggregate's documents where it is kept by that. */
export type Values = readonly [measure: Measure, values: ReadonlyArray<number>, aggregate?: string | undefined]

/** Observes some metrics at once. */
export const observe = (...all: ReadonlyArray<Values>): Effect.Effect<void> =>
  Effect.map(Effect.context<never>(), (context) => {
    const attributes = Context.get(context, Metric.CurrentMetricAttributes)
    const observed = Context.get(context, Observed)
    if (observed !== undefined) observed.attributes = attributes
    for (const [measure, values, aggregate] of all) {
      const own =
        aggregate === undefined
          ? context
          : Context.add(context, Metric.CurrentMetricAttributes, extended(attributes, "aggregate", aggregate))
      for (const value of values) measure.metric.updateUnsafe(value, own)
      observed?.add(measure, values)
    }
  })

/** Observes within a table or a function: each is a dimension of all that is observed. */
export const ofDimensions =
  (dimensions: { readonly table?: string | undefined; readonly function?: string | undefined }) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.updateService(effect, Metric.CurrentMetricAttributes, (outer) =>
      Object.entries(dimensions).reduce(
        (attributes, [name, value]) => (value === undefined ? attributes : extended(attributes, name, value)),
        outer
      )
    )

const extensions = memo((_attributes: Metric.Metric.AttributeSet) => new Map<string, Metric.Metric.AttributeSet>())

/** Attributes and one more: the same object each time, as a metric makes its key anew for another one. */
const extended = (attributes: Metric.Metric.AttributeSet, name: string, value: string) => {
  const known = extensions(attributes)
  const key = `${name} ${value}`
  const found = known.get(key) ?? { ...attributes, [name]: value }
  known.set(key, found)
  return found
}
