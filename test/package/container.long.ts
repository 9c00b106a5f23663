/**
 * The Dockerfile of `docs/production.md`, as far as it can be tried without Docker: its files and commands in a folder,
 * and what it starts as process 1 of a process namespace of its own.
 */
import { assert, describe, it } from "@effect/vitest"
import { spawn, spawnSync } from "node:child_process"
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises"
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { afterAll } from "vitest"
import * as OrdersTable from "../cli/OrdersTable.ts"
import { describeReal } from "../servers/servers.ts"
import * as real from "../whole/opensearch.ts"
import { until } from "../whole/long/own.ts"
import * as Project from "./Project.ts"

const root = join(import.meta.dirname, "../..")
const read = (path: string) => readFileSync(join(root, path), "utf8")
const dockerfile = /```dockerfile\n([^]*?)```/.exec(read("docs/production.md"))![1]!
const instructions = dockerfile
  .trim()
  .split("\n")
  .map((line) => /^(\w+) (.*)$/.exec(line)!.slice(1) as [string, string])
const all = (name: string) => instructions.flatMap(([each, rest]) => (each === name ? [rest] : []))

const table = /```ts\n\/\/ table\.ts\n([^]*?)```/.exec(read("README.md"))![1]!

/** A process namespace takes root, or a kernel that gives everybody one. */
const own = ["--pid", "--fork", "--kill-child=SIGTERM", "--mount-proc"]
const hasNamespaces = spawnSync("unshare", [...own, "true"]).status === 0

afterAll(Project.removeAll)

describe("the Dockerfile", () => {
  it("takes a Node that the package supports, and is no other user than node", () => {
    assert.deepStrictEqual(all("FROM"), ["node:24-slim"])
    assert.deepStrictEqual(all("USER"), ["node"])
  })
})

describeReal("its command", (servers) => {
  it.skipIf(!hasNamespaces)("follows the table as process 1, and ends with 0 when it is told to", async () => {
    const tarball = await Project.pack()
    const { devDependencies } = JSON.parse(read("package.json"))
    const project = await Project.project({ "table.ts": table }, tarball, `effect@${devDependencies.effect}`)
    const app = await Project.folder()
    for (const files of all("COPY")) {
      for (const file of files.split(" ").slice(0, -1)) await copyFile(join(project, file), join(app, file))
    }
    // The lock file names the tarball by its place relative to the project.
    const lock = await readFile(join(app, "package-lock.json"), "utf8")
    const manifest = await readFile(join(app, "package.json"), "utf8")
    const absolute = (text: string) => text.replaceAll(/"file:[^"]*"/g, `"file:${tarball}"`)
    await writeFile(join(app, "package-lock.json"), absolute(lock))
    await writeFile(join(app, "package.json"), absolute(manifest))
    for (const command of all("RUN")) {
      const [program, ...args] = command.split(" ")
      await Project.succeed(app, program!, ...args)
    }
    const data = join(app, "data")
    await mkdir(data)
    const shop = await OrdersTable.make("container", servers)
    await shop.put(OrdersTable.details(1), OrdersTable.item(1, 1))
    const prefix = `container-${process.pid}-`
    const [entry] = JSON.parse(all("ENTRYPOINT")[0]!)
    const args = (JSON.parse(all("CMD")[0]!) as ReadonlyArray<string>).map((arg) =>
      arg === "shop" ? shop.name : arg.replace("/data/", `${data}/`)
    )
    const child = spawn("unshare", [...own, join(app, entry), ...args], {
      cwd: app,
      env: {
        PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`,
        DYNAMODB_ENDPOINT: servers.dynamodbEndpoint,
        OPENSEARCH_NODE: servers.openSearchNode,
        OPENSEARCH_ALIAS_PREFIX: prefix
      }
    })
    let said = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text))
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve))
    const isThere = async () => {
      const { text } = await real.ask(servers.openSearchNode, "GET", `/${prefix}orders-000001/_doc/1`)
      return JSON.parse(text)._source?._sync?.live === true
    }
    await until("the order is in the index", isThere)
    spawnSync("pkill", ["-TERM", "-P", String(child.pid)])
    assert.strictEqual(await ended, 0, said)
    assert.notStrictEqual(await readFile(join(data, "shop.checkpoint.json"), "utf8"), "")
    await shop.drop()
    await real.drop(servers.openSearchNode, prefix)
  })
})
