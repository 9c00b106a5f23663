/** `tablefold tail --http` on the real servers: what watches the process, and the page without editing. */
import { assert, describe, it } from "@effect/vitest"
import { afterAll, beforeAll } from "vitest"
import type { ServerMessage } from "../../src/console/messages.ts"
import { details, item, make, type OrdersTable } from "../cli/OrdersTable.ts"
import { tablefold } from "../cli/program.ts"
import { describeReal } from "../servers/servers.ts"
import { exampleTable } from "../cli/program.ts"

/** Reads the events of a page until a message is as asked for. */
const messagesUntil = async (address: string, isLast: (message: ServerMessage) => boolean, headers = {}) => {
  const response = await fetch(`${address}/events`, { headers })
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  const all: Array<ServerMessage> = []
  let text = ""
  for (;;) {
    const { done, value } = await reader.read()
    if (done) throw new Error("the events ended")
    text += value
    const frames = text.split("\n\n")
    text = frames.pop()!
    for (const frame of frames.filter((each) => each.startsWith("data: "))) {
      all.push(JSON.parse(frame.slice(6)) as ServerMessage)
      if (isLast(all.at(-1)!)) {
        await reader.cancel()
        return all
      }
    }
  }
}

const post = (address: string, path: string, token: string, body: unknown, headers = {}) =>
  fetch(`${address}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-tablefold-token": token, ...headers },
    body: JSON.stringify(body)
  })

const isWritten = (message: ServerMessage) =>
  message._tag === "Documents" && message.documents.some(({ id, isThere }) => id === "1" && isThere)

describeReal("tail --http", (servers) => {
  let orders: OrdersTable
  beforeAll(async () => {
    orders = await make("console-tail", servers)
  })
  afterAll(() => orders.drop())

  /** Follows the table, and looks at it once it is served. */
  const following = async (args: ReadonlyArray<string>, look: (address: string) => Promise<void>, env = {}) => {
    let looking: Promise<void> | undefined
    let isDone = false
    let problem: unknown
    const end = (error: unknown) => {
      isDone = true
      problem = error
    }
    const { code, stderr } = await orders.run("tail", [orders.name, "--http", "127.0.0.1:0", ...args], {
      env,
      until: (_, stderr) => {
        const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(/serving (\S+)/.exec(stderr)?.[1] ?? "") ?? []
        if (address !== undefined) looking ??= look(address).then(end, end)
        return isDone
      }
    })
    await looking
    if (problem !== undefined) throw new Error(`what was looked at is wrong; tail said:\n${stderr}`, { cause: problem })
    assert.strictEqual(code, 0, stderr)
  }

  it("is live and ready, and tells its metrics", () =>
    following([], async (address) => {
      await orders.put(details(1))
      const told = await messagesUntil(address, isWritten)
      assert.strictEqual((await fetch(`${address}/live`)).status, 200)
      assert.strictEqual((await fetch(`${address}/ready`)).status, 200)
      const metrics = await (await fetch(`${address}/metrics`)).text()
      assert.match(metrics, /^tablefold_changes_received_total\{.*table="console-tail".*\} 1$/m)
      // Keys are shown, and nothing that the row holds.
      const text = JSON.stringify(told)
      assert.include(text, "ORDER#1")
      assert.notInclude(text, "paid")
      const hello = told.find((message) => message._tag === "Hello")!
      assert.deepInclude(hello, { program: "tail", canEdit: false, showsData: false })
      const refused = await Promise.all([
        post(address, "/api/edit", hello.token, { _tag: "Remove", keys: {} }),
        post(address, "/api/search", hello.token, { aggregate: "orders" }),
        post(address, "/api/break", hello.token, { _tag: "DeliverAgain" })
      ])
      assert.deepStrictEqual(
        refused.map(({ status }) => status),
        [403, 403, 403]
      )
      const explained = await post(address, "/api/explain", hello.token, { aggregate: "orders", id: "1" })
      const answer = (await explained.json()) as { readonly document: string }
      assert.strictEqual(answer.document, "live")
      assert.notInclude(JSON.stringify(answer), "paid")
    }))

  it("shows data where that is asked for, and searches", () =>
    following(["--show-data"], async (address) => {
      await orders.put(item(1, 1))
      const told = await messagesUntil(address, isWritten)
      assert.include(JSON.stringify(told), "secret tea")
      const hello = told.find((message) => message._tag === "Hello")!
      const body = { aggregate: "orders", body: { query: { ids: { values: ["1"] } } } }
      const answer = (await (await post(address, "/api/search", hello.token, body)).json()) as {
        readonly hits: ReadonlyArray<{ readonly document: unknown }>
      }
      assert.deepInclude(answer.hits[0]?.document, { status: "paid" })
      assert.notProperty(answer.hits[0]?.document, "_sync")
      const wrong = await post(address, "/api/search", hello.token, { aggregate: "orders", query: "a:(" })
      assert.strictEqual(wrong.status, 409)
      assert.match(((await wrong.json()) as { readonly error: string }).error, /^a search of console-tail-orders: /)
    }))

  it("asks for the token that is set", () =>
    following(
      [],
      async (address) => {
        assert.strictEqual((await fetch(`${address}/metrics`)).status, 401)
        assert.strictEqual((await fetch(`${address}/live`)).status, 200)
        const headers = { authorization: "Bearer secret-token" }
        assert.strictEqual((await fetch(`${address}/metrics`, { headers })).status, 200)
      },
      { TABLEFOLD_HTTP_TOKEN: "secret-token" }
    ))
})

describe("where nothing can be served it says why", () => {
  const tail = (...args: ReadonlyArray<string>) => tablefold(["tail", "shop", "--table", exampleTable, ...args])
  it.concurrent.each([
    [["--http", "0.0.0.0:9464"], "others reach 0.0.0.0:9464, so it needs a token: set TABLEFOLD_HTTP_TOKEN"],
    [["--http", "here"], '"here" is no address; it must be like 127.0.0.1:9464'],
    [["--show-data"], "--show-data is for the page of --http: give both"]
  ] as const)("%j", async (args, sentence) => {
    const { code, stderr } = await tail("--memory", "--endpoint", "http://127.0.0.1:1", ...args)
    assert.include(stderr, sentence)
    assert.strictEqual(code, 1)
  })
})
