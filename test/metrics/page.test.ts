/** The table of metrics in the docs is what the code defines. */
import { assert, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import * as measures from "../../src/metrics/measures.ts"

const kindOf = ({ isDistribution, metric, unit }: measures.Measure): string =>
  metric.type === "Gauge"
    ? unit === "Seconds"
      ? "value, seconds"
      : "value"
    : isDistribution
      ? `distribution, ${unit.toLowerCase()}`
      : unit === "Bytes"
        ? "sum, bytes"
        : "count"

const dimensionsOf = ({ byAggregate }: measures.Measure): string =>
  ["table", ...(byAggregate ? ["aggregate"] : []), "function"].join(", ")

const rows = measures.all.map((measure) => {
  const { description, field, metric } = measure
  return `| \`${metric.id}\` | \`${field}\` | ${kindOf(measure)} | ${dimensionsOf(measure)} | ${description} |`
})

const table = [
  "| Prometheus, OTLP | CloudWatch, log line | kind | dimensions | what it says |",
  "|---|---|---|---|---|",
  ...rows
].join("\n")

it("docs/metrics.md has the table of all metrics", () => {
  const page = readFileSync("docs/metrics.md", "utf8")
  assert.strictEqual(/<!-- metrics: [^]*? -->\n([^]*?)\n?<!-- \/metrics -->/.exec(page)?.[1], table)
})

it("names and fields are each one metric's", () => {
  const count = measures.all.length
  assert.strictEqual(new Set(measures.all.map(({ metric }) => metric.id)).size, count)
  assert.strictEqual(new Set(measures.all.map(({ field }) => field)).size, count)
  assert.strictEqual(Object.values(measures).filter((it) => !Array.isArray(it)).length, count, "all lists each")
})
