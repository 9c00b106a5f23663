/** All that commands print on hostile keys, reasons and dead letters: nothing of it acts on a terminal. */
import { assert, describe, it } from "@effect/vitest"
import { randomInt } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import * as DeadLetters from "../../src/sink/deadletter/DeadLetters.ts"
import { describeReal } from "../servers/servers.ts"
import * as OrdersTable from "./OrdersTable.ts"
import { type Ended, exampleTable, tablefold } from "./program.ts"

/** Clears the screen, rings, begins a line, turns the direction, hides. */
const hostile = "1\u001b[2J\u0007\n\rerror: all is lost\u202e\u009b\u2028\u200b"
const shown = "1\\u001b[2J\\u0007\\u000a\\u000derror: all is lost\\u202e\\u009b\\u2028\\u200b"

const isHarmless = ({ stderr, stdout }: Ended) => {
  assert.notMatch(stdout + stderr, /[^\P{Cc}\n]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
  assert.notMatch(stdout + stderr, /^\W*error: all is lost/m)
}

let folder = ""
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tablefold-terminal-"))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const streamArn = "arn:aws:dynamodb:ddblocal:000000000000:table/shop/stream/2026-01-01T00:00:00.000"

let sequence = 0
const record = (SK: string, NewImage: object) => ({
  eventName: "INSERT",
  eventSourceARN: streamArn,
  dynamodb: {
    Keys: { PK: { S: `USER#${hostile}` }, SK: { S: SK } },
    NewImage: { PK: { S: `USER#${hostile}` }, SK: { S: SK }, ...NewImage },
    SequenceNumber: `${++sequence}`,
    StreamViewType: "NEW_IMAGE"
  }
})

describe("on a file", () => {
  it.concurrent("replay: documents are the same JSON, refused rows are told", async () => {
    const name = { S: `Ada${hostile}` }
    const good = record("PROFILE", { userId: { S: "1" }, name, email: { S: "ada@example.com" } })
    const event = { Records: [good, record("PROFILE", { name: { N: "7" } })] }
    await writeFile(join(folder, "event.json"), JSON.stringify(event))
    const ended = await tablefold(["replay", "--table", exampleTable, "event.json"], { cwd: folder })
    isHarmless(ended)
    assert.strictEqual(JSON.parse(ended.stdout).users[hostile].name, name.S)
    assert.include(ended.stderr, shown)
  })

  it.concurrent("dead-letters: as text and as JSON", async () => {
    const rows = [{ key: `USER#${hostile}`, sequenceNumber: "1" }] as const
    const deadLetter = DeadLetters.make({ aggregate: "users", rows, reason: `no ${hostile}` }, 0)
    await writeFile(join(folder, "dead-letters.ndjson"), JSON.stringify(deadLetter))
    const text = await tablefold(["dead-letters", "dead-letters.ndjson"], { cwd: folder })
    isHarmless(text)
    assert.include(text.stdout, `USER#${shown}`)
    const json = await tablefold(["dead-letters", "dead-letters.ndjson", "--json"], { cwd: folder })
    isHarmless(json)
    assert.deepStrictEqual(JSON.parse(json.stdout), deadLetter)
  })

  it.concurrent("the sentence a command ends with", async () => {
    const ended = await tablefold(["dead-letters", `${hostile}.ndjson`], { cwd: folder })
    isHarmless(ended)
    assert.include(ended.stderr, "there is no file 1\\u001b[2J\\u0007\n")
  })
})

describeReal("on real servers", (servers) => {
  const name = `terminal${randomInt(2 ** 31)}`
  let table: OrdersTable.OrdersTable
  beforeAll(async () => {
    table = await OrdersTable.make(name, servers)
  })
  afterAll(() => table.drop())

  it("backfill, verify, explain, tail and redrive", async () => {
    const PK = { S: `ORDER#${hostile}` }
    await table.put({ ...OrdersTable.details(1), PK, status: { S: hostile } })
    await table.put({ ...OrdersTable.item(1, 1), PK }, { ...OrdersTable.item(1, 2), PK, quantity: { S: "two" } })
    const run = async (command: string, ...args: ReadonlyArray<string>) => {
      const ended = await table.run(command, args)
      isHarmless(ended)
      return ended
    }
    const filled = await run("backfill", name)
    assert.include(filled.stdout, `refused: `)
    await table.put({ ...OrdersTable.item(1, 1), PK, productName: { S: `tea${hostile}` } })
    const verified = await run("verify", name, "--settle", "0", "--values")
    assert.include(verified.stdout, `ORDER#${shown}`)
    assert.isString(JSON.parse((await run("verify", name, "--settle", "0", "--json")).stdout).named[0].key)
    assert.include((await run("explain", name, PK.S, "--values")).stdout, `ORDER#${shown}`)
    isHarmless(await table.run("tail", [name, "--memory"], { until: (stdout) => stdout.includes("tea") }))
    isHarmless(await table.run("tail", [name], { until: (_, stderr) => stderr.includes("1 row refused") }))
    assert.include((await run("redrive", `${name}.dead-letters.ndjson`)).stderr, `ORDER#${shown} / ITEM#2 stays`)
    await run("status", "--dead-letters", `${name}.dead-letters.ndjson`)
  })
})
