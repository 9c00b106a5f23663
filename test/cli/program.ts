/** The programs as a user runs them: each a process of its own. */
import { type ChildProcess, spawn } from "node:child_process"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"

const source = resolve(import.meta.dirname, "../../src")

export const exampleTable = join(source, "example/table.ts")

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
  readonly until?: (stdout: string, stderr: string) => Promise<boolean> | boolean
  /** What it is interrupted with. Defaults to SIGINT, which is Ctrl-C. */
  readonly by?: NodeJS.Signals
}

/** Most of a start is compiling, which one start can do for all. */
const compileCache = join(tmpdir(), "tablefold-test-compile-cache")

/** Environment variables of the machine that a program must not see. */
const hidden = /^(AWS_|OPENSEARCH_|DYNAMODB_|TABLEFOLD_|NO_COLOR|FORCE_COLOR)/

/** The command, from source. */
export const tablefold = (args: ReadonlyArray<string>, options?: Options) => run("cli/tablefold.ts", args, options)

/** What `npm start` runs. */
export const demonstration = (args: ReadonlyArray<string>, options?: Options) => run("example/main.ts", args, options)

const run = (entry: string, args: ReadonlyArray<string>, options: Options = {}): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !hidden.test(name)))
    const child = spawn(process.execPath, [join(source, entry), ...args], {
      cwd: options.cwd,
      env: { ...inherited, AWS_EC2_METADATA_DISABLED: "true", NODE_COMPILE_CACHE: compileCache, ...options.env }
    })
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    const { by = "SIGINT", until } = options
    const looking = until === undefined ? undefined : interruptOnce(child, by, () => until(stdout, stderr))
    child.on("error", reject)
    child.on("close", (code) => {
      clearInterval(looking)
      resolve({ code, stdout, stderr })
    })
    child.stdin.end(options.stdin ?? "")
  })

const interruptOnce = (child: ChildProcess, by: NodeJS.Signals, isTime: () => Promise<boolean> | boolean) => {
  let isDone = false
  return setInterval(async () => {
    if (isDone) return
    // Neither two looks at a time, nor a second signal: that would end the process before it has ended by itself.
    isDone = true
    isDone = await isTime()
    if (isDone) child.kill(by)
  }, 50)
}
