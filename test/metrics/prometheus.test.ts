/** The metrics as Prometheus reads them; its own tool finds nothing wrong with them, where it is installed. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric } from "effect"
import { spawnSync } from "node:child_process"
import * as measures from "../../src/metrics/measures.ts"
import * as Metrics from "../../src/metrics/Metrics.ts"
import { observe, ofDimensions } from "../../src/metrics/observe.ts"

const hasPromtool = spawnSync("promtool", ["--version"]).error === undefined

const text = Effect.gen(function* () {
  for (const measure of measures.all) {
    yield* observe([measure, [0.25, 3, 100], measure.byAggregate ? 'a "name"\\' : undefined])
  }
  return yield* Metrics.prometheus
}).pipe(ofDimensions({ table: "Shop" }), Effect.provideService(Metric.MetricRegistry, new Map()))

describe("Metrics.prometheus", () => {
  it.effect("has each metric with its help, its type and its dimensions", () =>
    Effect.gen(function* () {
      const lines = (yield* text).split("\n")
      for (const { description, isDistribution, metric } of measures.all) {
        assert.include(lines, `# HELP ${metric.id} ${description}`)
        assert.include(lines, `# TYPE ${metric.id} ${isDistribution ? "histogram" : metric.type.toLowerCase()}`)
      }
      assert.include(lines, 'tablefold_changes_received_total{table="Shop"} 103.25')
      assert.include(lines, 'tablefold_documents_written_total{table="Shop",aggregate="a \\"name\\"\\\\"} 103.25')
      assert.include(lines, 'tablefold_delay_seconds_bucket{table="Shop",le="5"} 2')
    })
  )

  it.effect.skipIf(!hasPromtool)("passes promtool", () =>
    Effect.gen(function* () {
      const { status, stderr, stdout } = spawnSync("promtool", ["check", "metrics"], {
        input: yield* text,
        encoding: "utf8"
      })
      assert.deepStrictEqual([status, stdout, stderr], [0, "", ""])
    })
  )
})
