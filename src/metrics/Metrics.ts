/** Ways on which the metrics of a process leave it. */
import { Effect, Layer } from "effect"
import * as setting from "../setting.ts"

/**
 * Metrics and traces by OTLP over HTTP, as JSON, to the collector that `OTEL_EXPORTER_OTLP_ENDPOINT` names, as the
 * standard `OTEL_` variables say; nothing, and nothing is loaded, where it is not set.
 */
export const layerOtlp: Layer.Layer<never, setting.SettingError> = Layer.unwrap(
  Effect.gen(function* () {
    const endpoint = yield* setting.text("OTEL_EXPORTER_OTLP_ENDPOINT")
    if (endpoint === undefined) return Layer.empty
    if (!URL.canParse(endpoint)) {
      const message = `OTEL_EXPORTER_OTLP_ENDPOINT is "${endpoint}"; it must be an address like http://localhost:4318`
      return yield* new setting.SettingError({ message })
    }
    const { layer } = yield* Effect.promise(() => import("./otlp.ts"))
    return layer
  })
)

/** The metrics of this process in Prometheus' text format, for an endpoint of your own. */
export const prometheus: Effect.Effect<string> = Effect.flatMap(
  // With it Effect's HTTP modules are loaded, which most programs don't need.
  Effect.promise(() => import("./prometheus.ts")),
  ({ text }) => text
)
