/** `tablefold mapping`, the help of all commands, and how the definition's module is found. */
import { assert, describe, it } from "@effect/vitest"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { exampleTable, tablefold } from "./tablefold.ts"

const library = JSON.stringify(resolve(import.meta.dirname, "../../src/index.ts"))

let folder = ""
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tablefold-mapping-"))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const mapping = async (name: string, text: string) => {
  await writeFile(join(folder, name), text)
  return tablefold(["mapping", "--table", name], { cwd: folder })
}

describe("mapping", () => {
  it.concurrent("prints what an index is made with", async () => {
    const env = { OPENSEARCH_ALIAS_PREFIX: "dev-" }
    const { code, stderr, stdout } = await tablefold(["mapping", "--table", exampleTable], { env })
    const { "dev-orders": orders, "dev-users": users } = JSON.parse(stdout)
    assert.deepStrictEqual(orders.aliases, { "dev-orders": { filter: { term: { "_sync.live": true } } } })
    assert.strictEqual(orders.mappings.dynamic, false)
    assert.strictEqual(orders.mappings.properties.orderItems.type, "nested")
    assert.strictEqual(users.mappings.properties.userId.type, "keyword")
    assert.deepStrictEqual([code, stderr], [0, ""])
  })

  it.concurrent("takes the only table among a module's exports", async () => {
    const { code, stdout } = await mapping(
      "only.ts",
      `import { Aggregate, Table } from ${library}
       import { Schema } from "${import.meta.resolve("effect")}"
       export const Note = Aggregate.make("notes", { key: "NOTE#{id}", root: Aggregate.root("NOTE", { id: Schema.String }) })
       export const shop: Table.Table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Note] })`
    )
    assert.deepStrictEqual([code, Object.keys(JSON.parse(stdout))], [0, ["notes"]])
  })

  it.concurrent.for([
    ["exports no table", "export const Order = 1, User = 2", "exports no table, it exports Order, User;"],
    ["throws", "throw new Error('no database today')", "can't be loaded: no database today"],
    ["needs what is not there", 'import "./absent.ts"', "can't be loaded: Cannot find module"],
    [
      "has a wrong definition",
      `import { Aggregate, Table } from ${library}
       export const table = Table.make({ partitionKey: "PK", aggregates: [Aggregate.make("a", { key: "A{" })] })`,
      'the definition can\'t be used:\n  - aggregate "a": key template "A{" has a brace without its pair\n  - '
    ]
  ] as const)("says that the module %s", async ([title, text, sentence]) => {
    const { code, stderr, stdout } = await mapping(`${title.replaceAll(/\W/g, "-")}.ts`, text)
    assert.include(stderr, sentence)
    assert.notMatch(stderr, / {4}at /, "no stack")
    assert.deepStrictEqual([code, stdout], [1, ""])
  })

  it.concurrent("says that the module is missing", async () => {
    const { code, stderr } = await tablefold(["mapping"], { cwd: folder })
    assert.deepStrictEqual(
      [code, stderr],
      [1, "tablefold: ./table.ts does not exist; name the module of the definition with --table\n"]
    )
  })
})

describe("--help", () => {
  it.concurrent.for(["replay", "tail", "mapping"])("of %s has an example", async (command) => {
    const { code, stdout } = await tablefold([command, "--help"])
    assert.match(stdout, new RegExp(`EXAMPLES\n  # .*\n  (OPENSEARCH_NODE=\\S+ )?tablefold ${command} `))
    assert.strictEqual(code, 0)
  })

  it.concurrent("guesses what was meant", async () => {
    const { code, stderr } = await tablefold(["reply"])
    assert.include(stderr, "replay")
    assert.strictEqual(code, 1)
  })
})
