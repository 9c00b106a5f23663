/** A name and a password in a secret that is rotated while a transport lives. */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, vi } from "vitest"
import * as client from "../../src/sink/opensearch/client.ts"
import * as errors from "../../src/sink/opensearch/errors.ts"
import { Transport } from "../../src/sink/opensearch/Transport.ts"
import * as SecretsManager from "../servers/SecretsManager.ts"

describe("a secret of AWS Secrets Manager", () => {
  const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:search-Ab12Cd"
  let manager: SecretsManager.SecretsManager
  let valid = ""
  let node = ""
  const search = createServer((from, to) => {
    from.resume()
    to.writeHead(from.headers.authorization === valid ? 200 : 401).end("{}")
  })

  const holds = (password: string) => manager.answer(200, SecretsManager.secretOf("ada", password))
  const takes = (password: string) => {
    valid = `Basic ${Buffer.from(`ada:${password}`).toString("base64")}`
  }

  beforeAll(async () => {
    manager = await SecretsManager.start()
    await new Promise<void>((resolve) => search.listen(0, "127.0.0.1", resolve))
    node = `http://127.0.0.1:${(search.address() as AddressInfo).port}`
    vi.stubEnv("AWS_ENDPOINT_URL_SECRETS_MANAGER", manager.endpoint)
    vi.stubEnv("AWS_ACCESS_KEY_ID", "local")
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "local")
    vi.stubEnv("AWS_MAX_ATTEMPTS", "1")
  })
  afterAll(() => {
    vi.unstubAllEnvs()
    manager.stop()
    search.close()
  })

  const ask = Effect.flatMap(Transport, ({ request }) => request({ method: "POST", path: "/a/_mget", body: "{}" }))
  const run = <A, E>(effect: Effect.Effect<A, E, Transport>) => {
    manager.reads.length = 0
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
        assert.deepStrictEqual(manager.reads, [["secretsmanager.GetSecretValue", { SecretId: arn }]])
        takes("b")
        assert.strictEqual((yield* ask).status, 401)
        assert.strictEqual(manager.reads.length, 2, "no other yet: not sent again")
        holds("b")
        const both = yield* Effect.all([ask, ask], { concurrency: 2 })
        assert.deepStrictEqual(
          both.map(({ status }) => status),
          [200, 200]
        )
        assert.strictEqual((yield* ask).status, 200)
        assert.isAtMost(manager.reads.length, 4)
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
          manager.answer(status, body)
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
