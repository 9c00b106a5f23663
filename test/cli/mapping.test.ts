/** `tablefold mapping`, and the help of all commands. */
import { assert, describe, it } from "@effect/vitest"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { exampleTable, tablefold } from "./program.ts"

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

  it.concurrent("says that the module is missing", async () => {
    const { code, stderr, stdout } = await tablefold(["mapping", "--table", "absent.ts"])
    const sentence = "tablefold: absent.ts does not exist; name the module of the definition with --table\n"
    assert.deepStrictEqual([code, stdout, stderr], [1, "", sentence])
  })
})

describe("a definition that imports TypeScript", () => {
  const load = async (specifier: string) => {
    const folder = await mkdtemp(join(tmpdir(), "tablefold-imports-"))
    await writeFile(join(folder, "package.json"), `{ "type": "module" }`)
    await writeFile(join(folder, "shop.ts"), `export { table } from "${exampleTable}"`)
    await writeFile(join(folder, "table.ts"), `export * from "${specifier}"`)
    return tablefold(["mapping"], { cwd: folder }).finally(() => rm(folder, { recursive: true }))
  }

  it.concurrent.for(["./shop.ts", "./shop.js", "./shop"])("as %s", async (specifier) => {
    const { code, stderr } = await load(specifier)
    assert.deepStrictEqual([code, stderr], [0, ""])
  })

  it.concurrent("is told of a module that is not there by the name that was written", async () => {
    const { code, stderr } = await load("./absent.js")
    assert.match(stderr, /can't be loaded: Cannot find module '.*\/absent\.js'/)
    assert.strictEqual(code, 1)
  })
})

describe("--help", () => {
  it.concurrent.for(["replay", "tail", "mapping", "policy"])("of %s has an example", async (command) => {
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
