/**
 * `npm run bench`: the handler against the limit, a plain bulk index of the finished documents with nothing decoded and
 * no sync state. Both on one real OpenSearch, in alternating rounds over orders that are there already; medians and
 * their ratio. `-- --quick` does fewer rounds of fewer changes. With OPENSEARCH_NODE it uses that server.
 */
import { Client } from "@opensearch-project/opensearch"
import { Effect } from "effect"
import { Definition } from "../../src/index.ts"
import * as Servers from "../../src/example/servers/Servers.ts"
import { Order, table } from "../../src/example/table.ts"
import * as Lambda from "../../src/lambda/Lambda.ts"
import * as OpenSearchSink from "../../src/sink/opensearch/OpenSearchSink.ts"
import { type Batch, make, type Workload } from "./workload.ts"

const isQuick = process.argv.includes("--quick")
const rounds = isQuick ? 3 : 7
const run = `bench-${process.pid}-`

const base = { orders: 4000, rows: 12, changes: isQuick ? 10_000 : 40_000, batchSize: 1000, burst: 6 }

const workloads: ReadonlyArray<() => Workload> = [
  () => make({ ...base, name: "12 rows, 4,000 orders, bursts of 6" }),
  () => make({ ...base, name: "12 rows, 4,000 orders, single changes", burst: 1 }),
  () => make({ ...base, name: "300 rows, 40 orders, single changes", orders: 40, rows: 300, burst: 1, changes: 4000 })
]

interface Contender {
  readonly name: string
  readonly take: (batch: Batch) => Promise<void>
  readonly end: () => Promise<void>
}

const limit = async (node: string): Promise<Contender> => {
  const client = new Client({ node, maxRetries: 0 })
  const index = `${run}limit`
  const mappings = { dynamic: false as const, properties: Definition.properties(Order) as {} }
  await client.indices.create({ index, body: { mappings } })
  const bodies = new Map<Batch, string>()
  const bodyOf = ({ documents }: Batch) =>
    documents.map(({ id, text }) => `{"index":{"_index":"${index}","_id":"${id}"}}\n${text}\n`).join("")
  return {
    name: "limit",
    take: async (batch) => {
      const { body } = await client.bulk({ body: (bodies.get(batch) ?? bodyOf(batch)) as never })
      if (body.errors) throw new Error("the plain bulk was refused")
    },
    end: async () => {
      await client.indices.delete({ index })
      await client.close()
    }
  }
}

const handler = (node: string, name: string, options: OpenSearchSink.Options = {}): Contender => {
  const aliasPrefix = `${run}${name.replaceAll(/\W+/g, "-")}-`
  const layer = OpenSearchSink.layer({ nodes: [new URL(node)], auth: { _tag: "none" }, aliasPrefix, ...options })
  const handle = Lambda.make(table, { layer })
  return {
    name,
    take: async ({ event }) => {
      const { batchItemFailures } = await handle(event)
      if (batchItemFailures.length > 0) throw new Error("the handler left something unacknowledged")
    },
    end: async () => void (await fetch(`${node}/${aliasPrefix}*`, { method: "DELETE" }))
  }
}

const timed = async (contender: Contender, batches: ReadonlyArray<Batch>) => {
  const begin = performance.now()
  const cpu = process.cpuUsage()
  for (const batch of batches) await contender.take(batch)
  const { system, user } = process.cpuUsage(cpu)
  return { millis: performance.now() - begin, cpu: (system + user) / 1000 }
}

const median = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[values.length >> 1]!

const compare = async (node: string, workload: Workload) => {
  const contenders = [await limit(node), handler(node, "warm"), handler(node, "cold", { knownBytesMax: 0 })]
  for (const contender of contenders) await timed(contender, workload.before)
  const times = contenders.map(() => new Array<Awaited<ReturnType<typeof timed>>>())
  let changes = 0
  for (let round = 0; round <= rounds; round++) {
    const batches = workload.round(round)
    changes = batches.reduce((sum, { event }) => sum + event.Records.length, 0)
    for (const [i, contender] of contenders.entries()) {
      const time = await timed(contender, batches)
      if (round > 0) times[i]!.push(time)
    }
  }
  const millis = times.map((times) => median(times.map(({ millis }) => millis)))
  say(workload.name)
  for (const [i, { name }] of contenders.entries()) {
    const speed = Math.round((changes * 1000) / millis[i]!)
    const cpu = median(times[i]!.map(({ cpu }) => cpu)) / changes
    const ratio = (millis[0]! / millis[i]!).toFixed(2)
    say(
      `  ${name.padEnd(6)} ${ratio}  ${String(speed).padStart(6)} changes/s  ${(cpu * 1000).toFixed(1)} us CPU a change`
    )
  }
  for (const contender of contenders) await contender.end()
}

const { log: say } = console
// The handler logs a line for each batch.
console.log = () => {}

await Effect.gen(function* () {
  const node = process.env["OPENSEARCH_NODE"] ?? (yield* Servers.openSearch()).node
  for (const make of workloads) yield* Effect.promise(() => compare(node, make()))
}).pipe(Effect.scoped, Effect.runPromise)
process.exit(0)
