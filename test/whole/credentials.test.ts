/** Credentials for AWS that are rotated while a transport lives, at a server that checks signatures. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, it, vi } from "vitest"
import * as client from "../../src/sink/opensearch/client.ts"
import { Transport } from "../../src/sink/opensearch/Transport.ts"
import { region, SignatureCheck } from "./long/SignatureCheck.ts"

afterEach(() => void vi.unstubAllEnvs())

it("after a 403 credentials are asked for again, and the request is sent once more if there are others", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tablefold-credentials-"))
  const server = createServer((_, to) => to.end("{}"))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const check = new SignatureCheck(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  await check.start()
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) vi.stubEnv(name, undefined)
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true")
  vi.stubEnv("AWS_CONFIG_FILE", join(folder, "config"))
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(folder, "credentials"))
  const inFile = (accessKeyId: string) =>
    writeFile(
      join(folder, "credentials"),
      `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = secret\n`
    )
  const valid = (accessKeyId: string) => {
    check.valid = [{ accessKeyId, secretAccessKey: "secret" }]
  }
  const ask = Effect.gen(function* () {
    const { status } = yield* (yield* Transport).request({ method: "GET", path: "/a,b-*?x=1,2*" })
    return [status, check.refused.length]
  })
  const asked = Effect.gen(function* () {
    valid("A")
    yield* Effect.promise(() => inFile("A"))
    assert.deepStrictEqual(yield* ask, [200, 0])
    valid("B")
    assert.deepStrictEqual(yield* ask, [403, 1], "the file has no others: not sent again")
    yield* Effect.promise(() => inFile("B"))
    assert.deepStrictEqual(yield* ask, [200, 2])
    assert.deepStrictEqual(yield* ask, [200, 2], "the new ones are kept")
  })
  const layer = client.layer({ nodes: [new URL(check.url)], auth: { _tag: "sigv4", region } })
  await Effect.runPromise(Effect.provide(asked, layer))
  await check.stop()
  server.close()
  await rm(folder, { recursive: true })
})
