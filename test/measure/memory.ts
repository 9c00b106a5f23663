/**
 * How much memory a function needs for full events of 6 MB. The handler, bundled, runs in a process with the heap that
 * Lambda's Node runtime gives it, against a real OpenSearch, and gets event after event of one kind. For each kind and
 * memory size: the peak of the process's resident memory, which must stay below the size, or Lambda ends it. With
 * OPENSEARCH_NODE it uses that server. Ends with 1 where something did not hold.
 */
import { Effect } from "effect"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { rolldown } from "rolldown"
import handlerConfig from "../../src/example/rolldown.config.ts"
import * as Servers from "../../src/local/Servers.ts"
import { readFlags } from "../flags.ts"
import * as LambdaRuntime from "../servers/LambdaRuntime.ts"
import { fullEvents, type Kind, kinds } from "./fullEvents.ts"

const usage = `node test/measure/memory.ts [options]: the memory that full events of 6 MB need

  --memory N,N  sizes of the function in MB (128,256,512)
  --events N    events of each kind (12)
  --kind WORD   kinds with this word in their name`

const flags = readFlags(usage, {
  memory: { type: "string", default: "128,256,512" },
  events: { type: "string", default: "12" },
  kind: { type: "string", default: "" }
})
const sizes = flags.memory.split(",").map(Number)
const events = Number(flags.events)
const run = `memory-${process.pid}-`

/** As the bootstrap of Lambda's Node runtimes sets them from the function's memory. */
const heapOf = (megabytes: number) => [
  `--max-semi-space-size=${Math.floor(megabytes * 0.05)}`,
  `--max-old-space-size=${Math.floor(megabytes * 0.9)}`
]

const bundle = async (dir: string): Promise<string> => {
  const { output: settings, ...config } = handlerConfig
  const build = await rolldown({ ...config, input: "test/measure/memoryHandler.ts" })
  await build.write({ ...settings, dir })
  return join(dir, "index.mjs")
}

interface Result {
  readonly kind: string
  readonly memory: number
  readonly events: number
  readonly startMiB: number
  readonly peakMiB: number
  readonly heapMiB: number
  readonly secondsAnEvent: number
  readonly holds: boolean
  readonly ended?: string
}

/** As `memoryHandler.ts` gives it. */
interface Answer {
  readonly batchItemFailures: ReadonlyArray<unknown>
  readonly heapBytes: number
  readonly peakBytes: number
}

const mebi = (bytes: number) => Math.round(bytes / 2 ** 20)

const measure = async (node: string, file: string, kind: Kind, memory: number): Promise<Result> => {
  const prefix = `${run}${kinds.indexOf(kind)}-${memory}-`
  const container = await LambdaRuntime.start({
    file,
    env: { OPENSEARCH_NODE: node, OPENSEARCH_ALIAS_PREFIX: prefix, AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memory) },
    execArgv: heapOf(memory)
  })
  const seen = {
    events: 0,
    peakMiB: 0,
    heapMiB: 0,
    secondsAnEvent: 0,
    startMiB: mebi((await container.ready).rssBytes)
  }
  const begun = performance.now()
  let ended: string | undefined
  try {
    for (const event of fullEvents(kind, events)) {
      const { batchItemFailures, heapBytes, peakBytes } = (await container.invoke(event)).value as Answer
      if (batchItemFailures.length > 0) throw new Error("the handler left something unacknowledged")
      seen.events++
      seen.peakMiB = mebi(peakBytes)
      seen.heapMiB = Math.max(seen.heapMiB, mebi(heapBytes))
      seen.secondsAnEvent = Math.round((performance.now() - begun) / seen.events / 10) / 100
    }
  } catch (error) {
    ended = String(error).replaceAll(/\s+/g, " ").slice(0, 300)
  }
  await container.end()
  await fetch(`${node}/${prefix}*`, { method: "DELETE" })
  const holds = ended === undefined && seen.peakMiB <= memory
  return { kind: kind.name, memory, ...seen, holds, ...(ended === undefined ? {} : { ended }) }
}

const results = await Effect.gen(function* () {
  const node = process.env["OPENSEARCH_NODE"] ?? (yield* Servers.openSearch()).node
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "tablefold-memory-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true }))
  )
  const file = yield* Effect.promise(() => bundle(folder))
  const results: Array<Result> = []
  for (const kind of kinds.filter(({ name }) => name.includes(flags.kind))) {
    for (const memory of sizes) {
      const result = yield* Effect.promise(() => measure(node, file, kind, memory))
      results.push(result)
      console.log(JSON.stringify(result))
    }
  }
  return results
}).pipe(Effect.scoped, Effect.runPromise)
process.exit(results.every(({ holds }) => holds) ? 0 : 1)
