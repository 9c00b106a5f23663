/**
 * `tablefold backfill` on real servers: killed in the middle, it goes on from a copy of its state in another folder.
 */
import { assert, it } from "@effect/vitest"
import { readFile, rename, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { describeReal } from "../servers/servers.ts"
import { searchAll } from "../whole/opensearch.ts"
import * as OrdersTable from "./OrdersTable.ts"
import type { Options } from "./program.ts"

const orders = 200
const itemsEach = 4

describeReal("tablefold backfill", (servers) => {
  let table: OrdersTable.OrdersTable
  beforeAll(async () => {
    table = await OrdersTable.make("backfill-cli", servers)
    for (let n = 0; n < orders; n++) {
      const items = Array.from({ length: itemsEach }, (_, i) => OrdersTable.item(n, i + 1))
      await table.put(OrdersTable.details(n), ...items)
    }
  })
  afterAll(() => table.drop())

  const run = (args: ReadonlyArray<string>, options?: Options) => table.run("backfill", [table.name, ...args], options)

  it("goes on from its state after kill -9, and elsewhere", async () => {
    const kept = join(table.folder, `${table.name}.backfill.json`)
    const rowsIn = (file: string) => readFile(file, "utf8").then((text): number => JSON.parse(text).rows)
    const hasBegun = () =>
      rowsIn(kept).then(
        (rows) => rows > 0,
        () => false
      )
    const killed = await run(["--rate", "4"], { by: "SIGKILL", until: hasBegun })
    assert.strictEqual(killed.code, null)
    const state = join(table.folder, "elsewhere.json")
    await rename(kept, state)
    const rows = await rowsIn(state)
    assert.isTrue(rows > 0 && rows < orders * (itemsEach + 1))
    const saved = JSON.parse(await readFile(state, "utf8"))

    const { code, stderr, stdout } = await run(["--state", state, "--json"])
    assert.strictEqual(code, 0, stderr)
    const report = JSON.parse(stdout)
    assert.strictEqual(report.rows + rows, orders * (itemsEach + 1))
    assert.strictEqual(report.rowsBefore, rows)
    const { resumed } = report
    assert.deepStrictEqual([resumed.rows, resumed.startedAt], [rows, saved.startedAt])
    const since = `going on with the scan begun ${new Date(saved.startedAt).toISOString()}: ${rows} rows were delivered `
    const left = `before, ${resumed.segmentsLeft} of ${saved.segments.length} segments are left\n`
    assert.isTrue(stderr.startsWith(since + left), stderr)
    assert.notInclude(killed.stderr + stderr, "a backfill is due", "which this is")
    assert.deepInclude(report, { refused: 0, outdated: 0, writesPerDocument: 1 })
    assert.strictEqual((await searchAll(servers.openSearchNode, "backfill-cli-orders")).size, orders)
    const isLeft = await stat(state).then(
      () => true,
      () => false
    )
    assert.isFalse(isLeft, "the state is removed when all is through")

    const again = await run(["--json"])
    const { documents, resumed: none, unchanged, written } = JSON.parse(again.stdout)
    assert.deepStrictEqual({ documents, unchanged, written }, { documents: orders, unchanged: orders, written: 0 })
    assert.isNull(none)
    assert.match(again.stderr, /^tablefold: a verification is due \(tablefold verify\)$/m)
    assert.strictEqual(again.code, 2)
    const text = await run([])
    assert.match(text.stdout, /^\d+ rows made \d+ documents in .* read units\): 0 written, \d+ as they were/)
    assert.match(text.stdout, /^a verification is due \(tablefold verify\): .* was filled before/m)

    await writeFile(state, JSON.stringify({ ...saved, startedAt: saved.startedAt - 25 * 3_600_000 }))
    const old = await run(["--state", state, "--json"])
    assert.match(
      old.stderr,
      /^the saved state is not gone on with, the scan begins anew: it was begun 20\S+, before the index was made /m
    )
    assert.deepInclude(JSON.parse(old.stdout), { resumed: null, rows: orders * (itemsEach + 1), rowsBefore: 0 })
  })

  it("says at Ctrl-C what was kept, and prints no answer", async () => {
    const state = join(table.folder, "stopped.json")
    const until = () =>
      stat(state).then(
        () => true,
        () => false
      )
    const { code, stderr, stdout } = await run(["--rate", "4", "--state", state, "--json"], { until })
    assert.deepStrictEqual([code, stdout], [130, ""])
    assert.isTrue(stderr.endsWith(`stopped; ${state} says where to go on\n`), stderr)
  })

  it("says what is wrong with a table that is not there, or a number that is none", async () => {
    const missing = await table.run("backfill", ["nowhere", "--endpoint", servers.dynamodbEndpoint])
    assert.strictEqual(missing.code, 1)
    assert.match(missing.stderr, /^tablefold: DescribeTable of nowhere failed with ResourceNotFoundException/m)
    const nobody = await table.run("backfill", [table.name, "--endpoint", "http://127.0.0.1:1"])
    assert.strictEqual(nobody.code, 1)
    assert.match(nobody.stderr, /^tablefold: DescribeTable of .* ECONNREFUSED .*; check AWS_REGION or, .*--endpoint/m)
    const zero = await run(["--segments", "0"])
    assert.strictEqual(zero.code, 1)
    assert.strictEqual(
      zero.stderr,
      'tablefold backfill: invalid value for flag --segments: "0". Expected: a number from 1 to 1000000\n' +
        "usage: tablefold backfill [flags] <name>; tablefold backfill --help says more\n"
    )
  })
})
