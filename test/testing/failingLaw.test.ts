/**
 * A law that fails, run by Vitest as a user runs it: its whole output is short, has the history, the documents' diff and
 * the text that replays it, and that text replays it.
 */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { stripVTControlCharacters } from "node:util"
import { afterAll } from "vitest"

const root = join(import.meta.dirname, "../..")
mkdirSync(join(root, "tmp"), { recursive: true })
const folder = mkdtempSync(join(root, "tmp", "law-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const laws = {
  equal: "Equal.equals(document(Order, delivered), document(Order, inOrder))",
  assert: "assert.deepStrictEqual(document(Order, delivered), document(Order, inOrder))"
}

/** The output of a law about a derived field that is no function of the document. */
const run = (law: string, options = "{ arbitrary: { seed: 1 } }"): string => {
  writeFileSync(
    join(folder, "law.test.ts"),
    `import { assert, it } from "@effect/vitest"
import { Equal, Schema } from "effect"
import { Aggregate } from "../../src/index.ts"
import { deliveries, document } from "../../src/testing/index.ts"

let writes = 0
const Order = Aggregate.make("orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", { orderId: Schema.String, status: Schema.String }),
  parts: { items: Aggregate.many("ITEM#{n}", { sku: Schema.String, quantity: Schema.Int }) }
}).pipe(Aggregate.derive({ writes: Schema.Int }, (order) => ({ writes: order.items.length > 0 ? ++writes : 0 })))

it.prop("an order is a function of its rows", [deliveries(Order)], ([{ delivered, inOrder }]) =>
  ${law}, ${options})
`
  )
  const config = join(folder, "vitest.config.ts")
  writeFileSync(config, `export default { test: { include: ["**/*.test.ts"] } }\n`)
  const vitest = join(root, "node_modules/vitest/vitest.mjs")
  const found = spawnSync(process.execPath, [vitest, "run", "--root", folder, "--config", config], { encoding: "utf8" })
  assert.strictEqual(found.status, 1, found.stderr)
  return stripVTControlCharacters(found.stdout + found.stderr)
}

describe.each(Object.entries(laws))("a law that fails, by %s,", (_, law) => {
  const output = run(law)
  const history = /Shrunk input: (.*)/.exec(output)?.[1]

  it("prints under 60 lines in all", () => assert.isBelow(output.trimEnd().split("\n").length, 60, output))

  it("prints the history, and the diff of the documents", () => {
    assert.match(output, /Shrunk input: \[orders 1: 1 put \w+ "[^"]+" \{.*\}; 2 put \w+ "[^"]+" \{.*\}\n/)
    assert.match(output, /\n {2}- in order: writes: \d+\n {2}\+ delivered as [12 ]+: writes: \d+\]\n/)
  })

  it("prints the text that replays it", () => {
    const replay = /^Replay: (.*)$/m.exec(output)?.[1]
    const again = run(law, `{ arbitrary: { replay: ${JSON.stringify(replay)} } }`)
    assert.include(again, "Property falsified after 1 run(s)")
    assert.include(again, `Shrunk input: ${history}\n`)
    assert.include(again, `Replay: ${replay}\n`)
  })
})
