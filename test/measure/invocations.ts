/**
 * What an invocation of the example's bundle takes by the changes it brings: `node test/measure/invocations.ts`. Under
 * Lambda's Runtime API and against a real OpenSearch on this machine, or the one of OPENSEARCH_NODE; each container
 * takes 300 events of orders that it knows, and the last 200 count. Then what that makes in a month, by the prices of
 * `docs/production.md`.
 */
import { Effect } from "effect"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Servers from "../../src/local/Servers.ts"
import { median } from "../bench/statistics.ts"
import { make } from "../bench/workload.ts"
import { bundle } from "../example/bundleLambda.ts"
import * as LambdaRuntime from "../servers/LambdaRuntime.ts"

const sizes = [1, 10, 100, 1000]
const events = 300
const warm = 100

const measure = async (node: string, file: string, size: number) => {
  const workload = make({ name: "", orders: 500, rows: 12, changes: events * size, batchSize: size, burst: 6 })
  const prefix = `invocations-${process.pid}-${size}-`
  const container = await LambdaRuntime.start({
    file,
    env: { OPENSEARCH_NODE: node, OPENSEARCH_ALIAS_PREFIX: prefix }
  })
  for (const { event } of workload.before) await container.invoke(JSON.stringify(event))
  const found: Array<{ readonly cpu: number; readonly wall: number }> = []
  let last: LambdaRuntime.Usage | undefined
  for (const { event } of workload.round(0)) {
    const text = JSON.stringify(event)
    const begun = performance.now()
    const now = await container.invoke(text)
    const wall = performance.now() - begun
    if (last !== undefined) found.push({ cpu: now.cpuMillis - last.cpuMillis, wall })
    last = now
  }
  const logBytes = Buffer.byteLength(container.log().at(-1) ?? "")
  await container.end()
  await fetch(`${node}/${prefix}*`, { method: "DELETE" })
  const counted = found.slice(warm)
  const cpu = counted.reduce((sum, one) => sum + one.cpu, 0) / counted.length
  return { size, cpu, wall: median(counted.map(({ wall }) => wall)), logBytes }
}

await Effect.gen(function* () {
  const node = process.env["OPENSEARCH_NODE"] ?? (yield* Servers.openSearch()).node
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "tablefold-invocations-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true }))
  )
  const { file } = yield* Effect.promise(() => bundle("src/example/lambda.ts", folder))
  for (const size of sizes) {
    const { cpu, logBytes, wall } = yield* Effect.promise(() => measure(node, file, size))
    // Lambda gives 512 MB a share of 512/1769 of a processor: what is not waiting takes that much longer.
    const millis = Math.max(0, wall - cpu) + (cpu * 1769) / 512
    const gigabyteSeconds = (millis / 1000) * 0.5
    const dollars = gigabyteSeconds * 0.0000133334 + 0.2 / 1e6 + (logBytes / 1e9) * 0.5
    const cells = [
      `${size} changes`.padEnd(13),
      `${cpu.toFixed(2)} ms CPU`,
      `${wall.toFixed(2)} ms`,
      `${millis.toFixed(1)} ms at 512 MB`,
      `${logBytes} bytes of log`,
      `$${(dollars * 1e6).toFixed(2)} a million invocations`
    ]
    process.stdout.write(`${cells.join("  ")}\n`)
  }
}).pipe(Effect.scoped, Effect.runPromise)
process.exit(0)
