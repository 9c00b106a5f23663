/** `tablefold init` on real servers: the module it prints is a definition that reads the table. */
import { BatchWriteItemCommand, CreateTableCommand, DeleteTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { assert, it } from "@effect/vitest"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, beforeAll, describe } from "vitest"
import type * as Table from "../../src/define/Table.ts"
import { decoded } from "../init/decoded.ts"
import { saas } from "../init/tables.ts"
import { startS3Mock } from "../servers/S3Mock.ts"
import { describeReal } from "../servers/servers.ts"
import { buckets, folders } from "../source/export/exportPlaces.ts"
import { exported } from "../source/export/exports.ts"
import { tablefold } from "./program.ts"

const root = join(import.meta.dirname, "../..")
const name = "init-cli"

const s3 = await startS3Mock()
afterAll(() => s3?.stop())

describeReal("tablefold init", ({ dynamodbEndpoint }) => {
  const credentials = { accessKeyId: "local", secretAccessKey: "local" }
  const client = new DynamoDBClient({ endpoint: dynamodbEndpoint, region: "us-east-1", credentials })
  const places = {
    "a folder": folders(),
    ...(s3 === undefined ? {} : { "a bucket": buckets(s3.endpoint, "init-exports") })
  }
  mkdirSync(join(root, "tmp"), { recursive: true })
  const folder = mkdtempSync(join(root, "tmp", "init-cli-"))
  let arn = ""

  const create = async (TableName: string) => {
    const { TableDescription } = await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [
          { AttributeName: "PK", KeyType: "HASH" },
          { AttributeName: "SK", KeyType: "RANGE" }
        ],
        AttributeDefinitions: ["PK", "SK"].map((AttributeName) => ({ AttributeName, AttributeType: "S" as const }))
      })
    )
    return TableDescription!.TableArn!
  }

  beforeAll(async () => {
    arn = await create(name)
    for (let i = 0; i < saas.rows.length; i += 25) {
      const puts = saas.rows.slice(i, i + 25).map((Item) => ({ PutRequest: { Item: Item as never } }))
      await client.send(new BatchWriteItemCommand({ RequestItems: { [name]: puts } }))
    }
  })
  afterAll(async () => {
    await client.send(new DeleteTableCommand({ TableName: name }))
    for (const place of Object.values(places)) await place.clear()
    client.destroy()
    rmSync(folder, { recursive: true, force: true })
  })

  const env = s3 === undefined ? {} : { AWS_ENDPOINT_URL_S3: s3.endpoint }
  const run = (...args: ReadonlyArray<string>) => tablefold(["init", ...args, "--endpoint", dynamodbEndpoint], { env })

  it("prints a module that takes all rows, says first what reading costs, then what there is", async () => {
    const { code, stderr, stdout } = await run(name)
    assert.strictEqual(code, 0, stderr)
    assert.match(
      stderr,
      /^reading up to 10,000 rows of about 136 of init-cli, in 100 segments: about 10\d read units\n/
    )
    assert.match(
      stderr,
      /\n {2}48 {2}projects\.tasks\.comments +many PROJECT#\{projectId\} \/ TASK#\{taskId\}#COMMENT#\{commentId\}\n/
    )
    const file = join(folder, "table.ts")
    writeFileSync(file, stdout.replace('from "tablefold"', 'from "../../src/index.ts"'))
    const { table } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as { readonly table: Table.Table }
    assert.deepStrictEqual(decoded(table, saas).others, [])
  })

  it.each(Object.entries(places))("reads an export in %s as it reads the table", async (_, places) => {
    const half = Math.ceil(saas.rows.length / 2)
    const files = [saas.rows.slice(0, half), saas.rows.slice(half)]
    const place = await places.put(exported({ tableArn: arn, exportTime: "2026-01-01T00:00:00Z", files }))
    const [fromTable, fromExport] = await Promise.all([run(name, "--json"), run(name, "--json", "--export", place)])
    assert.strictEqual(fromExport.code, 0, fromExport.stderr)
    assert.include(fromExport.stderr, `rows of 136 in ${place}`)
    const [{ units, ...one }, { units: none, ...other }] = [fromTable, fromExport].map(({ stdout }) =>
      JSON.parse(stdout)
    )
    assert.deepStrictEqual(other.kinds, one.kinds)
    assert.strictEqual(other.source, one.source)
    assert.isAbove(units, 0)
    assert.strictEqual(none, 0)
  })

  it("reads no more rows than were asked for", async () => {
    const { code, stdout } = await run(name, "--rows", "30", "--json")
    assert.include([0, 2], code)
    assert.strictEqual(JSON.parse(stdout).rows, 30)
  })

  describe("fails in a sentence", () => {
    it("where there is no table, and where it is empty", async () => {
      const missing = await run("init-nowhere")
      assert.strictEqual(missing.code, 1)
      assert.match(missing.stderr, /^tablefold: .*init-nowhere/)
      await create("init-empty")
      const { code, stderr } = await run("init-empty")
      assert.deepStrictEqual(
        [code, stderr.split("\n")[1]],
        [1, "tablefold: init-empty has no rows, of which a definition could be made"]
      )
      await client.send(new DeleteTableCommand({ TableName: "init-empty" }))
    })
  })
})
