/** The metrics of the pipeline, each defined once: name, unit, dimensions. `docs/metrics.md` has them as a table. */
import { Metric } from "effect"

export interface Measure {
  /** Named as in Prometheus and OTLP. */
  readonly metric: Metric.Metric<number, unknown>
  /** The field of a batch's log line that holds it, and its name in CloudWatch. */
  readonly field: string
  readonly unit: "Count" | "Bytes" | "Seconds"
  /** Tells whether single values count, and not their sum alone. */
  readonly isDistribution: boolean
  /** Tells whether it is kept for each aggregate, too, where exporters can. */
  readonly byAggregate: boolean
  readonly description: string
}

const count = (
  name: string,
  field: string,
  description: string,
  { byAggregate = false, unit = "Count" }: Partial<Pick<Measure, "byAggregate" | "unit">> = {}
): Measure => ({
  metric: Metric.counter(`tablefold_${name}_total`, {
    description,
    incremental: true,
    attributes: { unit: unit === "Bytes" ? "By" : "1" }
  }),
  field,
  unit,
  isDistribution: false,
  byAggregate,
  description
})

/** A distribution of durations in seconds; `boundaries` are those of its buckets. */
const seconds = (name: string, field: string, description: string, boundaries: ReadonlyArray<number>): Measure => ({
  metric: Metric.histogram(`tablefold_${name}_seconds`, { description, boundaries, attributes: { unit: "s" } }),
  field,
  unit: "Seconds",
  isDistribution: true,
  byAggregate: false,
  description
})

/** A value as it is by now; the last one counts. */
const now = (name: string, field: string, description: string, unit: "Count" | "Seconds" = "Count"): Measure => ({
  metric: Metric.gauge(`tablefold_${name}`, { description, attributes: { unit: unit === "Seconds" ? "s" : "1" } }),
  field,
  unit,
  isDistribution: false,
  byAggregate: false,
  description
})

const byAggregate = { byAggregate: true }

export const received = count("changes_received", "received", "Changes of rows that came in, again each time")
export const unclaimed = count("changes_unclaimed", "unclaimed", "Changes of rows that no definition claims")
export const written = count("documents_written", "written", "Documents written", byAggregate)
export const unchanged = count(
  "documents_unchanged",
  "unchanged",
  "Documents that had all of their changes already",
  byAggregate
)
export const conflicts = count("conflicts", "conflicts", "Times that somebody else had written a document first")
export const refused = count(
  "refused",
  "refused",
  "Changes that can't be decoded, and documents that can't be written as they are"
)
export const deadLettered = count("dead_lettered", "deadLettered", "Changes that dead letters stand for")
export const unacknowledged = count("changes_unacknowledged", "unacknowledged", "Changes that must come again")
export const retries = count("retries", "retries", "Documents put back to be tried again after a wait")
export const delay = seconds(
  "delay",
  "delaySeconds",
  "From a change to the end of its batch's write, for each change that is settled",
  [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400]
)
export const requests = count("opensearch_requests", "requests", "Requests to OpenSearch")
export const sentBytes = count("opensearch_sent_bytes", "sentBytes", "Bytes of the requests' bodies", { unit: "Bytes" })
export const requestTime = seconds(
  "opensearch_request",
  "requestSeconds",
  "From a request to OpenSearch to its answer, or to its end without one",
  [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
)
export const cacheHits = count("cache_hits", "cacheHits", "Documents that were known and need not be read")
export const cacheMisses = count("cache_misses", "cacheMisses", "Documents that were read before they were written")

/** Metrics of a batch, in the order of the data's way. */
export const ofBatch: ReadonlyArray<Measure> = [
  received,
  unclaimed,
  written,
  unchanged,
  conflicts,
  refused,
  deadLettered,
  unacknowledged,
  retries,
  delay,
  requests,
  sentBytes,
  requestTime,
  cacheHits,
  cacheMisses
]

export const proofAge = now(
  "proof_age_seconds",
  "proofAgeSeconds",
  "The time since the oldest part of table or index was last compared, or waits to be",
  "Seconds"
)
export const proven = now("documents_proven", "proven", "Documents that were as the table has them when last compared")
export const wrong = now(
  "documents_wrong",
  "wrong",
  "Documents that are not as the table has them, seen past the stream"
)
export const differing = now("documents_differing", "differing", "Documents that differ, and the stream may be why")
export const refusedAggregates = now(
  "aggregates_refused",
  "refusedAggregates",
  "Aggregates with rows that can't be written as they are, when last compared"
)
export const repaired = count("documents_repaired", "repaired", "Documents that a run of proof put right")
export const rowsCompared = count("proof_rows", "rowsCompared", "Rows of the table that a run of proof compared")
export const documentsCompared = count(
  "proof_documents",
  "documentsCompared",
  "Documents of the index that a run of proof compared"
)
export const readUnits = count("proof_read_units", "readUnits", "Read units that a run of proof took")

/** Metrics of a run of proof. */
export const ofProof: ReadonlyArray<Measure> = [
  proofAge,
  proven,
  wrong,
  differing,
  refusedAggregates,
  repaired,
  rowsCompared,
  documentsCompared,
  readUnits,
  requests
]

/** All of them. */
export const all: ReadonlyArray<Measure> = [...new Set([...ofBatch, ...ofProof])]
