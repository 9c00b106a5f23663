/** The README's code is real: each block is type-checked, and run, against the sources. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { afterAll } from "vitest"

const root = join(import.meta.dirname, "..")
const readme = readFileSync(join(root, "README.md"), "utf8")

/** Blocks by the file name in their first line. */
const blocks = [...readme.matchAll(/```ts\n\/\/ (\S+)\n([^]*?)```/g)].map(([, name, code]) => [name!, code!] as const)

const entries = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).exports as object

/** Where the package's names stand in the sources. */
const sources: { readonly [name: string]: string } = {
  tablefold: "src/index.ts",
  "tablefold/lambda": "src/lambda/index.ts",
  "tablefold/opensearch": "src/sink/opensearch/index.ts",
  "tablefold/testing": "src/testing/index.ts",
  "tablefold/testing/suite": "src/testing/SinkSuite.ts"
}

describe("README", () => {
  mkdirSync(join(root, "tmp"), { recursive: true })
  const folder = mkdtempSync(join(root, "tmp", "readme-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, code] of blocks) {
    const local = code.replaceAll(/from "(tablefold[^"]*)"/g, (_, entry) => `from "../../${sources[entry]}"`)
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), local)
  }

  writeFileSync(
    join(folder, "shop.test.ts"),
    `import { it } from "@effect/vitest"
import { Equal } from "effect"
import { deliveries, document } from "../../src/testing/index.ts"
import { Basket, Customer } from "./shop.ts"

for (const aggregate of [Basket, Customer]) {
  it.prop(\`\${aggregate.name} keep the law\`, [deliveries(aggregate)], ([{ delivered, inOrder }]) =>
    Equal.equals(document<any>(aggregate, delivered), document<any>(aggregate, inOrder)), { arbitrary: { runs: 1000 } })
}
`
  )

  it("has the blocks that make its first screen, and names only entries the package has", () => {
    assert.includeMembers(
      blocks.map(([name]) => name),
      ["table.ts", "lambda.ts", "shop.ts", "table.test.ts"]
    )
    assert.deepStrictEqual(
      Object.keys(entries).toSorted(),
      Object.keys(sources)
        .map((name) => name.replace("tablefold", "."))
        .toSorted()
    )
  })

  it("type-checks", () => {
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ extends: "../../tsconfig.json", include: ["."] }))
    const { status, stdout } = spawnSync(process.execPath, [
      join(root, "node_modules/typescript/bin/tsc"),
      "-p",
      folder
    ])
    assert.strictEqual(status, 0, String(stdout))
  })

  it("runs: its tests pass, and its modules load", () => {
    const config = join(folder, "vitest.config.ts")
    writeFileSync(config, `export default { test: { include: ["**/*.test.ts"], testTimeout: 60_000 } }\n`)
    const vitest = join(root, "node_modules/vitest/vitest.mjs")
    execFileSync(process.execPath, [vitest, "run", "--root", folder, "--config", config], { stdio: "pipe" })
    const modules = ["shop.ts", "both.ts", "lambda.ts", "lambda-with-dead-letters.ts"]
    const loading = modules.map((name) => `await import("./${name}")`).join("\n")
    execFileSync(process.execPath, ["--input-type=module", "--eval", loading], { cwd: folder, stdio: "pipe" })
  })

  it("has a test command that package.json knows", () => {
    assert.include(readme, "npm test")
  })
})
