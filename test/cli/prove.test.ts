/** `tablefold verify --continuous` on real servers, stopped and run again, and what `status` says of it. */
import { assert, it } from "@effect/vitest"
import { randomInt } from "node:crypto"
import { afterAll, beforeAll } from "vitest"
import { describeReal } from "../servers/servers.ts"
import { ask } from "../whole/opensearch.ts"
import * as OrdersTable from "./OrdersTable.ts"

describeReal("tablefold verify --continuous", (servers) => {
  const name = `prove${randomInt(2 ** 31)}`
  let table: OrdersTable.OrdersTable
  beforeAll(async () => {
    table = await OrdersTable.make(name, servers)
  })
  afterAll(() => table.drop())

  const prove = (until: string, ...args: ReadonlyArray<string>) =>
    table.run("verify", [name, "--continuous", "--settle", "0", ...args], {
      until: (stdout) => stdout.includes(until)
    })

  it("keeps the proof in the index, where status finds it", async () => {
    await table.put(...[1, 2, 3].flatMap((n) => [OrdersTable.details(n), OrdersTable.item(n, 1)]))
    assert.strictEqual((await table.run("backfill", [name])).code, 0)
    const before = await table.run("status", [])
    assert.notInclude(before.stdout, "proven")

    const { stderr, stdout } = await prove(
      `${name}-orders-000001: all 3 documents proven right within the last 1 minute`
    )
    assert.include(stderr, "stopped; the next run goes on where this one ended")
    assert.include(stdout, `${name}-users-000001: all 0 documents proven right within the last 1 minute\n`)

    const [after, json] = await Promise.all([table.run("status", []), table.run("status", ["--json"])])
    assert.include(after.stdout, "    all 3 documents proven right within the last ")
    const own = JSON.parse(json.stdout).aggregates.find(({ alias }: any) => alias === `${name}-orders`).generations[0]
    assert.deepInclude(own.proof, { isWhole: true, documents: 3, wrong: [], differing: [], refused: 0 })
    assert.isBelow(own.proof.ageSeconds, 120)
  })

  it("names what differs, and what is wrong as JSON", async () => {
    const index = `/${name}-orders-000001`
    const state = async () => JSON.parse((await ask(servers.openSearchNode, "GET", `${index}/_doc/%00tablefold`)).text)
    const change = async (proof: object) => {
      const doc = { _sync: { state: { proof } } }
      await ask(servers.openSearchNode, "POST", `${index}/_update/%00tablefold?refresh=true`, { doc })
    }
    await ask(servers.openSearchNode, "DELETE", `${index}/_doc/2?refresh=true`)
    // The next round is due at once, and the first look was a day ago.
    const { proof } = (await state())._source._sync.state
    await change({ table: { ...proof.table, begunAt: 0 } })
    await prove("1 document differs, the stream may be why")
    const { differences } = (await state())._source._sync.state.proof
    await change({ differences: [{ ...differences[0], since: differences[0].since - 26 * 3_600_000 }] })
    const { stdout } = await prove('"wrong":[{', "--json")
    const [orders] = JSON.parse(stdout.split("\n")[0]!).aggregates
    assert.deepStrictEqual(
      orders.proof.wrong.map(({ id, kinds }: any) => [id, kinds]),
      [["2", ["missing row"]]]
    )
    const status = await table.run("status", [])
    assert.strictEqual(status.code, 2)
    assert.include(status.stderr, `wrong documents in ${name}-orders`)
    assert.include(status.stdout, "1 document wrong; the others proven right within the last ")
    assert.match(status.stdout, / {6}2: missing row, since 20/)
  })
})
