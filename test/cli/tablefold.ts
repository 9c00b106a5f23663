/** The command as a user runs it: a process of its own, in a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process"
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
  /** Looked at again and again; the process is interrupted, as by Ctrl-C, once it gives true. */
  readonly until?: (stdout: string) => Promise<boolean> | boolean
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
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    const { until } = options
    const looking = until === undefined ? undefined : interruptOnce(child, () => until(stdout))
    child.on("error", reject)
    child.on("close", (code) => {
      clearInterval(looking)
      resolve({ code, stdout, stderr })
    })
    child.stdin.end(options.stdin ?? "")
  })

const interruptOnce = (child: ChildProcess, isTime: () => Promise<boolean> | boolean) => {
  let isSent = false
  return setInterval(async () => {
    // A second signal would end it before it has ended by itself.
    if (isSent || !(await isTime()) || isSent) return
    isSent = true
    child.kill("SIGINT")
  }, 50)
}
