/**
 * The layout and its rules: who may import whom, how long things may be, which calls have their place. Each rule is
 * shown to fail on a bad file before it is believed about ours.
 */
import { assert, describe, it } from "@effect/vitest"
import type { File, Rule } from "./tidy/rules.ts"
import * as tidy from "./tidy/rules.ts"

const sources = tidy.read("src")
const all = [...sources, ...tidy.read("test")]

const lines = (count: number, line = "  f()\n") => line.repeat(count)

/** Each rule, the files it holds for, and files that break it: by path, with their text. */
const rules: { readonly [name: string]: readonly [Rule, ReadonlyArray<File>, { readonly [path: string]: string }] } = {
  "imports go one way": [
    tidy.directions,
    sources,
    {
      "src/define/A.ts": `import { x } from "../decode/x.ts"`,
      "src/decode/A.ts": `import type { x } from "../fold/x.ts"`,
      "src/fold/A.ts": `import { x } from "../source/Change.ts"`,
      "src/fold/B.ts": `export * from "../sink/x.ts"`,
      "src/sink/A.ts": `import type { x } from "../source/Change.ts"`,
      "src/sink/opensearch/B.ts": `const x = await import("../../pipeline/Pipeline.ts")`,
      "src/pipeline/A.ts": `import { x } from "../lambda/x.ts"`,
      "src/maintain/A.ts": `import { x } from "../generation/x.ts"`,
      "src/console/A.ts": `import { x } from "../cli/x.ts"`,
      "src/console/B.ts": `import { x } from "./page/main.tsx"`,
      "src/console/page/views/A.tsx": `import { x } from "../../Hub.ts"`,
      "src/console/page/model/A.ts": `import { x } from "../../../fold/view.ts"`,
      "src/local/A.ts": `import { x } from "../sink/x.ts"`,
      "src/lambda/A.ts": `import { x } from "../cli/x.ts"`,
      "src/deploy/A.ts": `import { x } from "../sink/x.ts"`,
      "src/cdk/A.ts": `import { x } from "../lambda/x.ts"`,
      "src/index.ts": `export { x } from "./testing/x.ts"`
    }
  ],
  "no imports go in circles": [
    tidy.circles,
    sources,
    {
      "src/sink/a.ts": `import type { x } from "./b.ts"`,
      "src/sink/b.ts": `import { x } from "./c.ts"`,
      "src/sink/c.ts": `export * from "./a.ts"`
    }
  ],
  "pure files import data alone": [
    tidy.purity,
    sources,
    {
      "src/define/A.ts": `import { Effect } from "effect"`,
      "src/decode/A.ts": `import { Schema, Stream } from "effect"`,
      "src/fold/A.ts": `import * as fs from "node:fs"`,
      "src/fold/B.ts": `import * as Effect from "effect/Effect"`,
      "src/sink/opensearch/bulk.ts": `import { Layer } from "effect"`,
      "src/deploy/A.ts": `import * as fs from "node:fs"`,
      "src/console/page/model/A.ts": `import { signal } from "@preact/signals"`
    }
  ],
  "a function has at most 70 lines": [
    tidy.functionLength,
    sources,
    {
      "src/a.ts": `const f = () => {\n${lines(70)}}`,
      "src/b.ts": `function f() {\n${lines(70)}}`,
      "src/c.ts": `class C { m() {\n${lines(70)}} }`,
      "src/d.ts": `const f = Effect.fn(function* () {\n${lines(70)}})`
    }
  ],
  "a file has at most 300 lines": [tidy.fileLength, all, { "src/a.ts": lines(301), "test/b.test.ts": lines(301) }],
  "a line has at most 120 characters": [tidy.lineLength, sources, { "src/a.ts": `// ${"x".repeat(118)}` }],
  "time, chance and the environment come from Effect": [
    tidy.theWorld,
    all,
    {
      "src/sink/a.ts": "const f = () => Date.now()",
      "src/sink/b.ts": "const f = () => Math.random() * 2",
      "src/fold/c.ts": "setTimeout(() => {}, 5)",
      "src/console/page/model/a.ts": "const now = Date.now()",
      "src/source/d.ts": "const x = process.env",
      "src/source/e.ts": `const x = process.env["X"]`,
      "src/source/f.ts": "const x = new Date()",
      "test/fold/g.test.ts": "const clock = Date.now"
    }
  ],
  "the library runs on Node 22": [
    tidy.node22,
    sources,
    {
      "src/fold/a.ts": "Promise.try(() => 1)",
      "src/cli/b.ts": `const pattern = RegExp.escape("x")`,
      "src/lambda/c.ts": "Error.isError(1)"
    }
  ],
  "commands print through the terminal's file": [
    tidy.printing,
    sources,
    {
      "src/cli/a.ts": `import { Console, Effect } from "effect"`,
      "src/cli/b.ts": "console.log(key)",
      "src/cli/c.ts": "process.stderr.write(key)",
      "src/cli/d.ts": "const { stdout } = process\nprocess.stdout.end(key)"
    }
  ],
  "every file is imported": [
    tidy.orphans,
    sources,
    { "src/fold/a.ts": `import "./b.ts"`, "src/example/main.ts": `import "../fold/missing.ts"` }
  ],
  "nothing is exported as a default": [tidy.defaultExports, all, { "src/a.ts": "export default 1" }],
  "doc comments begin with a verb or a noun": [
    tidy.comments,
    sources,
    { "src/a.ts": "/** What it is. */", "src/b.ts": "/**\n * Whether it is.\n */", "src/c.ts": "/** How it is */" }
  ],
  "names say what they hold": [
    tidy.names,
    all,
    { "src/utils/a.ts": "", "src/fold/helpers.ts": "", "test/common.ts": "", "src/util.ts": "" }
  ]
}

/** How many sentences the bad files of a rule give where that is not one for each. */
const fewer: { readonly [name: string]: number } = { "every file is imported": 1 }

describe.each(Object.entries(rules))("%s", (name, [rule, files, bad]) => {
  const broken = Object.entries(bad).map(([path, text]) => ({ path, text }))

  it("in every file", () => assert.deepStrictEqual(rule(files), []))

  it("and the rule can tell", () =>
    assert.strictEqual(new Set(rule(broken)).size, fewer[name] ?? broken.length, rule(broken).join("\n")))
})

it("files are found at all", () => {
  assert.isAbove(sources.length, 40)
  assert.isTrue(all.some(({ path }) => path === "test/tidy.test.ts"))
})
