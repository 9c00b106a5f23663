/** The README's stack, synthesized by a program of its own, with the function's code bundled. */
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, assert, describe, it } from "vitest"
import { writeBlocks } from "../readmeBlocks.ts"

const root = join(import.meta.dirname, "../..")

/** Finds what is installed here for modules that stand elsewhere, and TypeScript as the command does. */
const hooks = `
import { registerHooks } from "node:module"
const parentURL = "${pathToFileURL(import.meta.filename).href}"
registerHooks({
  resolve: (name, context, next) =>
    next(name, /^(aws-cdk-lib|constructs)(\\/|$)/.test(name) ? { ...context, parentURL } : context)
})
const { resolveTypeScript } = await import("${pathToFileURL(join(root, "src/cli/typeScriptImports.ts")).href}")
resolveTypeScript()
await import("./stack.ts")
`

describe("README's stack", () => {
  const folder = writeBlocks()
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it("is synthesized, with a bundle", () => {
    const out = join(folder, "cdk.out")
    execFileSync(process.execPath, ["--input-type=module", "--eval", hooks], {
      cwd: folder,
      env: { ...process.env, CDK_OUTDIR: out },
      stdio: "pipe"
    })
    const { Resources } = JSON.parse(readFileSync(join(out, "Shop.template.json"), "utf8"))
    const types = Object.values<{ readonly Type: string }>(Resources).map(({ Type }) => Type)
    assert.includeMembers(types, ["AWS::Lambda::Function", "AWS::Lambda::EventSourceMapping", "AWS::SQS::Queue"])
    const bundle = readdirSync(out).find((name) => name.startsWith("asset."))!
    assert.include(readFileSync(join(out, bundle, "index.mjs"), "utf8"), "handler")
  })
})
