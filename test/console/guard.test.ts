/** Who is let in: each rule with a request that it lets in and those that it refuses. */
import { assert, describe, it } from "@effect/vitest"
import { parse } from "../../src/console/Address.ts"
import { refusal, type Rules } from "../../src/console/guard.ts"
import { Result } from "effect"

const local: Rules = { address: { host: "127.0.0.1", port: 9464 }, token: undefined, pageToken: "page" }
const open: Rules = { address: { host: "0.0.0.0", port: 9464 }, token: "secret", pageToken: "page" }

const status = (rules: Rules, headers: { readonly [name: string]: string }, method = "GET", path = "/events") =>
  refusal({ method, path, headers }, rules)?.status

const host = "127.0.0.1:9464"
const write = { host, "x-tablefold-token": "page", "content-type": "application/json" }
const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` })

describe("guard", () => {
  it("takes names of this machine for the host alone", () => {
    for (const own of [host, "localhost:9464", "LOCALHOST:9464", "[::1]:9464", "127.0.0.2:9464"]) {
      assert.isUndefined(status(local, { host: own }), own)
    }
    const others = ["evil.example:9464", "localhost.evil.example:9464", "127.0.0.1", "127.0.0.1:80", "", "localhost:x"]
    for (const other of others) assert.strictEqual(status(local, { host: other }), 421, other)
    assert.strictEqual(status(local, {}), 421)
    assert.strictEqual(status(local, { host: "evil.example" }, "GET", "/live"), 421)
  })

  it("asks for the token where there is one, but for those who watch the process", () => {
    assert.isUndefined(status(open, { authorization: "Bearer secret" }))
    assert.isUndefined(status(open, basic("any:secret")))
    assert.isUndefined(status(open, {}, "GET", "/live"))
    assert.isUndefined(status(open, {}, "GET", "/ready"))
    const wrong = [
      {},
      { authorization: "Bearer secre" },
      { authorization: "Bearer " },
      basic("secret:"),
      basic("secret")
    ]
    for (const headers of wrong) assert.strictEqual(status(open, headers), 401, JSON.stringify(headers))
    for (const path of ["/", "/metrics", "/api/edit"]) assert.strictEqual(status(open, {}, "GET", path), 401)
  })

  it("lets write who has the page's token, sends JSON, and is no other site", () => {
    assert.isUndefined(status(local, write, "POST"))
    assert.isUndefined(status(local, { ...write, origin: `http://${host}` }, "POST"))
    assert.strictEqual(status(local, { ...write, "x-tablefold-token": "other" }, "POST"), 403)
    assert.strictEqual(status(local, { host, "content-type": "application/json" }, "POST"), 403)
    assert.strictEqual(status(local, { ...write, origin: "http://evil.example" }, "POST"), 403)
    assert.strictEqual(status(local, { ...write, origin: "null" }, "POST"), 403)
    assert.strictEqual(status(local, { ...write, "content-type": "text/plain" }, "POST"), 415)
  })

  it("lets another site do no more than lead here", () => {
    assert.strictEqual(status(local, { host, "sec-fetch-site": "cross-site" }), 403)
    assert.strictEqual(status(local, { host, "sec-fetch-site": "same-site" }), 403)
    assert.isUndefined(status(local, { host, "sec-fetch-site": "same-origin" }))
    assert.isUndefined(status(local, { host, "sec-fetch-site": "cross-site" }, "GET", "/"))
  })
})

describe("an address", () => {
  it("is read with its host or without", () => {
    assert.deepStrictEqual(parse("9464"), Result.succeed({ host: "127.0.0.1", port: 9464 }))
    assert.deepStrictEqual(parse(":9464"), Result.succeed({ host: "127.0.0.1", port: 9464 }))
    assert.deepStrictEqual(parse("0.0.0.0:80"), Result.succeed({ host: "0.0.0.0", port: 80 }))
    assert.deepStrictEqual(parse("[::1]:80"), Result.succeed({ host: "::1", port: 80 }))
    for (const text of ["", "localhost", "http://localhost:80", "a:b:80", "1:70000"]) {
      assert.isTrue(Result.isFailure(parse(text)), text)
    }
  })
})
