/** Ways by which a table's changes reach the index, each as a user has it: the command, or Lambda's mapping. */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bundle } from "../example/bundleLambda.ts"
import * as LambdaRuntime from "../servers/LambdaRuntime.ts"
import * as EventSourceMapping from "./EventSourceMapping.ts"

export interface Source {
  readonly node: string
  readonly aliasPrefix: string
  readonly endpoint: string
  readonly tableName: string
  readonly streamArn: string
}

export interface Follower {
  /** The batches that were delivered so far, where that is known. */
  readonly batches: () => number | undefined
  readonly end: () => Promise<void>
}

/** A program that follows a source; begun, or begun once it can take the first change. */
export type Follow = (source: Source) => Promise<Follower>

/** The command, with the definition of this module. */
export const tail =
  (module: string): Follow =>
  async ({ aliasPrefix, endpoint, node, tableName }) => {
    const folder = mkdtempSync(join(tmpdir(), "tablefold-delay-"))
    const args = ["tail", tableName, "--table", module, "--endpoint", endpoint]
    const command = ["src/cli/tablefold.ts", ...args, "--checkpoint", join(folder, "checkpoint.json")]
    const child = spawn(process.execPath, command, {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, OPENSEARCH_NODE: node, OPENSEARCH_ALIAS_PREFIX: aliasPrefix }
    })
    let said = ""
    child.stderr.on("data", (chunk) => (said = `${said}${String(chunk)}`.slice(-2000)))
    let isEnding = false
    const ended = new Promise<void>((resolve) => {
      child.on("exit", () => {
        if (!isEnding) throw new Error(`tail ended by itself: ${said}`)
        resolve()
      })
    })
    const end = async () => {
      isEnding = true
      child.kill("SIGINT")
      await ended
      rmSync(folder, { recursive: true })
    }
    return { batches: () => undefined, end }
  }

/** The example's function behind Lambda's mapping, a container for each lane. */
export const lambda =
  (lanes: number, windowMillis: number): Follow =>
  async ({ aliasPrefix, endpoint, node, streamArn }) => {
    const folder = mkdtempSync(join(tmpdir(), "tablefold-delay-"))
    const { file } = await bundle("src/example/lambda.ts", folder)
    const env = { OPENSEARCH_NODE: node, OPENSEARCH_ALIAS_PREFIX: aliasPrefix }
    const containers = await Promise.all(Array.from({ length: lanes }, () => LambdaRuntime.start({ file, env })))
    const mapping = EventSourceMapping.make({ endpoint, streamArn, windowMillis, containers })
    const end = async () => {
      await mapping.end()
      await Promise.all(containers.map((container) => container.end()))
      rmSync(folder, { recursive: true })
    }
    return { batches: mapping.batches, end }
  }
