/** The first run of `tail` on a real table: with rows that can't be written, and with a definition to come. */
import { assert, it } from "@effect/vitest"
import { randomInt } from "node:crypto"
import { readFile, symlink, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { afterAll } from "vitest"
import { describeReal } from "../servers/servers.ts"
import { ask } from "../whole/opensearch.ts"
import * as OtlpReceiver from "../metrics/OtlpReceiver.ts"
import * as OrdersTable from "./OrdersTable.ts"
import { tablefold } from "./program.ts"

const root = resolve(import.meta.dirname, "../..")
const define = join(root, "src/define")

const before = `
import { Schema } from "effect"
import * as Aggregate from "${define}/Aggregate.ts"
import * as Table from "${define}/Table.ts"
const root = Aggregate.root("DETAILS", { status: Schema.String })
const parts = { orderItems: Aggregate.many("ITEM#{n}", { productName: Schema.String }) }
export const make = (revision) => Aggregate.make("orders", { key: "ORDER#{orderId}", root, parts, revision })
export const keys = { partitionKey: "PK", sortKey: "SK" }
export const table = Table.make({ ...keys, aggregates: [make(0)] })
`
const both = `
import * as Table from "${define}/Table.ts"
import { keys, make } from "./before.ts"
export const table = Table.make({ ...keys, aggregates: [make(1)], previous: [make(0)] })
`
const after = `
import * as Table from "${define}/Table.ts"
import { keys, make } from "./before.ts"
export const table = Table.make({ ...keys, aggregates: [make(1)] })
`

describeReal("the first run of tail", (servers) => {
  const tables: Array<OrdersTable.OrdersTable> = []
  afterAll(() => Promise.all(tables.map((table) => table.drop())))

  /** A table of its own, with a row that can't be written and, after it, one that can. */
  const makeTable = async () => {
    const table = await OrdersTable.make(`tail${randomInt(2 ** 31)}`, servers)
    tables.push(table)
    const { PK, SK } = OrdersTable.details(1)
    await table.put({ PK: PK!, SK: SK!, status: { N: "4111" } })
    await table.put(OrdersTable.item(1, 1))
    return table
  }
  const isStored = async ({ name }: OrdersTable.OrdersTable, id: string) =>
    (await ask(servers.openSearchNode, "GET", `/${name}-orders/_doc/${id}`)).status === 200
  const read = ({ folder }: OrdersTable.OrdersTable, name: string) =>
    readFile(join(folder, name), "utf8").catch(() => "")

  it.concurrent("a row that can't be written holds nothing up: it goes to a file that is named for the table", async () => {
    const table = await makeTable()
    const file = `${table.name}.dead-letters.ndjson`
    const until = async () => (await read(table, file)).includes("\n") && (await isStored(table, "1"))
    const collector = await OtlpReceiver.start()
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint }
    const { code, stderr, stdout } = await table.run("tail", [table.name, "--json"], { until, env })
    await collector.stop()
    assert.strictEqual(code, 2, "a row is refused")
    const told = JSON.stringify(collector.received.findLast(({ path }) => path === "/v1/metrics")?.body)
    assert.include(told, "tablefold_dead_lettered_total", "what was observed last is sent before it ends")
    assert.include(told, `{"key":"table","value":{"stringValue":"${table.name}"}}`)
    assert.deepInclude(JSON.parse(stdout), { refused: 1, gaps: 0 })
    assert.include(stderr, `changes that can't be written go to ./${file}`)
    const deadLetter = JSON.parse(await read(table, file))
    assert.strictEqual(deadLetter.rows[0].key, "ORDER#1 / DETAILS")
    assert.notInclude(await read(table, file), "4111")
    const redriven = await table.run("redrive", [file])
    assert.match(redriven.stderr, /orders ORDER#1 \/ DETAILS stays: /)
  })

  it.concurrent("it does with --no-dead-letters, and says which row", async () => {
    const table = await makeTable()
    const checkpoint = async () => /"\d+"/.test(await read(table, `${table.name}.checkpoint.json`))
    // Written again and again, the item is stored; the row before it keeps both unacknowledged.
    const until = async (_: string, stderr: string) => stderr.includes("tried again") && (await isStored(table, "1"))
    const { code, stderr } = await table.run("tail", [table.name, "--no-dead-letters"], { until })
    assert.strictEqual(code, 2, "a row waits")
    assert.match(stderr, /tried again .*ORDER#1 \/ DETAILS/)
    assert.isFalse(await checkpoint())
    assert.strictEqual(await read(table, `${table.name}.dead-letters.ndjson`), "")
    const twice = await table.run("tail", [table.name, "--no-dead-letters", "--dead-letters", "a.ndjson"])
    assert.include(twice.stderr, "give either --dead-letters or --no-dead-letters")
  })

  it.concurrent("with --memory it is told, and no file is made", async () => {
    const table = await makeTable()
    await table.put({ ...OrdersTable.details(3), SK: { S: "DETALS" } })
    await table.put(OrdersTable.details(2))
    const until = (stdout: string) => stdout.includes("\n")
    const { code, stderr } = await table.run("tail", [table.name, "--memory"], { until })
    assert.strictEqual(code, 2)
    assert.match(stderr, /^no template takes keys like ORDER#{…} \/ DETALS: their rows are skipped$/m)
    assert.match(stderr, /^refused: orders ORDER#1 \/ DETAILS: /m)
    assert.strictEqual(await read(table, `${table.name}.dead-letters.ndjson`), "")
  })

  it.concurrent("before a rebuild's first step the index of the definition under previous is written", async () => {
    const table = await OrdersTable.make(`tail${randomInt(2 ** 31)}`, servers)
    tables.push(table)
    await symlink(join(root, "node_modules"), join(table.folder, "node_modules"))
    for (const [name, text] of Object.entries({ before, both, after })) {
      await writeFile(join(table.folder, `${name}.ts`), text)
    }
    const env = {
      OPENSEARCH_NODE: servers.openSearchNode,
      OPENSEARCH_ALIAS_PREFIX: `${table.name}-`,
      DYNAMODB_ENDPOINT: servers.dynamodbEndpoint
    }
    const tail = (module: string, id: string) =>
      tablefold(["tail", "--table", module, table.name], {
        cwd: table.folder,
        env,
        until: () => isStored(table, id)
      })
    await table.put(OrdersTable.details(1))
    assert.strictEqual((await tail("before.ts", "1")).code, 0)

    await table.put(OrdersTable.details(2))
    const { code, stderr } = await tail("both.ts", "2")
    assert.strictEqual(code, 0, stderr)
    assert.match(stderr, /orders is written with its definition under previous alone: .*another definition/)
    const indices = await ask(servers.openSearchNode, "GET", `/_cat/indices/${table.name}-*?h=index`)
    assert.strictEqual(indices.text.trim(), `${table.name}-orders-000001`, "no index is made")

    const alone = await tail("after.ts", "3")
    assert.strictEqual(alone.code, 1)
    assert.match(alone.stderr, /"tail\d+-orders" has another definition: .*Run `tablefold plan`/)
  })
})
