/** The handler in a process of its own, as Lambda runs it: what is read at a process's start is as it is given here. */
import { type ChildProcess, fork } from "node:child_process"
import { existsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { StreamRecord } from "../dynamodb.ts"

export interface Answer {
  readonly response?: { readonly batchItemFailures: ReadonlyArray<{ readonly itemIdentifier: string }> }
  /** The sentence of what was thrown. */
  readonly error?: string
}

const hidden = /^(AWS_|OPENSEARCH_|NODE_EXTRA_CA_CERTS|NODE_OPTIONS|NODE_TLS)/

export class HandlerProcess {
  private readonly child: ChildProcess
  private readonly deadLetters: string

  /** `deadLetters`: the file for dead letters. */
  constructor(env: { readonly [name: string]: string }, deadLetters: string) {
    this.deadLetters = deadLetters
    const inherited = Object.entries(process.env).filter(([name]) => !hidden.test(name))
    this.child = fork(join(import.meta.dirname, "handlerMain.ts"), {
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      env: {
        ...Object.fromEntries(inherited),
        AWS_EC2_METADATA_DISABLED: "true",
        NODE_COMPILE_CACHE: join(tmpdir(), "tablefold-test-compile-cache"),
        LETTERS: deadLetters,
        ...env
      }
    })
  }

  /** Invokes the handler, which has so long to write in. */
  invoke(records: ReadonlyArray<StreamRecord>, left = 3000): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error("the handler's process ended"))
      this.child.once("exit", ended)
      this.child.once("message", (answer: Answer) => {
        this.child.off("exit", ended)
        resolve(answer)
      })
      this.child.send({ event: { Records: records }, left })
    })
  }

  get hasDeadLetters(): boolean {
    return existsSync(this.deadLetters)
  }

  stop(): void {
    this.child.kill("SIGKILL")
  }
}
