/** `tablefold check` on a real table and on an export of it: what its rows are, with neither OpenSearch nor a write. */
import { assert, it } from "@effect/vitest"
import { afterAll, beforeAll } from "vitest"
import { describeReal } from "../servers/servers.ts"
import { folders } from "../source/export/exportPlaces.ts"
import { exported } from "../source/export/exports.ts"
import * as OrdersTable from "./OrdersTable.ts"

const { details, item } = OrdersTable

const orders = 40
const rows = [
  ...Array.from({ length: orders }, (_, n) => [details(n), item(n, 1), item(n, 2)]).flat(),
  { ...details(100), SK: { S: "DETALS" } },
  item(100, 1),
  item(1, 3, { quantity: { S: "secret" }, unitPrice: { S: "secret" } }),
  item(2, 3, { quantity: { S: "secret" } })
]

const words = [
  `orders: ${orders} documents of root ${orders}, `,
  "  1 row of 1 document without a root, as 100",
  "unclaimed: 1 row whose keys no template takes",
  "  1  ORDER#{…} / DETALS  as ORDER#100 / DETALS",
  "refused: 2 rows",
  "  2  orders orderItems  quantity: Expected number, got S  as ",
  "largest documents:"
]

describeReal("tablefold check", (servers) => {
  let table: OrdersTable.OrdersTable
  const places = folders()
  beforeAll(async () => {
    table = await OrdersTable.make("check-cli", servers)
    await table.put(...rows)
  })
  afterAll(async () => {
    await table.drop()
    await places.clear()
  })

  const run = (...args: ReadonlyArray<string>) =>
    table.run("check", [table.name, ...args], { env: { OPENSEARCH_NODE: "http://localhost:1" } })

  it("says what the rows are, and ends with 2 where some are refused", async () => {
    const { code, stderr, stdout } = await run()
    assert.strictEqual(code, 2, stderr)
    assert.strictEqual(stderr, "tablefold: 2 rows refused\n")
    for (const part of words) assert.include(stdout, part)
    assert.notInclude(stdout, "secret")
  })

  it("says it in JSON, with values where they are asked for", async () => {
    const { code, stdout } = await run("--json", "--values", "--rate", "10000")
    assert.strictEqual(code, 2)
    const found = JSON.parse(stdout)
    assert.deepInclude(found, { rows: rows.length, unclaimed: 1, refused: 2, tooLarge: 0 })
    assert.deepStrictEqual(
      found.problems.map(({ field, got, rows }: any) => [field, got, rows]),
      [
        ["quantity", "S", 2],
        ["unitPrice", "S", 1]
      ]
    )
    assert.deepStrictEqual(found.problems[1].values, ['{"S":"secret"}'])
    assert.isAbove(found.units, 0)
  })

  it("reads a part, of whole partitions", async () => {
    const { stdout } = await run("--json", "--rows", "60")
    const found = JSON.parse(stdout)
    assert.isBelow(found.rows, 61)
    assert.isAbove(found.rows, 20)
    assert.isAtMost(found.documents.orders.waitingDocuments, 1)
  })

  it("reads an export, for which it asks nobody else", async () => {
    const content = {
      tableArn: table.arn,
      exportTime: "2020-01-01T00:00:00Z",
      files: [rows.slice(0, 60), rows.slice(60)]
    }
    const place = await places.put(exported(content as never))
    const endpoint = ["--endpoint", "http://localhost:1"]
    const { code, stderr, stdout } = await run("--export", place, ...endpoint)
    assert.strictEqual(code, 2, stderr)
    for (const part of words) assert.include(stdout, part)
    const other = await table.run("check", ["other", "--export", place, ...endpoint])
    assert.match(other.stderr, /is an export of .*table\/check-cli, not of other/)
    assert.strictEqual(other.code, 1)
  })
})
