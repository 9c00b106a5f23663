/** The command as a user runs it: a process of its own, in a folder of its own. */
import { spawn } from "node:child_process"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"

const entry = resolve(import.meta.dirname, "../../src/cli/tablefold.ts")

export const exampleTable = resolve(import.meta.dirname, "../../src/example/table.ts")

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Options {
  readonly cwd?: string
  readonly stdin?: string
  readonly env?: { readonly [name: string]: string }
  /** Called with all that was printed so far, on both outputs; its answer is sent to the process. */
  readonly onOutput?: (printed: string) => NodeJS.Signals | undefined
}

/** Most of a start is compiling, which one start can do for all. */
const compileCache = join(tmpdir(), "tablefold-test-compile-cache")

/** Environment variables of the machine that the command must not see. */
const hidden = /^(AWS_|OPENSEARCH_|DYNAMODB_|NO_COLOR|FORCE_COLOR)/

export const tablefold = (args: ReadonlyArray<string>, options: Options = {}): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !hidden.test(name)))
    const child = spawn(process.execPath, [entry, ...args], {
      cwd: options.cwd,
      env: { ...inherited, AWS_EC2_METADATA_DISABLED: "true", NODE_COMPILE_CACHE: compileCache, ...options.env }
    })
    let stdout = ""
    let stderr = ""
    const look = () => {
      const signal = options.onOutput?.(stdout + stderr)
      if (signal !== undefined) child.kill(signal)
    }
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
      look()
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text
      look()
    })
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, stdout, stderr }))
    child.stdin.end(options.stdin ?? "")
  })
