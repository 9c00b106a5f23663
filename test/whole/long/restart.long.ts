/**
 * A real OpenSearch that is killed, and stopped, and started again on its folder while lanes write. What it
 * acknowledged is there afterwards; what it did not comes again; no row is a dead letter.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, it } from "vitest"
import type { OpenSearchLocal } from "../../../src/local/OpenSearchLocal.ts"
import * as Servers from "../../../src/local/Servers.ts"
import { Random } from "../random.ts"
import { check } from "./documents.ts"
import * as History from "./History.ts"
import { Lanes } from "./Lanes.ts"
import { describeOwn, until, useScope, wait } from "./own.ts"

const seed = 11
const changes = 6000

/** How the process ends, at which share of the acknowledged changes. */
const ends = [
  [0.2, "SIGKILL"],
  [0.45, "SIGTERM"],
  [0.7, "SIGKILL"]
] as const

describeOwn("an OpenSearch that goes and comes", () => {
  let dataFolder: string
  let server: OpenSearchLocal
  beforeAll(async () => {
    dataFolder = await mkdtemp(join(tmpdir(), "tablefold-restart-"))
    server = await use(Servers.openSearch({ dataFolder }))
  })
  const use = useScope()
  afterAll(() => rm(dataFolder, { recursive: true, force: true }))

  it("has every document as the rows say", async () => {
    const r = new Random(seed)
    const { documents, records } = History.make(r.fork(), changes)
    const lanes = new Lanes({ nodes: [server.node], aliasPrefix: "restart-", lanes: 4, budgetMillis: 3000 })
    const brought = lanes.bring(records, r.fork())
    const invocations: Array<number> = []
    for (const [share, signal] of ends) {
      await Promise.race([brought, until("enough is acknowledged", () => lanes.acknowledged >= share * records.length)])
      assert.isBelow(lanes.acknowledged, records.length, "nothing was left to write when the server went")
      process.kill((await Effect.runPromise(server.pid))!, signal)
      const before = lanes.invocations
      await until("a batch failed while it was away", () => lanes.invocations > before + lanes.width)
      await wait(500)
      await Effect.runPromise(server.restart)
      invocations.push(lanes.invocations - before)
    }
    await brought
    const found = await check(server.node, "restart-", documents)
    assert.deepStrictEqual([...lanes.deadLetters.values()], [])
    assert.isAbove(
      [...lanes.failures.values()].reduce((sum, count) => sum + count, 0),
      0
    )
    console.info(
      `restart: ${ends.map(([, signal]) => signal).join(", ")}; ${invocations.join(", ")} invocations meanwhile; ` +
        `${lanes.invocations} in all, ${lanes.partial} settled in part; ${found} documents\n` +
        [...lanes.failures, ...lanes.answers].map(([reason, count]) => `  ${count}× ${reason}`).join("\n")
    )
  })
})
