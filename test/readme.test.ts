/** The README's code is real: each block is type-checked, and run, against the sources. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, matchesGlob } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll } from "vitest"
import { blocks, readme, sources, writeBlocks } from "./readmeBlocks.ts"

const root = join(import.meta.dirname, "..")
const read = (path: string) => readFileSync(join(root, path), "utf8")

const { exports: entries, files } = JSON.parse(read("package.json")) as {
  readonly exports: object
  readonly files: ReadonlyArray<string>
}

describe("README", () => {
  const folder = writeBlocks()
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  writeFileSync(
    join(folder, "shop.test.ts"),
    `import { it } from "@effect/vitest"
import { Equal } from "effect"
import { deliveries, document } from "../../src/testing/index.ts"
import { Basket, Customer } from "./shop.ts"
import { Task } from "./task.ts"
import { Article, Day, Member } from "./team.ts"

for (const aggregate of [Basket, Customer, Task, Article, Day, Member]) {
  it.prop(\`\${aggregate.name} keep the law\`, [deliveries(aggregate)], ([{ delivered, inOrder }]) =>
    Equal.equals(document<any>(aggregate, delivered), document<any>(aggregate, inOrder)), { timeout: 60_000 })
}
`
  )

  it("has the blocks that make its first screen, and names only entries the package has", () => {
    assert.includeMembers(
      blocks.map(([name]) => name),
      ["table.ts", "lambda.ts", "shop.ts", "table.test.ts"]
    )
    assert.notMatch(readme, /from "\.[^"]*\.ts"/, "an ordinary tsconfig refuses it")
    assert.deepStrictEqual(
      Object.keys(entries).toSorted(),
      Object.keys(sources)
        .map((name) => name.replace("tablefold", "."))
        .toSorted()
    )
  })

  it("type-checks", () => {
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: "../../tsconfig.json", include: ["."], exclude: ["stack.ts"] })
    )
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
    // As the command loads a definition.
    const hook = `import { resolveTypeScript } from "${pathToFileURL(join(root, "src/cli/typeScriptImports.ts"))}"`
    const modules = [
      "shop.ts",
      "project.ts",
      "task.ts",
      "team.ts",
      "both.ts",
      "lambda.ts",
      "lambda-with-dead-letters.ts",
      "search.ts",
      "rolldown.config.ts"
    ]
    const loading = [hook, "resolveTypeScript()", ...modules.map((name) => `await import("./${name}")`)].join("\n")
    execFileSync(process.execPath, ["--input-type=module", "--eval", loading], { cwd: folder, stdio: "pipe" })
  })

  it("has the commands of the repository, which package.json knows", () => {
    assert.match(readme, /```sh\nnpm ci && npm start .*\nnpm test\n```/)
  })

  it("links to what is packed alone, and names nothing that is not", () => {
    const documents = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"))
    const pages = [["README.md", readme], ...documents.map((name) => [`docs/${name}`, read(`docs/${name}`)])] as const
    const links = pages.flatMap(([page, text]) =>
      [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, to]) => join(dirname(page), to!))
    )
    assert.isAbove(links.length, 9)
    for (const link of links) {
      assert.isTrue(existsSync(join(root, link)), link)
      assert.isTrue(
        [...files, "README.md"].some((pattern) => matchesGlob(link, pattern)),
        `${link} is not packed`
      )
    }
    assert.notMatch(readme, /`(src|test|node test)\/|npm run /)
  })
})
