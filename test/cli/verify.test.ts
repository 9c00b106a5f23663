/** `tablefold verify`, `explain` and `status` on real servers, around one order that somebody spoilt. */
import { CreateTableCommand, DeleteItemCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb"
import { assert, it } from "@effect/vitest"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { describeReal } from "../servers/servers.ts"
import { ask } from "../whole/opensearch.ts"
import { exampleTable, tablefold } from "./program.ts"

describeReal("tablefold verify, explain and status", ({ dynamodbEndpoint, openSearchNode }) => {
  const TableName = "verify-cli"
  const index = "verifycli-orders-000001"
  let folder = ""
  const client = new DynamoDBClient({
    endpoint: dynamodbEndpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" }
  })
  const put = (SK: string, fields: object) =>
    client.send(new PutItemCommand({ TableName, Item: { PK: { S: "ORDER#1" }, SK: { S: SK }, ...fields } }))
  const item = (n: number) => ({
    itemId: { S: `${n}` },
    productName: { S: "secret tea" },
    quantity: { N: `${n}` },
    unitPrice: { N: "2.5" }
  })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tablefold-verify-"))
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [
          { AttributeName: "PK", KeyType: "HASH" },
          { AttributeName: "SK", KeyType: "RANGE" }
        ],
        AttributeDefinitions: ["PK", "SK"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
        StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" }
      })
    )
    await put("DETAILS", {
      customerId: { S: "c" },
      status: { S: "paid" },
      totalAmount: { N: "9.5" },
      orderDate: { S: "2026-01-01" },
      shippingAddress: { M: { street: { S: "a" }, city: { S: "b" }, zipCode: { S: "c" } } }
    })
    for (const n of [1, 2, 3]) await put(`ITEM#${n}`, item(n))
  })
  afterAll(async () => {
    client.destroy()
    await rm(folder, { recursive: true, force: true })
    await ask(openSearchNode, "DELETE", "/verifycli-*?expand_wildcards=all")
  })

  const run = (command: string, ...args: ReadonlyArray<string>) => {
    const endpoint = command === "status" ? [] : ["--endpoint", dynamodbEndpoint]
    return tablefold([command, "--table", exampleTable, ...endpoint, ...args], {
      cwd: folder,
      env: { OPENSEARCH_NODE: openSearchNode, OPENSEARCH_ALIAS_PREFIX: "verifycli-" }
    })
  }

  it("name what differs, put it right, and show no data unless asked", async () => {
    assert.strictEqual((await run("backfill", TableName)).code, 0)
    await client.send(new DeleteItemCommand({ TableName, Key: { PK: { S: "ORDER#1" }, SK: { S: "ITEM#2" } } }))
    await put("ITEM#3", { ...item(3), quantity: { N: "7" } })
    await put("SHIPMENT#1", { shipmentId: { S: "1" }, status: { S: "sent" }, carrier: { S: "x" } })

    const [found, why, whyJson, nobody] = await Promise.all([
      run("verify", TableName, "--settle", "0"),
      run("explain", TableName, "ORDER#1"),
      run("explain", TableName, "ORDER#1", "--values", "--json"),
      run("explain", TableName, "NOBODY#1")
    ])
    assert.strictEqual(found.code, 1)
    assert.include(found.stdout, "4 rows and 1 document compared: ")
    assert.include(found.stdout, "  wrong row  orders  ORDER#1 / ITEM#3: orderItems.quantity\n")
    assert.include(found.stdout, "  ghost row  orders  ORDER#1 / ITEM#2\n")
    // Its carrier is missing, so that the definition refuses it.
    assert.match(found.stdout, / {2}refused {2}orders {2}ORDER#1 \/ SHIPMENT#1 \(field "trackingNumber": .*\)/)
    assert.include(found.stderr, "tablefold: table and index differ in 2 places")
    assert.notInclude(found.stdout + found.stderr, "secret")

    assert.strictEqual(why.code, 0, why.stderr)
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

    const repaired = await run("verify", TableName, "--settle", "0", "--repair", "--json")
    assert.deepInclude(JSON.parse(repaired.stdout), { drift: 2, repaired: 2 })
    assert.strictEqual(repaired.code, 1)
    const [{ code, stdout }, status] = await Promise.all([run("verify", TableName, "--settle", "0"), run("status")])
    assert.strictEqual(code, 0)
    assert.include(stdout, "refused 1")

    const { text } = await ask(openSearchNode, "GET", `/${index}/_doc/1`)
    assert.deepStrictEqual(
      JSON.parse(text)._source.orderItems.map((item: any) => item.quantity),
      [1, 7]
    )

    assert.strictEqual(status.code, 0, status.stderr)
    assert.match(
      status.stdout,
      /^verifycli-orders \(definition [0-9a-f]{16}\)\n {2}verifycli-orders-000001: live, filled, made 20/m
    )
    assert.include(status.stdout, "1 documents, 0 waiting for their root, 0 with nothing but removed rows")
    assert.match(status.stdout, /from arn:aws:dynamodb:.*verify-cli, stream of 20/)
  })
})
