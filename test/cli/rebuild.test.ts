/**
 * `tablefold rebuild` and what goes with it, as a user runs them on real servers: there, back, and the old one's end.
 */
import { assert, it } from "@effect/vitest"
import { randomInt } from "node:crypto"
import { symlink, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { describeReal } from "../servers/servers.ts"
import { ask } from "../whole/opensearch.ts"
import * as OrdersTable from "./OrdersTable.ts"
import { type Ended, tablefold } from "./program.ts"

const root = resolve(import.meta.dirname, "../..")
const define = join(root, "src/define")

/** Orders whose items may carry a date, which OpenSearch reads and the definition does not. */
const before = `
import { Schema } from "effect"
import * as Aggregate from "${define}/Aggregate.ts"
import * as Mapping from "${define}/Mapping.ts"
import * as Table from "${define}/Table.ts"
const root = Aggregate.root("DETAILS", { status: Schema.String })
const onset = Schema.optionalKey(Schema.String.annotate(Mapping.field({ type: "date" })))
const orderItems = Aggregate.many("ITEM#{n}", { productName: Schema.String, onset })
export const make = (revision) => Aggregate.make("orders", { key: "ORDER#{orderId}", root, parts: { orderItems }, revision })
export const keys = { partitionKey: "PK", sortKey: "SK" }
export const table = Table.make({ ...keys, aggregates: [make(0)] })
`
const both = `
import * as Table from "${define}/Table.ts"
import { keys, make } from "./before.ts"
export const table = Table.make({ ...keys, aggregates: [make(1)], previous: [make(0)] })
`

describeReal("tablefold rebuild", (servers) => {
  const name = `rebuild${randomInt(2 ** 31)}`
  const alias = `${name}-orders`
  let table: OrdersTable.OrdersTable
  beforeAll(async () => {
    table = await OrdersTable.make(name, servers)
    await symlink(join(root, "node_modules"), join(table.folder, "node_modules"))
    await writeFile(join(table.folder, "before.ts"), before)
    await writeFile(join(table.folder, "both.ts"), both)
  })
  afterAll(() => table.drop())

  const run = (command: string, module: string, ...args: ReadonlyArray<string>): Promise<Ended> =>
    tablefold([command, "--table", module, ...args], {
      cwd: table.folder,
      env: {
        OPENSEARCH_NODE: servers.openSearchNode,
        OPENSEARCH_ALIAS_PREFIX: `${name}-`,
        DYNAMODB_ENDPOINT: servers.dynamodbEndpoint
      }
    })
  const rebuild = (...args: ReadonlyArray<string>) =>
    run("rebuild", "both.ts", name, "--wait", "0", "--settle", "0", ...args)
  const behind = async () =>
    Object.keys(JSON.parse((await ask(servers.openSearchNode, "GET", `/_alias/${alias}`)).text))
  const failed = ({ code, stderr }: Ended, sentence: RegExp, expected = 1) => {
    assert.strictEqual(code, expected, stderr)
    assert.match(stderr, sentence)
    assert.notMatch(stderr, /\n +at /)
  }
  const done = ({ code, stderr, stdout }: Ended, sentence: RegExp, expected = 0) => {
    assert.strictEqual(code, expected, stderr)
    assert.match(stdout, sentence)
  }

  it("leads readers over when it is told to, back again, and deletes the old index", async () => {
    const item = (onset: string) => OrdersTable.item(1, 1, { onset: { S: onset } })
    await table.put(OrdersTable.details(1), OrdersTable.details(2), item("2026-01-01"))
    // What no index ever had nobody will miss.
    await table.put(OrdersTable.item(2, 9, { productName: { N: "9" } }))
    failed(await run("verify", "before.ts", name), /no index behind "rebuild\d+-orders" yet; `tablefold backfill`/)
    failed(await rebuild("nowhere"), /unknown|nexpected/i)
    assert.strictEqual((await run("backfill", "before.ts", name)).code, 2, "a row is refused")

    await table.put(item("soon"))
    failed(
      await rebuild("--yes"),
      /readers would miss a row of the live .* such as ORDER#1 \/ ITEM#1 \(mapper_parsing_exception: /
    )
    assert.deepStrictEqual(await behind(), [`${alias}-000001`])

    await table.put(item("2026-01-02"))
    const asked = await rebuild()
    failed(
      asked,
      /Lead readers of rebuild\d+-orders to what was filled and verified\? Nobody is here to answer: say --yes/
    )
    assert.match(asked.stderr, /rebuild\d+-orders-000002 was made before\n/)
    assert.deepStrictEqual(await behind(), [`${alias}-000001`])

    done(
      await rebuild("--yes"),
      /readers of "rebuild\d+-orders" see rebuild\d+-orders-000002 now; back: tablefold rollback rebuild\d+-orders/,
      2
    )
    assert.deepStrictEqual(await behind(), [`${alias}-000002`])
    done(await rebuild("--yes"), /no definition needs a new index/)

    failed(await run("verify", "before.ts", name, "--previous"), /before.ts has no definitions under previous/)
    const old = await run("verify", "both.ts", name, "--previous", "--settle", "0", "--repair", "--json")
    assert.deepInclude(JSON.parse(old.stdout), { drift: 1, repaired: 1 })
    const { stdout } = await run("verify", "both.ts", name, "--previous", "--settle", "0")
    assert.include(stdout, "4 rows and 2 documents compared: refused 1")

    assert.match((await run("status", "both.ts")).stdout, /definition [0-9a-f]{16}, the one under previous\n/)
    failed(
      await run("rollback", "both.ts", "orders"),
      /from rebuild\d+-orders-000002 back to rebuild\d+-orders-000001\?/
    )
    done(await run("rollback", "both.ts", alias, "--yes"), /see rebuild\d+-orders-000001 now/)
    assert.deepStrictEqual(await behind(), [`${alias}-000001`])
    failed(await run("rollback", "both.ts", "orders", "--yes"), /no index of "rebuild\d+-orders" before/)
    failed(await run("rollback", "both.ts", "nobody", "--yes"), /no aggregate "nobody"; it has "rebuild\d+-orders"/)

    done(await rebuild("--yes"), /see rebuild\d+-orders-000002 now/, 2)
    const drop = (...args: ReadonlyArray<string>) => run("drop", "both.ts", alias, ...args)
    failed(await drop(`${alias}-000002`, "--yes"), /is what readers of "rebuild\d+-orders" see/)
    failed(await drop(`${alias}-000009`), /has no index rebuild\d+-orders-000009; it has rebuild\d+-orders-000001, /)
    failed(await drop(`${alias}-000001`), /Delete rebuild\d+-orders-000001 with all its documents\?.* say --yes/)
    done(
      await drop(`${alias}-000001`, "--yes"),
      /deleted rebuild\d+-orders-000001; a deployment with its definition alone/
    )
    const plan = await run("plan", "before.ts")
    assert.include(plan.stdout, `out of date for ${alias}-000002: its index was dropped; raise its revision`)
    // Some twenty-five commands, one after the other.
  }, 120_000)

  it("a row that OpenSearch refuses is told from a missing one once its repair is tried", async () => {
    await table.put(OrdersTable.item(2, 7, { onset: { S: "soon" } }))
    const verify = (...args: ReadonlyArray<string>) => run("verify", "both.ts", name, "--settle", "0", ...args)
    const verifiedAt = async () =>
      JSON.parse((await run("status", "both.ts", "--json")).stdout).aggregates[0].generations[0].verifiedAt
    const earlier = await verifiedAt()
    failed(await verify(), /table and index differ in 1 place/, 2)
    const tried = await verify("--repair")
    assert.strictEqual(tried.code, 2, tried.stderr)
    assert.match(
      tried.stdout,
      / compared: refused 2\n[^]* {2}refused {2}orders {2}ORDER#2 \/ ITEM#7 \(mapper_parsing_exc/
    )
    assert.strictEqual(await verifiedAt(), earlier)
  })
})
