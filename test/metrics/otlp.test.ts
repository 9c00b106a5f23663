/** What a collector of OTLP gets of a handler's batches: their metrics, and a trace of each with its parts. */
import { assert, describe, it } from "@effect/vitest"
import { afterEach, vi } from "vitest"
import { table } from "../../src/example/table.ts"
import * as Lambda from "../../src/lambda/Lambda.ts"
import * as Metrics from "../../src/metrics/Metrics.ts"
import { logged } from "../lambda/logged.ts"
import { SimulatedOpenSearch } from "../simulate/SimulatedOpenSearch.ts"
import { sink } from "../simulate/transport.ts"
import * as OtlpReceiver from "./OtlpReceiver.ts"
import { profile } from "./records.ts"

const lines = logged()
afterEach(() => void vi.unstubAllEnvs())

const handlerFor = (env: { readonly [name: string]: string }) => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  return Lambda.make(table, { layer: sink(new SimulatedOpenSearch()), telemetry: Metrics.layerOtlp })
}

const valuesOf = (attributes: ReadonlyArray<any>): { readonly [name: string]: unknown } =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))

const spansOf = ({ received }: OtlpReceiver.OtlpReceiver): ReadonlyArray<any> =>
  received
    .filter(({ path }) => path === "/v1/traces")
    .flatMap(({ body }) => body.resourceSpans.flatMap((of: any) => of.scopeSpans.flatMap(({ spans }: any) => spans)))

const withReceiver = async (use: (receiver: OtlpReceiver.OtlpReceiver) => Promise<void>, answers?: boolean) => {
  const receiver = await OtlpReceiver.start(answers)
  await use(receiver).finally(receiver.stop)
}

const root = "5759e988bd862e3fe1be46a994272793"
const header = (sampled: 0 | 1) =>
  `Root=1-5759e988-${root.slice(8)};Parent=53995c3f42cd8ad8;Sampled=${sampled};Lineage=1:a:0`

describe("a collector of OTLP", () => {
  it("has a batch's metrics before its answer, with table, aggregate and function", () =>
    withReceiver(async (receiver) => {
      const name = { AWS_LAMBDA_FUNCTION_NAME: "otlp-search", AWS_LAMBDA_LOG_STREAM_NAME: "2026/11/28/[1]ab" }
      const handler = handlerFor({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, ...name })
      await handler({ Records: [profile(1, "1", 0), profile(2, "2", 0)] })
      await handler({ Records: [profile(3, "1", 0)] })
      const { resourceMetrics } = receiver.received.findLast(({ path }) => path === "/v1/metrics")!.body
      const { resource, scopeMetrics } = resourceMetrics[0]
      assert.include(valuesOf(resource.attributes), {
        "service.name": "otlp-search",
        "service.instance.id": "2026/11/28/[1]ab"
      })
      const metrics: ReadonlyArray<any> = scopeMetrics.flatMap(({ metrics }: any) => metrics)
      const point = (name: string) => {
        const { dataPoints } = Object.values<any>(metrics.find((metric) => metric.name === name)).find(
          (value) => value?.dataPoints !== undefined
        )
        return dataPoints.find(({ attributes }: any) => valuesOf(attributes)["function"] === "otlp-search")
      }
      assert.strictEqual(point("tablefold_documents_written_total").asDouble, 3)
      const { attributes } = point("tablefold_documents_written_total")
      assert.include(valuesOf(attributes), { table: "Shop", aggregate: "users", function: "otlp-search" })
      assert.isAbove(point("tablefold_opensearch_request_seconds").count, 2)
    }))

  it("has a trace of the batch with its parts, in the one that X-Ray samples", () =>
    withReceiver(async (receiver) => {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, _X_AMZN_TRACE_ID: header(1) }
      await handlerFor(env)({ Records: [profile(1, "1", 0)] })
      const spans = spansOf(receiver).filter(({ traceId }) => traceId === root)
      const span = (name: string) => spans.find((span) => span.name === name)
      assert.strictEqual(span("Lambda.invocation").parentSpanId, "53995c3f42cd8ad8")
      assert.strictEqual(span("Pipeline.deliver").parentSpanId, span("Lambda.invocation").spanId)
      assert.strictEqual(span("Sink.write").parentSpanId, span("Pipeline.deliver").spanId)
      const requests = spans.filter(({ parentSpanId }) => parentSpanId === span("Sink.write").spanId)
      const bulk = requests.find(({ name }) => name === "OpenSearch POST _bulk")
      assert.include(valuesOf(bulk.attributes), { "http.request.method": "POST", "http.response.status_code": 200 })
    }))

  it.each([
    ["X-Ray does not sample", header(0)],
    ["has no trace of X-Ray", ""],
    ["has a header that is none", "Root=1-5759e988;Parent=x;Sampled=1"]
  ])("has a trace of its own for a batch that %s", (_, value) =>
    withReceiver(async (receiver) => {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, _X_AMZN_TRACE_ID: value }
      await handlerFor(env)({ Records: [profile(1, "1", 0)] })
      const span = spansOf(receiver).find(({ name }) => name === "Lambda.invocation")
      assert.notStrictEqual(span.traceId, root)
      assert.isUndefined(span.parentSpanId)
    })
  )

  it("that does not answer holds up one batch for a second at most, and the next ones not at all", () =>
    withReceiver(async (receiver) => {
      const handler = handlerFor({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint })
      const settled = { batchItemFailures: [] }
      assert.deepStrictEqual(await handler({ Records: [profile(1, "1", 0)] }), settled)
      const sent = receiver.received.length
      assert.isAbove(sent, 0)
      assert.deepStrictEqual(await handler({ Records: [profile(2, "1", 0)] }), settled)
      assert.lengthOf(receiver.received, sent, "it is left alone for a minute")
    }, false))

  it("must be an address", async () => {
    const handler = handlerFor({ OTEL_EXPORTER_OTLP_ENDPOINT: "collector" })
    const message = await handler({ Records: [] }).catch(String)
    assert.include(message, 'OTEL_EXPORTER_OTLP_ENDPOINT is "collector"; it must be an address like')
    assert.isNotEmpty(lines())
  })
})
