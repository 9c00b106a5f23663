/** The function's code, bundled when the stack is synthesized. */
import { AssetHashType, DockerImage } from "aws-cdk-lib"
import * as lambda from "aws-cdk-lib/aws-lambda"
import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { input, output } from "../deploy/bundling.ts"

/** Bundles a module that exports `handler`, by the Rolldown that is installed where the module stands. */
export const codeOf = (entry: string): lambda.Code => {
  const file = resolve(entry)
  if (!existsSync(file)) throw new Error(`entry: ${file} does not exist; give the module that exports the handler`)
  return lambda.Code.fromAsset(dirname(file), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Not asked for: the bundle is made here, or not at all.
      image: DockerImage.fromRegistry("scratch"),
      local: {
        tryBundle: (dir) => {
          bundle(file, dir)
          return true
        }
      }
    }
  })
}

/** Rolldown has promises alone, and CDK does not wait: so it runs in a process of its own. */
const program = `
const [, settings] = process.argv
const { input, output } = JSON.parse(settings)
const { rolldown } = await import("rolldown")
const build = await rolldown(input)
await build.write(output)
`

const bundle = (file: string, dir: string): void => {
  const settings = JSON.stringify({ input: { ...input, input: file }, output: { ...output, dir } })
  try {
    execFileSync(process.execPath, ["--input-type=module", "--eval", program, settings], {
      cwd: dirname(file),
      stdio: ["ignore", "ignore", "pipe"]
    })
  } catch (error) {
    const said = String(error instanceof Error && "stderr" in error ? error.stderr : error).trim()
    const why = said.includes("Cannot find package 'rolldown'")
      ? "Rolldown is not installed: npm install --save-dev rolldown, or give code instead of entry"
      : said
    throw new Error(`entry: ${file} can't be bundled: ${why}`, { cause: error })
  }
}
