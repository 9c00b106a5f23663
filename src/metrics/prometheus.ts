/** Prometheus' text format, by Effect's own formatter. */
import type { Effect } from "effect"
import { PrometheusMetrics } from "effect/observability"

/** The metrics of this process as text. */
export const text: Effect.Effect<string> = PrometheusMetrics.format()
