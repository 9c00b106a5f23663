/** `npm start`, as a process: in memory, and on the real servers, where it must leave nothing behind. */
import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { resolve } from "node:path"
import { describeReal } from "../servers/servers.ts"

const main = resolve(import.meta.dirname, "../../src/example/main.ts")

interface Demo {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs to its end. `onOutput` sees what was printed so far, and may ask for a signal. */
const demo = (
  args: ReadonlyArray<string>,
  env: { readonly [name: string]: string } = {},
  onOutput: (printed: string, signal: (name: NodeJS.Signals) => void) => void = () => {}
): Promise<Demo> =>
  new Promise((resolve, reject) => {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(OPENSEARCH_|DYNAMODB_)/.test(name))
    const child = spawn(process.execPath, [main, ...args], { env: { ...Object.fromEntries(inherited), ...env } })
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
      onOutput(stdout, (name) => child.kill(name))
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, stdout, stderr }))
  })

const compared = "Compared: all 12 documents are what the 28 rows of the table say"

describe("in memory", () => {
  it.concurrent("shows the day and ends", async () => {
    const { code, stderr, stdout } = await demo(["--once", "--embedded"])
    assert.include(stdout, "Running on a table and documents in memory")
    assert.match(stdout, / {2}\+ ORDER#1003 \/ ITEM#2 +\d+ ms\n {2}= orders\/1003 {2}no document for readers\n/)
    assert.match(stdout, /= orders\/1004 {2}found \d+ ms after/)
    assert.include(stdout, compared)
    assert.deepStrictEqual(
      stdout.split("\n").filter((line) => line.length > 100),
      []
    )
    assert.deepStrictEqual([code, stderr], [0, ""])
  })

  it.concurrent("goes on following, takes a change by the command it prints, and ends by Ctrl-C", async () => {
    const answers: Array<string> = []
    let isAsked = false
    const { code, stderr, stdout } = await demo(["--embedded"], {}, (printed, signal) => {
      const url = /curl -d status=delivered "([^"]+)"/.exec(printed)?.[1]
      if (url === undefined || !printed.includes("Ctrl-C")) return
      if (!isAsked) {
        isAsked = true
        void fetch(url, { method: "POST", body: new URLSearchParams({ status: "delivered" }) })
          .then((response) => response.text())
          .then((text) => answers.push(text))
          .catch((error: unknown) => answers.push(String(error)))
      }
      if (printed.includes("orders/1001  delivered") && answers.length > 0) signal("SIGINT")
    })
    assert.include(answers[0], "ORDER#1001 / DETAILS is changed")
    assert.include(stdout, "= orders/1001  delivered · by Northline")
    assert.deepStrictEqual([code, stderr], [0, ""])
  })
})

describeReal("on given servers", ({ dynamodbEndpoint, openSearchNode }) => {
  it.concurrent("shows the day, and removes what it made", async () => {
    const { code, stderr, stdout } = await demo(["--once"], {
      DYNAMODB_ENDPOINT: dynamodbEndpoint,
      OPENSEARCH_NODE: openSearchNode
    })
    assert.include(stdout, compared)
    assert.deepStrictEqual([code, stderr], [0, ""])
    const [, prefix = ""] = /the indices (shop-\w+-)\*/.exec(stdout) ?? []
    assert.match(prefix, /^shop-/)
    const left = await fetch(`${openSearchNode}/_cat/indices/${prefix}*?h=index`)
    assert.strictEqual(await left.text(), "")
  })

  it.concurrent("says that a given server is not there", async () => {
    const { code, stderr } = await demo(["--once"], {
      DYNAMODB_ENDPOINT: "http://127.0.0.1:1",
      OPENSEARCH_NODE: openSearchNode
    })
    assert.include(stderr, "can't be made at http://127.0.0.1:1")
    assert.include(stderr, "check DYNAMODB_ENDPOINT")
    assert.strictEqual(code, 1)
  })
})
