/** CloudWatch's embedded metric format: what makes metrics of a log line. Pure. */
import type { Measure } from "./measures.ts"
import type { Observations } from "./observe.ts"

/** The namespace of the metrics in CloudWatch. */
const namespace = "tablefold"

/** CloudWatch's own limit for the values of one metric in one line. */
const valuesMax = 100

/** CloudWatch's own limit for the value of a dimension; both names are shorter by AWS's rules. */
const dimensionMax = 1024

/**
 * The fields of a log line that hold the metrics of a batch, or of a run of proof, with `_aws`, which says so.
 * Dimensions are the function and the table; a line has one value for each, so there is none for the aggregate. `now`
 * is in epoch milliseconds.
 */
export const fields = (
  observations: Observations,
  measures: ReadonlyArray<Measure>,
  now: number
): { readonly [field: string]: unknown } => {
  const { function: name, table } = observations.attributes
  const dimensions = Object.entries({ function: name, table }).filter(
    ([, value]) => value !== undefined && value !== "" && value.length <= dimensionMax
  )
  const values = measures.map((measure) => [measure, valueOf(measure, observations)] as const)
  const present = values.filter(([, value]) => value !== undefined)
  const directive = {
    Namespace: namespace,
    Dimensions: [dimensions.map(([name]) => name)],
    Metrics: present.map(([{ field, unit }]) => ({ Name: field, Unit: unit }))
  }
  return {
    ...Object.fromEntries(present.map(([{ field }, value]) => [field, value])),
    ...Object.fromEntries(dimensions),
    _aws: { Timestamp: now, CloudWatchMetrics: [directive] }
  }
}

/** A distribution without values is left out, as a list must have some. */
const valueOf = (measure: Measure, observations: Observations): number | ReadonlyArray<number> | undefined => {
  const values = observations.of(measure)
  if (!measure.isDistribution) return values[0]
  return values.length === 0 ? undefined : sample(values).map(inMilliseconds)
}

const inMilliseconds = (seconds: number): number => Math.round(seconds * 1000) / 1000

/** Of many values as many as a line takes, evenly by rank: the least and the greatest are among them. */
const sample = (values: ReadonlyArray<number>): ReadonlyArray<number> => {
  if (values.length <= valuesMax) return values
  const sorted = values.toSorted((a, b) => a - b)
  return Array.from({ length: valuesMax }, (_, i) => sorted[Math.round((i * (sorted.length - 1)) / (valuesMax - 1))]!)
}
