/**
 * How much memory `backfill` and `verify` need for a table of rows as large as DynamoDB lets them be. Each runs in a
 * process with a small heap, against a real OpenSearch, over a table whose rows are made as they are asked for. For
 * each job: the peak of the process's resident memory and the time. With OPENSEARCH_NODE it uses that server. Ends with
 * 1 where a job did not end well.
 */
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { join } from "node:path"
import * as Servers from "../../src/local/Servers.ts"
import { readFlags } from "../flags.ts"

const usage = `node test/measure/largeRows.ts [options]: the memory that a table of large rows needs

  --rows N      rows of the table (2000)
  --bytes N     bytes of a row (400000)
  --together N  rows of one document (5)
  --heap N      size of the heap in MB (256)
  --jobs WORDS  what is run, one after the other (backfill,verify,repair)`

const flags = readFlags(usage, {
  rows: { type: "string", default: "2000" },
  bytes: { type: "string", default: "400000" },
  together: { type: "string", default: "5" },
  heap: { type: "string", default: "256" },
  jobs: { type: "string", default: "backfill,verify,repair" }
})
const prefix = `large-${process.pid}-`

const runJob = (node: string, job: string): Promise<boolean> =>
  new Promise((resolve) => {
    const { bytes, heap, rows, together } = flags
    const child = spawn(
      process.execPath,
      [`--max-old-space-size=${heap}`, join(import.meta.dirname, "largeRowsJob.ts"), job, rows, bytes, together],
      {
        stdio: ["ignore", "inherit", "inherit"],
        env: { ...process.env, OPENSEARCH_NODE: node, OPENSEARCH_ALIAS_PREFIX: prefix }
      }
    )
    child.on("exit", (code, signal) => {
      if (code !== 0) console.log(JSON.stringify({ job, ended: code ?? signal }))
      resolve(code === 0)
    })
  })

const results = await Effect.gen(function* () {
  const node = process.env["OPENSEARCH_NODE"] ?? (yield* Servers.openSearch()).node
  const results: Array<boolean> = []
  for (const job of flags.jobs.split(",")) results.push(yield* Effect.promise(() => runJob(node, job)))
  yield* Effect.promise(() => fetch(`${node}/${prefix}*`, { method: "DELETE" }))
  return results
}).pipe(Effect.scoped, Effect.runPromise)
process.exit(results.every((holds) => holds) ? 0 : 1)
