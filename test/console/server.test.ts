/** The server over HTTP, with deeds that only answer: what it lets in, its headers, its events. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { type IncomingMessage, request } from "node:http"
import { ActionError, type Actions } from "../../src/console/Actions.ts"
import type { Address } from "../../src/console/Address.ts"
import { definitionOf } from "../../src/console/definition.ts"
import { open } from "../../src/console/open.ts"
import * as Page from "../../src/console/page.ts"
import { serve } from "../../src/console/server.ts"
import { table } from "../../src/example/table.ts"

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingMessage["headers"]
  readonly body: string
}

const ask = (
  { host, port }: Address,
  path: string,
  { body, headers = {}, until }: { body?: string; headers?: { [name: string]: string }; until?: string } = {}
) =>
  Effect.promise(
    () =>
      new Promise<Answer>((resolve, reject) => {
        const sent = request({ host, port, path, method: body === undefined ? "GET" : "POST", headers }, (response) => {
          let text = ""
          const done = () => resolve({ status: response.statusCode, headers: response.headers, body: text })
          response.setEncoding("utf8").on("data", (part: string) => {
            text += part
            if (until === undefined || !text.includes(until)) return
            done()
            sent.destroy()
          })
          response.on("end", done)
        })
        sent.on("error", reject)
        sent.end(body)
      })
  )

const actions: Actions = {
  edit: (asked) =>
    asked._tag === "Raw" ? Effect.succeed({ row: JSON.stringify(asked.item) }) : new ActionError({ message: "not so" }),
  search: undefined,
  explain: undefined,
  break: undefined,
  prove: undefined,
  redrive: undefined
}

const about = {
  version: "0",
  program: "dev",
  canEdit: true,
  showsData: true,
  table: "shop",
  tableTitle: "memory",
  searchTitle: "memory"
} as const

const html = "<!doctype html><style>p{}</style><script>1</script>"

const started = Effect.fnUntraced(function* (token?: string) {
  const definition = definitionOf(table, { revision: 1, file: undefined, aliasPrefix: "" })
  const opened = yield* open({ about, table, definition, knowsAll: true })
  let problem: string | undefined
  const address = yield* serve({
    address: { host: "127.0.0.1", port: 0 },
    token,
    page: Page.of(html),
    ...opened,
    actions,
    problem: Effect.sync(() => problem)
  })
  return { ...opened, address, setProblem: (text: string) => (problem = text) }
})

describe("the console's server", () => {
  it.live("serves the page with a policy that lets nothing but itself run", () =>
    Effect.gen(function* () {
      const { address } = yield* started()
      const { body, headers, status } = yield* ask(address, "/?a=b")
      assert.deepStrictEqual([status, body], [200, html])
      const policy = String(headers["content-security-policy"])
      assert.match(
        policy,
        /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self';/
      )
      assert.notInclude(policy, "unsafe")
      assert.include(policy, "frame-ancestors 'none'")
      assert.strictEqual(headers["x-content-type-options"], "nosniff")
      assert.isUndefined(headers["access-control-allow-origin"])
      assert.isUndefined(headers["set-cookie"])
    })
  )

  it.live("begins its events with all that a page needs, and goes on with news", () =>
    Effect.gen(function* () {
      const { address, feed, view } = yield* started()
      const reading = yield* Effect.forkChild(ask(address, "/events", { until: "<b>news" }))
      while (feed.readers() === 0) yield* Effect.yieldNow
      view.notice("<b>news", 1)
      const { body, headers } = yield* Fiber.join(reading)
      assert.strictEqual(headers["content-type"], "text/event-stream")
      const tags = body.split("\n\n").flatMap((frame) => (frame.startsWith("data: ") ? [tagOf(frame)] : []))
      assert.deepStrictEqual(tags.slice(0, 7), [
        "Hello",
        "Definition",
        "Rows",
        "Documents",
        "Changes",
        "Points",
        "State"
      ])
      assert.include(tags, "Notice")
    })
  )

  it.live("takes what a page asks for, with its token", () =>
    Effect.gen(function* () {
      const { address, pageToken } = yield* started()
      const headers = { "x-tablefold-token": pageToken, "content-type": "application/json" }
      const post = (path: string, body: unknown) => ask(address, path, { headers, body: JSON.stringify(body) })
      const raw = yield* post("/api/edit", { _tag: "Raw", item: { PK: { S: "<b>" } } })
      assert.deepStrictEqual([raw.status, JSON.parse(raw.body)], [200, { row: '{"PK":{"S":"<b>"}}' }])
      const refused = yield* post("/api/edit", { _tag: "Remove", keys: {} })
      assert.deepStrictEqual([refused.status, JSON.parse(refused.body)], [409, { error: "not so" }])
      assert.strictEqual((yield* post("/api/edit", { _tag: "Other" })).status, 400)
      assert.strictEqual((yield* post("/api/prove", {})).status, 403)
      assert.strictEqual((yield* post("/api/edit", "x".repeat(3 * 2 ** 20))).status, 400)
      const without = yield* ask(address, "/api/edit", { headers: { ...headers, "x-tablefold-token": "" }, body: "{}" })
      assert.strictEqual(without.status, 403)
      assert.strictEqual((yield* ask(address, "/api/edit")).status, 404)
    })
  )

  it.live("refuses another host's name, and whoever has no token where one is needed", () =>
    Effect.gen(function* () {
      const { address } = yield* started()
      assert.strictEqual((yield* ask(address, "/events", { headers: { host: "evil.example" } })).status, 421)
      const { address: guarded } = yield* started("secret")
      const refused = yield* ask(guarded, "/metrics")
      assert.deepStrictEqual([refused.status, refused.headers["www-authenticate"]?.slice(0, 5)], [401, "Basic"])
      const headers = { authorization: "Bearer secret" }
      assert.strictEqual((yield* ask(guarded, "/metrics", { headers })).status, 200)
    })
  )

  it.live("tells running from being able to read and write", () =>
    Effect.gen(function* () {
      const { address, setProblem } = yield* started("secret")
      assert.strictEqual((yield* ask(address, "/ready")).status, 200)
      setProblem("OpenSearch is away")
      const { body, status } = yield* ask(address, "/ready")
      // Whoever asks needs no token, so it is not told why.
      assert.deepStrictEqual([status, body], [503, "not ready\n"])
      assert.strictEqual((yield* ask(address, "/live")).status, 200)
    })
  )

  it.live("says who is there where the address is taken", () =>
    Effect.gen(function* () {
      const { address, ...rest } = yield* started()
      const again = serve({
        address,
        token: undefined,
        page: Page.of(html),
        ...rest,
        actions,
        problem: Effect.undefined
      })
      const { message } = yield* Effect.flip(again)
      assert.include(message, `http://127.0.0.1:${address.port} can't be listened on: it is taken`)
    })
  )

  it.live("has a page that says that it is not built, or the built one", () =>
    Effect.gen(function* () {
      const { html, policy } = yield* Page.load
      assert.match(html, /^<!doctype html>/i)
      assert.notInclude(policy, "unsafe")
    }).pipe(Effect.provide(NodeServices.layer))
  )
})

const tagOf = (frame: string): string => (JSON.parse(frame.slice("data: ".length)) as { readonly _tag: string })._tag
