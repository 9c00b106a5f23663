/** `tablefold mapping`, and the help of all commands. */
import { assert, describe, it } from "@effect/vitest"
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
