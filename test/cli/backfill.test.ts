/** `tablefold backfill` on real servers: killed in the middle, it goes on from a copy of its state in another folder. */
import { BatchWriteItemCommand, CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { assert, it } from "@effect/vitest"
import { mkdtemp, readFile, rename, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { describeReal } from "../servers/servers.ts"
import { exampleTable, type Options, tablefold } from "./program.ts"

const orders = 200
const itemsEach = 4

describeReal("tablefold backfill", ({ dynamodbEndpoint, openSearchNode }) => {
  const TableName = "backfill-cli"
  let folder = ""
  const client = new DynamoDBClient({
    endpoint: dynamodbEndpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" }
  })

  const row = (n: number, i: number) => ({
    PK: { S: `ORDER#${n}` },
    ...(i === 0
      ? {
          SK: { S: "DETAILS" },
          customerId: { S: "c" },
          status: { S: "paid" },
          totalAmount: { N: "9.5" },
          orderDate: { S: "2026-01-01" },
          shippingAddress: { M: { street: { S: "a" }, city: { S: "b" }, zipCode: { S: "c" } } }
        }
      : {
          SK: { S: `ITEM#${i}` },
          itemId: { S: `${i}` },
          productName: { S: "p".repeat(100) },
          quantity: { N: "1" },
          unitPrice: { N: "1.5" }
        })
  })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tablefold-backfill-"))
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
    const rows = Array.from({ length: orders }, (_, n) =>
      Array.from({ length: itemsEach + 1 }, (_, i) => row(n, i))
    ).flat()
    for (let i = 0; i < rows.length; i += 25) {
      const Item = rows.slice(i, i + 25).map((Item) => ({ PutRequest: { Item } }))
      await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: Item } }))
    }
  })
  afterAll(async () => {
    client.destroy()
    await rm(folder, { recursive: true, force: true })
    await fetch(`${openSearchNode}/backfillcli-*`, { method: "DELETE" })
  })

  const run = (args: ReadonlyArray<string>, options: Options = {}) =>
    tablefold(["backfill", TableName, "--table", exampleTable, "--endpoint", dynamodbEndpoint, ...args], {
      cwd: folder,
      env: { OPENSEARCH_NODE: openSearchNode, OPENSEARCH_ALIAS_PREFIX: "backfillcli-" },
      ...options
    })

  const countOf = async (alias: string) => {
    await fetch(`${openSearchNode}/${alias}/_refresh`, { method: "POST" })
    const found = (await (await fetch(`${openSearchNode}/${alias}/_count`)).json()) as { readonly count: number }
    return found.count
  }

  it("goes on from its state after kill -9, and elsewhere", async () => {
    const kept = join(folder, `${TableName}.backfill.json`)
    const rowsIn = (file: string) => readFile(file, "utf8").then((text): number => JSON.parse(text).rows)
    const hasBegun = () =>
      rowsIn(kept).then(
        (rows) => rows > 0,
        () => false
      )
    const killed = await run(["--rate", "4"], { by: "SIGKILL", until: hasBegun })
    assert.strictEqual(killed.code, null)
    const state = join(folder, "elsewhere.json")
    await rename(kept, state)
    const rows = await rowsIn(state)
    assert.isTrue(rows > 0 && rows < orders * (itemsEach + 1))

    const { code, stderr, stdout } = await run(["--state", state])
    assert.strictEqual(code, 0, stderr)
    const report = JSON.parse(stdout)
    assert.strictEqual(report.rows + rows, orders * (itemsEach + 1))
    assert.strictEqual(report.rowsBefore, rows)
    assert.deepInclude(report, { refused: 0, outdated: 0, writesPerDocument: 1 })
    assert.match(stderr, /rows made \d+ documents in .* read units\): \d+ written, \d+ as they were/)
    assert.strictEqual(await countOf("backfillcli-orders"), orders)
    const isLeft = await stat(state).then(
      () => true,
      () => false
    )
    assert.isFalse(isLeft, "the state is removed when all is through")

    const again = await run([])
    const { documents, unchanged, written } = JSON.parse(again.stdout)
    assert.deepStrictEqual({ documents, unchanged, written }, { documents: orders, unchanged: orders, written: 0 })
    assert.match(again.stderr, /a verification is due \(tablefold verify\): .* was filled before/)
  })

  it("says what is wrong with a table that is not there, or a number that is none", async () => {
    const missing = await tablefold(["backfill", "nowhere", "--table", exampleTable, "--endpoint", dynamodbEndpoint], {
      cwd: folder,
      env: { OPENSEARCH_NODE: openSearchNode, OPENSEARCH_ALIAS_PREFIX: "backfillcli-" }
    })
    assert.strictEqual(missing.code, 1)
    assert.match(missing.stderr, /^tablefold: DescribeTable of nowhere failed with ResourceNotFoundException/m)
    const zero = await run(["--segments", "0"])
    assert.strictEqual(zero.code, 1)
    assert.include(zero.stderr, "--segments must be from 1 to 1000000")
  })
})
