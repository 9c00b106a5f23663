/** A name and a password in a secret that is rotated while a transport lives. */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, vi } from "vitest"
import * as client from "../../src/sink/opensearch/client.ts"
import * as errors from "../../src/sink/opensearch/errors.ts"
import { Transport } from "../../src/sink/opensearch/Transport.ts"

const serve = async (answer: RequestListener) => {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

describe("a secret of AWS Secrets Manager", () => {
  const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:search-Ab12Cd"
  let answer: { readonly status: number; readonly body: object } = { status: 200, body: {} }
  let reads: Array<unknown> = []
  let valid = ""
  const stops: Array<() => void> = []
  let node = ""

  const holds = (password: string) => {
    const SecretString = JSON.stringify({ username: "ada", password, host: "more" })
    answer = { status: 200, body: { ARN: arn, Name: "search", SecretString } }
  }
  const takes = (password: string) => {
    valid = `Basic ${Buffer.from(`ada:${password}`).toString("base64")}`
  }

  beforeAll(async () => {
    const manager = await serve((from, to) => {
      const parts: Array<Buffer> = []
      from.on("data", (part: Buffer) => parts.push(part))
      from.on("end", () => {
        reads.push([from.headers["x-amz-target"], JSON.parse(Buffer.concat(parts).toString())])
        to.writeHead(answer.status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(answer.body))
      })
    })
    const search = await serve((from, to) => {
      from.resume()
      to.writeHead(from.headers.authorization === valid ? 200 : 401).end("{}")
    })
    for (const { server } of [manager, search]) stops.push(() => server.close())
    node = search.url
    vi.stubEnv("AWS_ENDPOINT_URL_SECRETS_MANAGER", manager.url)
    vi.stubEnv("AWS_ACCESS_KEY_ID", "local")
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "local")
    vi.stubEnv("AWS_MAX_ATTEMPTS", "1")
  })
  afterAll(() => {
    vi.unstubAllEnvs()
    for (const stop of stops) stop()
  })

  const ask = Effect.flatMap(Transport, ({ request }) => request({ method: "POST", path: "/a/_mget", body: "{}" }))
  const run = <A, E>(effect: Effect.Effect<A, E, Transport>) => {
    reads = []
    const layer = client.layer({ nodes: [new URL(node)], auth: { _tag: "secret", secretId: arn } })
    return Effect.runPromise(Effect.provide(effect, layer))
  }

  it("is read once, and after a 401 once more; the request is sent again where it has changed", () =>
    run(
      Effect.gen(function* () {
        holds("a")
        takes("a")
        assert.strictEqual((yield* ask).status, 200)
        assert.strictEqual((yield* ask).status, 200)
        assert.deepStrictEqual(reads, [["secretsmanager.GetSecretValue", { SecretId: arn }]])
        takes("b")
        assert.strictEqual((yield* ask).status, 401)
        assert.strictEqual(reads.length, 2, "no other yet: not sent again")
        holds("b")
        const both = yield* Effect.all([ask, ask], { concurrency: 2 })
        assert.deepStrictEqual(
          both.map(({ status }) => status),
          [200, 200]
        )
        assert.strictEqual((yield* ask).status, 200)
        assert.isAtMost(reads.length, 4)
      })
    ))

  it("that can't be read says why, without a part of it, and is read again with the next request", () =>
    run(
      Effect.gen(function* () {
        const bad = [
          [400, { __type: "AccessDeniedException", message: "no" }, /GetSecretValue/, "Misconfigured"],
          [400, { __type: "ResourceNotFoundException", message: "none" }, /check its name and region/, "Misconfigured"],
          [200, { SecretString: "hunter2" }, /must be JSON like \{"username"/, "Misconfigured"],
          [200, { SecretString: '{"username":"hunter2"}' }, /must be JSON like/, "Misconfigured"],
          [500, { __type: "InternalServiceError", message: "later" }, /later/, "Unreachable"]
        ] as const
        for (const [status, body, words, tag] of bad) {
          answer = { status, body }
          const result = yield* Effect.result(ask)
          if (Result.isSuccess(result)) return assert.fail("it was sent without a secret")
          const { message, reason } = errors.failure(node, result.failure.message)
          assert.match(message, words)
          assert.notInclude(message, "hunter2")
          assert.strictEqual(reason._tag, tag)
        }
        holds("b")
        takes("b")
        assert.strictEqual((yield* ask).status, 200)
      })
    ))
})
