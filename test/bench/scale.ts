/**
 * The command `tablefold backfill` against its limit (see `scaleLimit.ts`) on tables of several sizes, in alternating
 * rounds, each run a process of its own from its start to its end. Once more with a heap of 128 MB: a need that does
 * not grow with the table fits into it. Medians. With OPENSEARCH_NODE and DYNAMODB_ENDPOINT it uses those servers.
 */
import { DeleteTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { Effect } from "effect"
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import type { Readable } from "node:stream"
import { notState } from "../../src/sink/opensearch/stateDocument.ts"
import { Definition } from "../../src/index.ts"
import * as Servers from "../../src/local/Servers.ts"
import { Order } from "../../src/example/table.ts"
import type { Report } from "../../src/maintain/BackfillTally.ts"
import { readFlags } from "../flags.ts"
import { ask, post } from "./request.ts"
import type { Cost } from "./scaleCost.ts"
import type { Limit } from "./scaleLimit.ts"
import { load, rowsPerOrder } from "./scaleRows.ts"
import { median } from "./statistics.ts"

const usage = `node test/bench/scale.ts [options]: a backfill beside a bare scan with plain bulk

  --rows N,N        rows of the tables (10000,100000,1000000)
  --rounds N        rounds for each (3; 1 from a million rows on)
  --json FILE       keeps the results
  --profile FOLDER  keeps CPU profiles of the runs`

const flags = readFlags(usage, {
  rows: { type: "string", default: "10000,100000,1000000" },
  rounds: { type: "string" },
  json: { type: "string" },
  profile: { type: "string" }
})
const sizes = flags.rows.split(",").map(Number)
const heapMax = 128
const run = `scale-${process.pid}-`

interface Place {
  readonly endpoint: string
  readonly node: string
  readonly tableName: string
}

interface Measured extends Cost {
  readonly seconds: number
  readonly printed: string
}

/** Runs a program under `scaleCost.ts`. */
const measure = async (
  { endpoint, node }: Place,
  nodeFlags: ReadonlyArray<string>,
  args: ReadonlyArray<string>
): Promise<Measured> => {
  const profile = flags.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${flags.profile}`]
  const begin = performance.now()
  const child = spawn(process.execPath, ["--import", "./test/bench/scaleCost.ts", ...nodeFlags, ...profile, ...args], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: { ...process.env, OPENSEARCH_NODE: node, OPENSEARCH_ALIAS_PREFIX: run, DYNAMODB_ENDPOINT: endpoint }
  })
  const [printed, said, cost, status] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    text(child.stdio[3] as Readable),
    new Promise((resolve) => child.on("exit", resolve))
  ])
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${String(status)}: ${said}`)
  return { ...(JSON.parse(cost) as Cost), seconds: (performance.now() - begin) / 1000, printed }
}

interface Contender {
  readonly name: string
  /** What the index is called in OpenSearch while it runs. */
  readonly index: string
  readonly run: (place: Place) => Promise<Run>
}

interface Run extends Cost {
  readonly seconds: number
  readonly rows: number
  readonly documents: number
  readonly writesPerDocument: number
  readonly cut?: number
}

const limit: Contender = {
  name: "limit",
  index: `${run}limit`,
  run: async (place) => {
    const { endpoint, node, tableName } = place
    const { properties, settings } = Definition.describe(Order)
    const body = JSON.stringify({ settings, mappings: { dynamic: false, properties } })
    await ask(`${node}/${limit.index}`, { method: "PUT", body })
    const { printed, ...cost } = await measure(
      place,
      [],
      ["test/bench/scaleLimit.ts", endpoint, tableName, node, limit.index]
    )
    return { ...cost, ...(JSON.parse(printed) as Limit), writesPerDocument: 1 }
  }
}

const backfill = (name: string, nodeFlags: ReadonlyArray<string>): Contender => ({
  name,
  index: `${run}orders`,
  run: async (place) => {
    const folder = mkdtempSync(join(tmpdir(), "tablefold-scale-"))
    const command = ["src/cli/tablefold.ts", "backfill", place.tableName, "--json", "--table", "src/example/table.ts"]
    const where = ["--endpoint", place.endpoint, "--state", join(folder, "state.json")]
    const { printed, ...cost } = await measure(place, nodeFlags, [...command, ...where])
    rmSync(folder, { recursive: true })
    const { documents, rows, writesPerDocument } = JSON.parse(printed) as Report
    return { ...cost, rows, documents, writesPerDocument }
  }
})

// V8 counts the room for young objects, 32 MB and more by default, against the limit for old ones: with the latter
// alone it collects without end where there is nothing to collect.
const capped = [`--max-old-space-size=${heapMax}`, "--max-semi-space-size=8"]

const contenders = [limit, backfill("backfill", []), backfill(`backfill, ${heapMax} MB`, capped)]

/**
 * Some documents of an index as readers see them, for a comparison of what the contenders wrote; then it is dropped.
 */
const harvest = async ({ node }: Place, index: string, orders: number): Promise<unknown> => {
  await ask(`${node}/${index}/_refresh`, { method: "POST" })
  const { count } = await post(`${node}/${index}/_count`, { query: notState })
  assert.equal(count, orders, `${index} has ${count} documents of ${orders}`)
  const ids = Array.from({ length: 100 }, (_, i) => String(Math.floor((i * orders) / 100)))
  const { docs } = await post(`${node}/${index}/_mget?_source_excludes=_sync`, { ids })
  const found = await ask(`${node}/${index}`)
  for (const name of [...Object.keys(found), `${run}users*`]) await fetch(`${node}/${name}`, { method: "DELETE" })
  return docs.map(({ _source }: { readonly _source: unknown }) => _source)
}

const compare = async (servers: Omit<Place, "tableName">, rows: number) => {
  const place = { ...servers, tableName: `${run}${rows}` }
  const orders = Math.ceil(rows / rowsPerOrder)
  const begin = performance.now()
  await load(place.endpoint, place.tableName, rows)
  say(`${rows.toLocaleString("en-US")} rows, loaded in ${((performance.now() - begin) / 1000).toFixed(0)} s`)
  const rounds = Number(flags.rounds ?? (rows < 1_000_000 ? 3 : 1))
  // Java is slow at first: the smallest table is gone through once before anything counts.
  const first = rows === sizes[0] ? -1 : 0
  const runs = contenders.map(() => new Array<Run>())
  for (let round = first; round < rounds; round++) {
    const seen: Array<unknown> = []
    for (const [i, contender] of contenders.entries()) {
      const measured = await contender.run(place)
      if (round >= 0) runs[i]!.push(measured)
      seen.push(await harvest(place, contender.index, orders))
    }
    for (const documents of seen.slice(1)) assert.deepEqual(documents, seen[0])
  }
  const client = new DynamoDBClient({ endpoint: place.endpoint })
  await client.send(new DeleteTableCommand({ TableName: place.tableName }))
  return contenders.map(({ name }, i) => {
    const of = (value: (run: Run) => number) => median(runs[i]!.map(value))
    const rowsPerSecond = rows / of(({ seconds }) => seconds)
    return {
      name,
      rows,
      rounds,
      rowsPerSecond,
      ratio: rowsPerSecond / (rows / median(runs[0]!.map(({ seconds }) => seconds))),
      peakBytes: of(({ peakBytes }) => peakBytes),
      cpuSeconds: of(({ cpuSeconds }) => cpuSeconds),
      writesPerDocument: of(({ writesPerDocument }) => writesPerDocument),
      /** What it would be, were the rows of an order on two pages (of 1 MB) not delivered together. */
      writesPerDocumentByPage: 1 + runs[0]![0]!.cut! / orders
    }
  })
}

const say = (line: string) => console.error(line)

const show = (results: ReadonlyArray<Awaited<ReturnType<typeof compare>>[number]>) => {
  for (const { cpuSeconds, name, peakBytes, ratio, rows, rowsPerSecond, ...writes } of results) {
    say(
      `  ${name.padEnd(17)} ${ratio.toFixed(2)}  ${Math.round(rowsPerSecond).toString().padStart(6)} rows/s` +
        `  peak ${Math.round(peakBytes / 2 ** 20)
          .toString()
          .padStart(4)} MiB  ${cpuSeconds.toFixed(1).padStart(6)} s CPU` +
        ` (${((cpuSeconds * 1e6) / rows).toFixed(0)} us a row)  ${writes.writesPerDocument.toFixed(3)} writes a document` +
        ` (${writes.writesPerDocumentByPage.toFixed(3)} by the page)`
    )
  }
}

await Effect.gen(function* () {
  process.env["AWS_REGION"] ??= "eu-west-1"
  process.env["AWS_ACCESS_KEY_ID"] ??= "local"
  process.env["AWS_SECRET_ACCESS_KEY"] ??= "local"
  const node = process.env["OPENSEARCH_NODE"] ?? (yield* Servers.openSearch({ speed: "steady" })).node
  const endpoint = process.env["DYNAMODB_ENDPOINT"] ?? (yield* Servers.dynamodb({ speed: "steady" })).endpoint
  const results = []
  for (const rows of sizes) {
    const result = yield* Effect.promise(() => compare({ endpoint, node }, rows))
    show(result)
    results.push(...result)
  }
  if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(results, null, 2)}\n`)
}).pipe(Effect.scoped, Effect.runPromise)
process.exit(0)
