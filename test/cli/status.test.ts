/** `tablefold status` and `tablefold sweep` on real servers: what is counted, in words and as JSON. */
import { assert, it } from "@effect/vitest"
import { randomInt } from "node:crypto"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import * as DeadLetters from "../../src/sink/deadletter/DeadLetters.ts"
import { describeReal } from "../servers/servers.ts"
import * as OrdersTable from "./OrdersTable.ts"

describeReal("tablefold status and sweep", (servers) => {
  const name = `status${randomInt(2 ** 31)}`
  let table: OrdersTable.OrdersTable
  beforeAll(async () => {
    table = await OrdersTable.make(name, servers)
  })
  afterAll(() => table.drop())
  const run = async (command: string, ...args: ReadonlyArray<string>) => {
    const { code, stderr, stdout } = await table.run(command, args)
    return { code, stderr, stdout }
  }
  const deadLetter = (n: number) =>
    DeadLetters.encode(
      DeadLetters.make({ aggregate: "orders", reason: "why", rows: [{ key: `${n}` }] }, Date.UTC(2026, 0, n))
    )

  it("count documents by what they hold, and dead letters", async () => {
    const [none, nothing] = await Promise.all([run("status"), run("sweep")])
    assert.include(none.stdout, "  no index yet; the first write makes it\n")
    assert.include(nothing.stdout, `${name}-orders: no index yet\n`)

    await table.put(OrdersTable.details(1), OrdersTable.item(1, 1), OrdersTable.item(1, 2))
    await table.put(OrdersTable.item(2, 1), OrdersTable.item(3, 1))
    await table.put(OrdersTable.details(4), OrdersTable.item(4, 1, { productName: { N: "9" } }))
    assert.strictEqual((await run("backfill", name)).code, 2, "a row is refused")
    await table.remove(1, "ITEM#2")
    await table.remove(3, "ITEM#1")
    assert.strictEqual((await run("verify", name, "--settle", "0", "--repair")).code, 2)
    await writeFile(join(table.folder, "dead-letters.jsonl"), [3, 2, 4].map((n) => `${deadLetter(n)}\n`).join(""))

    const [seen, exact, missing, swept] = await Promise.all([
      run("status", "--dead-letters", "dead-letters.jsonl"),
      run("status", "--exact", "--json", "--dead-letters", "dead-letters.jsonl"),
      run("status", "--dead-letters", "nowhere.jsonl"),
      run("sweep")
    ])
    assert.deepStrictEqual([seen.code, seen.stderr], [2, `tablefold: refused rows in ${name}-orders, 3 dead letters\n`])
    assert.include(
      seen.stdout,
      "    2 documents; unseen 1 waiting for their root, 1 of removed rows alone; 2 in all remember removed rows; " +
        "1 in all have refused rows, see `tablefold explain`\n"
    )
    assert.match(
      seen.stdout,
      /^3 dead letters in dead-letters.jsonl, the oldest of 2026-01-02T00:00:00.000Z; `tablefold dead-letters dead-letters.jsonl`/m
    )
    const { aggregates, deadLetters } = JSON.parse(exact.stdout)
    const [{ documents, filled, isLive, verifiedAt }] = aggregates.find(
      (one: any) => one.alias === `${name}-orders`
    ).generations
    const counted = { live: 2, waiting: 1, removed: 1, withTombstones: 2, refused: 1, unreadable: 0 }
    assert.deepStrictEqual(documents, { ...counted, estimates: [] })
    assert.deepStrictEqual([isLive, filled, verifiedAt], [true, true, undefined])
    assert.deepStrictEqual(deadLetters, { source: "dead-letters.jsonl", count: 3, oldest: "2026-01-02T00:00:00.000Z" })
    assert.deepStrictEqual([missing.code, missing.stderr], [1, "tablefold: there is no file nowhere.jsonl\n"])
    assert.include(swept.stdout, `${name}-orders-000001: 0 documents deleted\n`)
  })
})
