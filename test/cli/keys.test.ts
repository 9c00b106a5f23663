/**
 * Commands on a table whose key names are not the definition's: refused in a sentence, and nothing is made or taken.
 */
import { assert, it } from "@effect/vitest"
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { afterAll, beforeAll } from "vitest"
import * as Arn from "../../src/Arn.ts"
import * as Version from "../../src/Version.ts"
import * as DeadLetters from "../../src/sink/deadletter/DeadLetters.ts"
import { describeReal } from "../servers/servers.ts"
import { ask } from "../whole/opensearch.ts"
import * as OrdersTable from "./OrdersTable.ts"
import { tablefold } from "./program.ts"

const root = resolve(import.meta.dirname, "../..")

const module = (keys: object, template: object) => `
import { Schema } from "effect"
import * as Aggregate from "${root}/src/define/Aggregate.ts"
import * as Table from "${root}/src/define/Table.ts"
const root = Aggregate.root(...${JSON.stringify(template)}, { status: Schema.String })
const Order = Aggregate.make("orders", { key: "ORDER#{orderId}", root })
export const table = Table.make({ ...${JSON.stringify(keys)}, aggregates: [Order] })
`

const definitions = {
  "misspelt.ts": [{ partitionKey: "PK", sortKey: "sk" }, "keys PK, sk"],
  "without.ts": [{ partitionKey: "PK" }, "key PK and no sort key"]
} as const

describeReal("where the key names of a table are others", (servers) => {
  const name = "keys-cli"
  let table: OrdersTable.OrdersTable
  beforeAll(async () => {
    table = await OrdersTable.make(name, servers)
    await table.put(OrdersTable.details(1), OrdersTable.item(1, 1))
    await symlink(join(root, "node_modules"), join(table.folder, "node_modules"))
    for (const [file, [keys]] of Object.entries(definitions)) {
      const template = "sortKey" in keys ? ["DETAILS"] : []
      await writeFile(join(table.folder, file), module(keys, template))
    }
    const keys = { PK: { S: "ORDER#1" }, SK: { S: "DETAILS" } }
    const streamArn = `${table.arn}/stream/2026-01-01T00:00:00.000`
    const version = Version.stream(Arn.epochOf(streamArn)!, "1")
    const rows = [{ key: "ORDER#1 / DETAILS", keys, version, streamArn, sequenceNumber: "1" }] as const
    const deadLetter = DeadLetters.make({ tableArn: table.arn, aggregate: "orders", rows, reason: "x" }, 0)
    await writeFile(join(table.folder, "dead-letters.jsonl"), `${DeadLetters.encode(deadLetter)}\n`)
    await mkdir(join(table.folder, "nothing"))
  })
  afterAll(() => table.drop())

  const commands: ReadonlyArray<readonly [string, ...ReadonlyArray<string>]> = [
    ["tail", name],
    ["backfill", name],
    ["backfill", name, "--export", "nothing"],
    ["verify", name],
    ["rebuild", name, "--yes", "--wait", "0"],
    ["explain", name, "ORDER#1"],
    ["redrive", "dead-letters.jsonl"]
  ]

  it.each(commands.map((command) => [command.join(" "), command] as const))("%s", async (_, [command, ...args]) => {
    const subject = command === "redrive" ? table.arn : name
    for (const [file, [, words]] of Object.entries(definitions)) {
      const { code, stderr, stdout } = await tablefold([command, ...args, "--table", file], {
        cwd: table.folder,
        env: {
          OPENSEARCH_NODE: servers.openSearchNode,
          OPENSEARCH_ALIAS_PREFIX: `${name}-`,
          DYNAMODB_ENDPOINT: servers.dynamodbEndpoint
        }
      })
      const sentence = `the table ${subject} has the keys PK, SK; the definition has the ${words}; correct partitionKey and`
      assert.include(stderr, `tablefold: ${sentence} sortKey in Table.make`)
      assert.strictEqual(code, 1)
      assert.notInclude(stderr + stdout, "secret")
    }
    const aliases = await ask(servers.openSearchNode, "GET", `/_cat/indices/${name}-*?format=json`)
    assert.strictEqual(aliases.text, "[]", "no index was made")
    assert.isNotEmpty(await readFile(join(table.folder, "dead-letters.jsonl"), "utf8"))
  })
})
