/**
 * The package as a user has it: packed, installed into an empty project, type-checked as strictly as TypeScript goes,
 * bundled by each bundler, and each bundle started.
 */
import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync } from "node:fs"
import { readdir, readFile } from "node:fs/promises"
import { dirname, join, relative } from "node:path"
import { rolldown } from "rolldown"
import { afterAll } from "vitest"
import { startAgainstBusy } from "./busyServer.ts"
import * as Project from "./Project.ts"

const root = join(import.meta.dirname, "../..")
const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const pinned = (name: string): string => `${name}@${own.devDependencies[name]}`
const readme = readFileSync(join(root, "README.md"), "utf8")
const blocks = Object.fromEntries(
  [...readme.matchAll(/```ts\n\/\/ (\S+)\n([^]*?)```/g)].map(([, name, code]) => [name!, code!])
)

afterAll(Project.removeAll)
const tarball = await Project.pack()

/** What `tsc --init` makes, without what needs a browser. */
const tsconfig = JSON.stringify({
  exclude: ["node_modules", "cdk.out", "stack.ts"],
  compilerOptions: {
    module: "nodenext",
    target: "es2024",
    types: ["node"],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    verbatimModuleSyntax: true,
    isolatedModules: true,
    noEmit: true
  }
})

const forCdk: { readonly [name: string]: string } = JSON.parse(
  readFileSync(join(root, "test/cdk/package.json"), "utf8")
).dependencies
const tools = [
  ...["typescript", "@types/node", "vitest", "@effect/vitest", "rolldown"].map(pinned),
  ...["aws-cdk-lib", "constructs"].map((name) => `${name}@${forCdk[name]}`),
  "esbuild@0.28.2"
]

/** Both ends of the range: the oldest that we allow, and the newest there is. */
const range: string = own.peerDependencies.effect
const oldest = await Project.project({}, tarball, `effect@${range.replace("^", "")}`)
const files = {
  ...blocks,
  "tsconfig.json": tsconfig,
  // aws-cdk-lib's own classes do not fit its interfaces with exactOptionalPropertyTypes.
  "tsconfig.stack.json": `{
    "extends": "./tsconfig.json",
    "compilerOptions": { "exactOptionalPropertyTypes": false },
    "exclude": [],
    "files": ["stack.ts"]
  }`,
  "suite.ts": `export { suite } from "tablefold/testing/suite"\n`
}

describe("the tarball", () => {
  const installed = join(oldest, "node_modules/tablefold")
  const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"))

  it("holds the modules that exports reach, and no other; all that they import is installed with it", async () => {
    const bare = new Set<string>()
    const reached = new Set<string>()
    const build = await rolldown({
      input: Object.values<string>(manifest.exports).map((path) => join(installed, path)),
      external: (id) => /^[^./]/.test(id) && bare.add(id) !== undefined,
      plugins: [{ name: "reached", moduleParsed: ({ id }) => void reached.add(relative(installed, id)) }]
    })
    await build.generate()
    const packed = (await readdir(installed, { recursive: true })).filter((path) => path.endsWith(".js"))
    assert.sameMembers(
      packed,
      [...reached].filter((id) => id.endsWith(".js"))
    )
    const names = [...bare].flatMap((id) => (id.startsWith("node:") ? [] : [/^(@[^/]+\/)?[^/]+/.exec(id)![0]]))
    const needed = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]
    assert.sameMembers([...new Set(names)], needed)
  })

  it("holds what it refers to, and nothing of the repository's own", () => {
    for (const path of ["LICENSE", "README.md", "CHANGELOG.md", "docs/speed.md", "docs/contributing.md"]) {
      assert.isTrue(existsSync(join(installed, path)), path)
    }
    assert.notInclude(Object.keys(manifest).join(), "dev")
    assert.doesNotHaveAnyKeys(manifest, ["scripts", "optionalDependencies"])
    assert.isFalse(existsSync(join(installed, "dist/example")))
    assert.include(readFileSync(join(installed, "dist/cli/licences.txt"), "utf8"), "@aws-sdk/client-s3 ")
    assert.include(readFileSync(join(installed, "dist/console/licences.txt"), "utf8"), "preact ")
    assert.include(readFileSync(join(installed, "dist/console/page.html"), "utf8"), "<!doctype html>")
  })

  it("brings few packages", async () => {
    const all = await Project.succeed(oldest, "npm", "ls", "--all", "--parseable")
    assert.isAtMost(new Set(all.trim().split("\n")).size - 1, 45)
  })
})

const newest = await Project.project(files, tarball, `effect@${range}`, ...tools)
const bin = (name: string) => join(newest, "node_modules/.bin", name)

describe("in an empty project", () => {
  it.each([
    ["oldest", oldest],
    ["newest", newest]
  ])("the %s Effect is the only one, and the command starts", async (_, path) => {
    const list = JSON.parse(await Project.succeed(path, "npm", "ls", "effect", "--json"))
    assert.strictEqual(list.dependencies.tablefold.dependencies.effect.version, list.dependencies.effect.version)
    assert.include(await Project.succeed(path, "npx", "tablefold", "--version"), own.version)
  })

  it.each([["nodenext"], ["preserve"]])("the README's code type-checks, strictly (module %s)", async (module) => {
    await Project.succeed(newest, bin("tsc"), "-p", ".", "--module", module)
  })

  it("the README's stack type-checks, and becomes a template with the handler's bundle", async () => {
    await Project.succeed(newest, bin("tsc"), "-p", "tsconfig.stack.json")
    const flags = ["--bundle", "--packages=external", "--platform=node", "--format=esm", "--outfile=dist/stack.mjs"]
    await Project.succeed(newest, bin("esbuild"), "stack.ts", ...flags)
    const out = join(newest, "cdk.out")
    const { code, stderr } = await Project.run(newest, process.execPath, ["dist/stack.mjs"], { CDK_OUTDIR: out })
    assert.strictEqual(code, 0, stderr)
    const made = await readdir(out, { recursive: true })
    assert.includeMembers(made, ["Shop.template.json"])
    assert.isTrue(made.some((name) => name.endsWith("index.mjs")))
  })

  it("the README's tests pass, and the command takes its definitions", async () => {
    await Project.succeed(newest, bin("vitest"), "run")
    for (const name of ["table.ts", "shop.ts", "both.ts"]) {
      JSON.parse(await Project.succeed(newest, bin("tablefold"), "mapping", "--table", name))
    }
  })
})

const esm = ["--format=esm", `--banner:js=${/--banner:js='([^']+)'/.exec(readme)![1]}`]
/** What `NodejsFunction` gives to esbuild (aws-cdk-lib 2.276). */
const cdk = ["--target=node24", "--platform=node", "--external:@aws-sdk/*"]
const esbuild = (out: string, ...flags: ReadonlyArray<string>) =>
  [out, ["esbuild", "--bundle", "lambda-with-dead-letters.ts", `--outfile=dist/${out}`, ...flags]] as const

describe("a handler, bundled and started", () => {
  it.each([
    ["rolldown/index.mjs", ["rolldown", "-c", "rolldown.config.ts", "-i", "lambda-with-dead-letters.ts"]],
    esbuild("esm/index.mjs", "--platform=node", ...esm),
    esbuild("cjs/index.cjs", "--platform=node"),
    esbuild("cdk/index.cjs", ...cdk),
    esbuild("cdk-esm/index.mjs", ...cdk, ...esm)
  ] as ReadonlyArray<readonly [string, ReadonlyArray<string>]>)("%s", async (file, [program, ...args]) => {
    const out = join(newest, "dist", file)
    const to = program === "rolldown" ? ["-d", dirname(out)] : []
    await Project.succeed(newest, bin(program!), ...args, ...to)
    const { authorizations, result } = await startAgainstBusy(out)
    assert.deepStrictEqual(result, { batchItemFailures: [{ itemIdentifier: "100" }] })
    assert.match(authorizations[0]!, /^AWS4-HMAC-SHA256 Credential=local\//)
  })
})

describe("two copies of Effect", () => {
  const table = `import { Schema } from "effect"
    import { Address } from "entities"
    import { Aggregate, Table } from "tablefold"
    const Order = Aggregate.make("orders", {
      key: "ORDER#{id}", root: Aggregate.root("DETAILS", { to: Address, text: Schema.String })
    })
    export const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Order] })`

  const other = "4.0.5"

  it("are named where a package brings its own", async () => {
    const entities = await Project.folder({
      "package.json": JSON.stringify({
        name: "entities",
        version: "1.0.0",
        type: "module",
        exports: "./index.js",
        dependencies: { effect: other }
      }),
      "index.js": `import { Schema } from "effect"\nexport const Address = Schema.Struct({ city: Schema.String })\n`
    })
    const path = await Project.project({ "table.ts": table }, "--install-links", tarball, `effect@${range}`, entities)
    const { version } = JSON.parse(await readFile(join(path, "node_modules/effect/package.json"), "utf8"))
    const sentence =
      `effect is there twice: tablefold uses ${version} in ${join(path, "node_modules/effect")}, but the definition's ` +
      `schemas come from ${other} in ${join(path, "node_modules/entities/node_modules/effect")};`
    for (const args of [["table.ts"], ["node_modules/tablefold/dist/cli/tablefold.mjs", "mapping"]]) {
      const { code, stderr } = await Project.run(path, process.execPath, args)
      assert.include(stderr, sentence)
      assert.strictEqual(code, 1)
    }
  })

  it("are named where the command is not the project's own", async () => {
    const commands = await Project.installGlobally(tarball)
    const { code, stderr, stdout } = await Project.run(newest, join(commands, "tablefold"), ["mapping"])
    assert.match(stderr, /^tablefold: \.\/table\.ts: the definition can't be used:\n {2}- effect is there twice/)
    assert.include(stderr, `in ${join(commands, "../lib/node_modules")}`)
    assert.include(stderr, `in ${join(newest, "node_modules/effect")};`)
    assert.deepStrictEqual([code, stdout], [1, ""])
  })
})
