/** Metrics and traces to a collector, by Effect's own exporters: OTLP over HTTP, as JSON. */
import { Clock, ConfigProvider, Duration, Effect, Layer, Option } from "effect"
import { FetchHttpClient } from "effect/http"
import { OtlpExporter, OtlpMetrics, OtlpSerialization, OtlpTracer } from "effect/observability"
import * as setting from "../setting.ts"
import { Flush } from "./Flush.ts"

/** A batch waits no longer for its collector than this. */
const flushMax = Duration.seconds(1)

/** The time for which a collector that was too slow is not waited for. */
const pause = Duration.toMillis("1 minute")

const flush = Layer.effect(
  Flush,
  Effect.gen(function* () {
    const exporters = yield* OtlpExporter.Flusher
    let pausedUntil = 0
    return Effect.gen(function* () {
      if ((yield* Clock.currentTimeMillis) < pausedUntil) return
      const done = yield* Effect.timeoutOption(exporters.flush, flushMax)
      if (Option.isNone(done)) pausedUntil = (yield* Clock.currentTimeMillis) + pause
    })
  })
)

/**
 * Both as the standard `OTEL_` variables say, but for their defaults: an endpoint is enough, and the function's name is
 * the service's, its log stream the instance's, as each container counts for itself.
 */
export const layer: Layer.Layer<never, setting.SettingError> = Layer.unwrap(
  Effect.gen(function* () {
    const name = yield* setting.text("AWS_LAMBDA_FUNCTION_NAME")
    const instance = yield* setting.text("AWS_LAMBDA_LOG_STREAM_NAME")
    const resource = instance === undefined ? {} : { attributes: { "service.instance.id": instance } }
    const defaults = ConfigProvider.fromUnknown({
      OTEL_METRICS_EXPORTER: "otlp",
      OTEL_TRACES_EXPORTER: "otlp",
      OTEL_SERVICE_NAME: name ?? "tablefold"
    })
    const environment = ConfigProvider.orElse(yield* ConfigProvider.ConfigProvider, defaults)
    return flush.pipe(
      Layer.provideMerge(
        Layer.mergeAll(OtlpMetrics.layerFromConfig({ resource }), OtlpTracer.layerFromConfig({ resource }))
      ),
      Layer.provide([FetchHttpClient.layer, OtlpSerialization.layerJson, ConfigProvider.layer(environment)])
    )
  })
)
