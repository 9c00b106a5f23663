/**
 * How long a function takes from the start of its process to the end of its first invocation. The example's bundle,
 * under Lambda's Runtime API and against a real OpenSearch, beside a bare handler that posts one bulk, and one that
 * does so by the official client. In alternating rounds; medians. With OPENSEARCH_NODE it uses that server.
 */
import { Effect } from "effect"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Servers from "../../src/local/Servers.ts"
import { bundle } from "../example/bundleLambda.ts"
import { readFlags } from "../flags.ts"
import * as LambdaRuntime from "../servers/LambdaRuntime.ts"
import { median } from "./statistics.ts"
import { make } from "./workload.ts"

const usage = `node test/bench/start.ts [options]: from a process's start to its first answer

  --rounds N  rounds (21)
  --json      prints JSON alone`

const flags = readFlags(usage, {
  rounds: { type: "string", default: "21" },
  json: { type: "boolean", default: false }
})
const rounds = Number(flags.rounds)
const run = `start-${process.pid}-`

/** Orders as they arrive: each event is one batch of changes to rows whose documents are there already. */
const workload = make({ name: "", orders: 500, rows: 12, changes: 6000, batchSize: 100, burst: 6 })

interface Contender {
  readonly name: string
  readonly input: string
  readonly env?: { readonly [name: string]: string }
}

const signed = {
  OPENSEARCH_AUTH: "sigv4",
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "bench",
  AWS_SECRET_ACCESS_KEY: "bench"
}

const example = "src/example/lambda.ts"
const contenders: ReadonlyArray<Contender> = [
  { name: "bare", input: "test/bench/startBare.ts" },
  { name: "client", input: "test/bench/startClient.ts" },
  { name: "handler", input: example },
  // The queue is asked for nothing, as nothing is refused.
  {
    name: "handler, dead letters",
    input: example,
    env: { DEAD_LETTER_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/1/q" }
  },
  { name: "handler, signed", input: example, env: signed }
]

interface Start {
  readonly init: LambdaRuntime.Usage
  readonly first: LambdaRuntime.Usage
  readonly second: LambdaRuntime.Usage
}

const startOnce = async (file: string, env: { readonly [name: string]: string }, events: readonly [string, string]) => {
  const container = await LambdaRuntime.start({ file, env })
  try {
    const init = await container.ready
    const first = await settled(container, events[0])
    return { init, first, second: await settled(container, events[1]) } satisfies Start
  } finally {
    await container.end()
  }
}

const settled = async (container: LambdaRuntime.Container, event: string) => {
  const answer = await container.invoke(event)
  const { batchItemFailures } = answer.value as { readonly batchItemFailures: ReadonlyArray<unknown> }
  if (batchItemFailures.length > 0) throw new Error("the handler left something unacknowledged")
  return answer
}

const summary = (starts: ReadonlyArray<Start>) => {
  const of = (pick: (start: Start) => number) => Math.round(median(starts.map(pick)) * 10) / 10
  return {
    initMillis: of(({ init }) => init.millis),
    firstMillis: of(({ first }) => first.millis),
    firstCpuMillis: of(({ first }) => first.cpuMillis),
    secondMillis: of(({ first, second }) => second.millis - first.millis),
    secondCpuMillis: of(({ first, second }) => second.cpuMillis - first.cpuMillis),
    rssMiB: of(({ second }) => second.rssBytes / 2 ** 20)
  }
}

const measure = async (node: string, folder: string) => {
  const prepared = await Promise.all(
    contenders.map(async ({ env, input, name }, i) => {
      const { bytes, file, files, gzipBytes, gzipBytesAtStart } = await bundle(input, join(folder, String(i)))
      const size = { files, bytes, gzipBytes, gzipBytesAtStart }
      const own = { OPENSEARCH_NODE: node, OPENSEARCH_ALIAS_PREFIX: `${run}${i}-`, BENCH_INDEX: `${run}${i}-bare` }
      return { name, file, size, env: { ...own, ...env }, starts: new Array<Start>() }
    })
  )
  const mappings = { dynamic: false }
  for (const { env } of prepared.slice(0, 2)) {
    const headers = { "content-type": "application/json" }
    await fetch(`${node}/${env.BENCH_INDEX}`, { method: "PUT", headers, body: JSON.stringify({ mappings }) })
  }
  const before = workload.before.map(({ event }) => JSON.stringify(event))
  for (const { env, file } of prepared) {
    const container = await LambdaRuntime.start({ file, env })
    for (const event of before) await settled(container, event)
    await container.end()
  }
  const batches = [0, 1].flatMap((round) => workload.round(round)).map(({ event }) => JSON.stringify(event))
  for (let round = 0; round <= rounds; round++) {
    const events = [batches[round * 2]!, batches[round * 2 + 1]!] as const
    for (const { env, file, starts } of prepared) {
      const start = await startOnce(file, env, events)
      if (round > 0) starts.push(start)
    }
  }
  await fetch(`${node}/${run}*`, { method: "DELETE" })
  return prepared.map(({ name, size, starts }) => ({ name, ...size, ...summary(starts) }))
}

const show = (results: Awaited<ReturnType<typeof measure>>) => {
  const bare = results[0]!
  console.log(`medians of ${rounds} starts; a first and a second event of 100 records; kB = 1000 bytes\n`)
  console.log("                   start to first answer   CPU    second (CPU)     RSS     bundle  gzipped  at start")
  for (const it of results) {
    const cells = [
      it.name.padEnd(17),
      `${it.firstMillis.toFixed(0).padStart(7)} ms`,
      `+${(it.firstMillis - bare.firstMillis).toFixed(0)} ms`.padStart(9),
      `${it.firstCpuMillis.toFixed(0).padStart(8)} ms`,
      `${it.secondMillis.toFixed(0).padStart(5)} (${it.secondCpuMillis.toFixed(0)}) ms`.padEnd(14),
      `${it.rssMiB.toFixed(0).padStart(6)} MiB`,
      `${(it.bytes / 1000).toFixed(0).padStart(6)} kB`,
      `${(it.gzipBytes / 1000).toFixed(0).padStart(5)} kB`,
      `${(it.gzipBytesAtStart / 1000).toFixed(0).padStart(6)} kB`
    ]
    console.log(cells.join(" "))
  }
}

const results = await Effect.gen(function* () {
  const node = process.env["OPENSEARCH_NODE"] ?? (yield* Servers.openSearch()).node
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "tablefold-start-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true }))
  )
  return yield* Effect.promise(() => measure(node, folder))
}).pipe(Effect.scoped, Effect.runPromise)
if (!flags.json) show(results)
console.log(JSON.stringify({ rounds, results }))
process.exit(0)
