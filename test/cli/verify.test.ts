/** `tablefold verify`, `explain` and `status` on real servers, around one order that somebody spoilt. */
import { assert, it } from "@effect/vitest"
import { afterAll, beforeAll } from "vitest"
import { describeReal } from "../servers/servers.ts"
import { ask } from "../whole/opensearch.ts"
import * as OrdersTable from "./OrdersTable.ts"

describeReal("tablefold verify, explain and status", (servers) => {
  const index = "verify-cli-orders-000001"
  let table: OrdersTable.OrdersTable
  beforeAll(async () => {
    table = await OrdersTable.make("verify-cli", servers)
    await table.put(OrdersTable.details(1), ...[1, 2, 3].map((n) => OrdersTable.item(1, n)))
  })
  afterAll(() => table.drop())

  const run = (command: string, ...args: ReadonlyArray<string>) => table.run(command, args)

  it("name what differs, put it right, and show no data unless asked", async () => {
    assert.strictEqual((await run("backfill", table.name)).code, 0)
    await table.remove(1, "ITEM#2")
    const shipment = { SK: { S: "SHIPMENT#1" }, shipmentId: { S: "1" }, status: { S: "sent" }, carrier: { S: "x" } }
    await table.put(OrdersTable.item(1, 3, { quantity: { N: "7" } }), { PK: { S: "ORDER#1" }, ...shipment })

    const [found, why, whyJson, nobody] = await Promise.all([
      run("verify", table.name, "--settle", "0"),
      run("explain", table.name, "ORDER#1"),
      run("explain", table.name, "ORDER#1", "--values", "--json"),
      run("explain", table.name, "NOBODY#1")
    ])
    assert.strictEqual(found.code, 2)
    assert.include(found.stdout, "4 rows and 1 document compared: ")
    assert.include(found.stdout, "  wrong row  orders  ORDER#1 / ITEM#3: orderItems.quantity\n")
    assert.include(found.stdout, "  ghost row  orders  ORDER#1 / ITEM#2\n")
    // Its carrier is missing, so that the definition refuses it.
    assert.match(found.stdout, / {2}refused {2}orders {2}ORDER#1 \/ SHIPMENT#1 \(field "trackingNumber": .*\)/)
    assert.include(found.stderr, "tablefold: table and index differ in 2 places")
    assert.notInclude(found.stdout + found.stderr, "secret")

    assert.deepStrictEqual([why.code, why.stderr], [2, "tablefold: 3 rows or fields are not as the table has them\n"])
    assert.include(
      why.stdout,
      "orders 1 (ORDER#1): live\n  ORDER#1 / DETAILS: the same\n    index: {…}, by a scan at 20"
    )
    assert.include(why.stdout, "  ORDER#1 / ITEM#2: ghost row\n")
    assert.match(
      why.stdout,
      /table: not there\n {4}a repair would remove it under a scan at 20.*, beside the stream of 20/
    )
    assert.notInclude(why.stdout, "secret")
    const shown = JSON.parse(whyJson.stdout)
    assert.include(JSON.stringify(shown), "secret tea")
    assert.include(nobody.stderr, "no aggregate has the key NOBODY#1; the templates are")

    const repaired = await run("verify", table.name, "--settle", "0", "--repair", "--json")
    assert.deepInclude(JSON.parse(repaired.stdout), { drift: 2, repaired: 2 })
    assert.strictEqual(repaired.code, 2)
    const [{ code, stderr, stdout }, status] = await Promise.all([
      run("verify", table.name, "--settle", "0"),
      run("status")
    ])
    assert.deepStrictEqual([code, stderr], [2, "tablefold: table and index agree, but for 1 refused\n"])
    assert.include(stdout, "refused 1")

    const { text } = await ask(servers.openSearchNode, "GET", `/${index}/_doc/1`)
    assert.deepStrictEqual(
      JSON.parse(text)._source.orderItems.map((item: any) => item.quantity),
      [1, 7]
    )

    assert.strictEqual(status.code, 0, status.stderr)
    assert.match(
      status.stdout,
      /^verify-cli-orders \(definition [0-9a-f]{16}\)\n {2}verify-cli-orders-000001: readers see it\n/m
    )
    assert.include(
      status.stdout,
      "    1 document; unseen 0 waiting for their root, 0 of removed rows alone; 1 in all remember removed rows\n"
    )
    assert.match(status.stdout, /made 20.*, filled from the table, /)
    assert.match(status.stdout, /rows from arn:aws:dynamodb:.*verify-cli, stream of 20/)
  })
})
