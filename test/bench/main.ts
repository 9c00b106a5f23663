/**
 * `npm run bench`: how close the handler comes to the limit, what a change costs and what bounds it, whether it grows,
 * and how long a change takes to be found. It starts the servers itself, with a virtual machine as in production, and
 * warms them up; with OPENSEARCH_NODE it uses that one. Figures of two runs are not to be compared, ratios within a
 * run are: take a machine that does nothing else.
 */
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import * as Servers from "../../src/local/Servers.ts"
import { readFlags } from "../flags.ts"
import { measureChoices } from "./choices.ts"
import { handler, limit } from "./contenders.ts"
import { measureDelay } from "./delay.ts"
import { measureGrowth } from "./growth.ts"
import * as machine from "./machine.ts"
import { fill } from "./page.ts"
import { plots } from "./plots.ts"
import type { Results, Throughput } from "./Results.ts"
import * as Table from "./Table.ts"
import { filesTable, tables, throughputTables } from "./tables.ts"
import { compare, type Server } from "./throughput.ts"
import { make } from "./workload.ts"
import { entries } from "./workloads.ts"

const usage = `npm run bench -- [options]

  --quick        two minutes: fewer and shorter rounds, throughput alone
  --only WORDS   workloads with these words in their name; also choices, growth and delay
  --profile      says file by file where the time goes
  --json FILE    keeps the results
  --docs         draws the pictures in docs/ and fills in the tables of docs/speed.md
  --from FILE    takes kept results in place of measuring

The whole takes 13 minutes. docs/ anew: npm run bench -- --json docs/speed.json --docs`

const flags = readFlags(usage, {
  quick: { type: "boolean", default: false },
  only: { type: "string", default: "" },
  profile: { type: "boolean", default: false },
  json: { type: "string" },
  docs: { type: "boolean", default: false },
  from: { type: "string" }
})

const { log: say } = console
// The handler logs a line for each batch, past the console.
process.env["AWS_LAMBDA_LOG_LEVEL"] = "WARN"

/** A section that takes long is left out of the quick form, unless it is asked for by name. */
const isWanted = (section: string) => section.includes(flags.only) && (!flags.quick || flags.only !== "")

const openSearch = Effect.gen(function* () {
  const node = process.env["OPENSEARCH_NODE"]
  if (node === undefined || node === "") {
    const { node, pid, version } = yield* Servers.openSearch({ speed: "steady" })
    return { node, version, pid: yield* pid }
  }
  const about = (yield* Effect.promise(async () => (await fetch(node)).json())) as { version: { number: string } }
  return { node, version: about.version.number, pid: undefined }
})

/** Until both compilers, the server's and ours, have seen enough of both ways of writing. */
const warmUp = async (server: Server) => {
  const changes = flags.quick ? 10_000 : 20_000
  const workload = make({ name: "warm-up", orders: 2000, rows: 12, changes, batchSize: 1000, burst: 6 })
  const prefix = `bench-${process.pid}-warm-up-`
  const contenders = [
    await limit(server.node, prefix),
    await handler(server.node, prefix, "handler", { cacheBytesMax: 0 })
  ]
  await compare(server, workload, contenders, flags.quick ? 1 : 5)
}

const throughput = async (server: Server): Promise<ReadonlyArray<Throughput>> => {
  const found: Array<Throughput> = []
  for (const [i, { contenders, name, workload }] of entries(flags.quick).entries()) {
    if (!name.includes(flags.only)) continue
    const taking = await contenders(server.node, `bench-${process.pid}-${i}-`)
    found.push(await compare(server, workload(), taking, flags.quick ? 3 : 7))
    show(throughputTables(found.slice(-1)))
  }
  return found
}

const show = (tables: { readonly [name: string]: Table.Table }) => {
  for (const table of Object.values(tables)) say(`${Table.text(table)}\n`)
}

const loadMax = 0.5

const run = Effect.gen(function* () {
  const before = machine.load()
  if (before > loadMax) say(`The load is ${before.toFixed(2)}: what is measured now is no result, but an indication.\n`)
  const server = yield* openSearch
  yield* Effect.promise(() => warmUp(server))
  const found = yield* Effect.promise(() => throughput(server))
  const choices = isWanted("choices") ? yield* Effect.promise(() => measureChoices(server, flags.quick)) : undefined
  const growth = isWanted("growth") ? yield* Effect.promise(() => measureGrowth(server, flags.quick)) : undefined
  const delay = isWanted("delay") ? yield* followed(server) : undefined
  return {
    form: flags.quick ? "quick" : "full",
    machine: machine.read(server.version, before),
    throughput: found,
    ...(choices === undefined ? {} : { choices }),
    ...(growth === undefined ? {} : { growth }),
    ...(delay === undefined ? {} : { delay })
  } satisfies Results
})

const followed = Effect.fnUntraced(function* (server: Server) {
  const { endpoint } = yield* Servers.dynamodb({ speed: "steady" })
  return yield* Effect.promise(() => measureDelay(server, endpoint, flags.quick))
})

const results: Results =
  flags.from === undefined
    ? await Effect.runPromise(Effect.scoped(run))
    : (JSON.parse(readFileSync(flags.from, "utf8")) as Results)

show(tables(results))
if (flags.profile) show(filesTable(results))
if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(results, undefined, 2)}\n`)
if (flags.docs) {
  const page = fill(readFileSync("docs/speed.md", "utf8"), tables(results))
  for (const [file, svg] of Object.entries(plots(results))) writeFileSync(`docs/${file}`, svg)
  writeFileSync("docs/speed.md", page)
}
process.exit(0)
