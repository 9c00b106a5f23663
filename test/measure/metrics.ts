/**
 * The CPU time that metrics take of a batch: `node test/measure/metrics.ts`. Eleven pairs of runs in turn, each a
 * process of its own with an OpenSearch in memory: metrics in the log line beside none, and OTLP beside that. With the
 * root of another checkout its handler is the one without.
 */
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import * as OtlpReceiver from "../metrics/OtlpReceiver.ts"
import { profile } from "../metrics/records.ts"

const pairs = 11
const [first, size = "100", mode = ""] = process.argv.slice(2)
const here = join(import.meta.dirname, "../..")

const runOnce = async (root: string, size: number) => {
  const load = (path: string) => import(join(root, path))
  const { make } = await load("src/lambda/Lambda.ts")
  const { table } = await load("src/example/table.ts")
  const { sink } = await load("test/simulate/transport.ts")
  const { SimulatedOpenSearch } = await load("test/simulate/SimulatedOpenSearch.ts")
  const receiver = mode === "otlp" ? await OtlpReceiver.start() : undefined
  if (receiver !== undefined) process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.endpoint
  const telemetry = mode === "otlp" ? { telemetry: (await load("src/metrics/Metrics.ts")).layerOtlp } : {}
  const handler = make(table, { layer: sink(new SimulatedOpenSearch()), emf: mode !== "none", ...telemetry })
  const batch = (i: number) => ({
    Records: Array.from({ length: size }, (_, j) => profile(i * size + j + 1, `${j}`, 1_700_000_000_000))
  })
  const count = Math.round(20_000 / (size + 20))
  for (let i = 0; i < count; i++) await handler(batch(i))
  const before = process.cpuUsage()
  for (let i = 0; i < count; i++) await handler(batch(count + i))
  const { system, user } = process.cpuUsage(before)
  process.stderr.write(`${(system + user) / count}`)
  process.exit(0)
}

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

const microsOf = (root: string, size: number, mode: string): number => {
  const args = [import.meta.filename, root, String(size), mode]
  const { stderr } = spawnSync(process.execPath, args, { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] })
  return Number(stderr)
}

const compare = (name: string, size: number, without: () => number, with_: () => number) => {
  const found = Array.from({ length: pairs }, () => [without(), with_()] as const)
  const before = median(found.map(([a]) => a))
  const more = median(found.map(([a, b]) => b - a))
  const share = ((100 * more) / before).toFixed(1)
  process.stdout.write(`${name}, ${size} changes: ${before.toFixed(0)} µs, ${more.toFixed(0)} more (${share} %)\n`)
}

if (mode !== "") await runOnce(first!, Number(size))
const other = first ?? here
const sizes = [100, 1]
for (const size of sizes) {
  compare(
    "log line",
    size,
    () => microsOf(other, size, "none"),
    () => microsOf(here, size, "emf")
  )
}
for (const size of sizes) {
  compare(
    "OTLP",
    size,
    () => microsOf(here, size, "emf"),
    () => microsOf(here, size, "otlp")
  )
}
