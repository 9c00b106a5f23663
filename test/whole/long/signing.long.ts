/**
 * A real OpenSearch behind a check of AWS signatures. Every request is signed as it is sent; credentials that were
 * rotated are asked for again, whether or not they say when they end.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, beforeEach, it } from "vitest"
import * as Servers from "../../../src/local/Servers.ts"
import * as Lambda from "../../../src/lambda/Lambda.ts"
import * as DeadLetters from "../../../src/sink/deadletter/DeadLetters.ts"
import * as client from "../../../src/sink/opensearch/client.ts"
import * as OpenSearchSink from "../../../src/sink/opensearch/OpenSearchSink.ts"
import { Transport } from "../../../src/sink/opensearch/Transport.ts"
import { ask } from "../opensearch.ts"
import { Random } from "../random.ts"
import { check } from "./documents.ts"
import * as History from "./History.ts"
import { describeOwn, useScope } from "./own.ts"
import { type Credentials, region, SignatureCheck } from "./SignatureCheck.ts"

const first = { accessKeyId: "FIRST", secretAccessKey: "s3cr/et+1", sessionToken: "token/with+signs==" }
const second = { accessKeyId: "SECOND", secretAccessKey: "s3cr/et+2", sessionToken: "another==" }

const settled = { batchItemFailures: [] }
const inTime = { getRemainingTimeInMillis: () => 8000 }

describeOwn("behind a check of signatures", () => {
  let node: string
  let proxy: SignatureCheck
  let folder: string
  const use = useScope()
  const before = { ...process.env }
  const deadLetters = new Map<string, DeadLetters.DeadLetter>()

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tablefold-signing-"))
    node = (await use(Servers.openSearch())).node
  })
  beforeEach(async () => {
    proxy = new SignatureCheck(node)
    await proxy.start()
    for (const name of Object.keys(process.env)) if (/^(AWS|OPENSEARCH)_/.test(name)) delete process.env[name]
    setEnv({
      OPENSEARCH_NODE: proxy.url,
      OPENSEARCH_AUTH: "sigv4",
      AWS_REGION: region,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_CONFIG_FILE: join(folder, "config"),
      AWS_SHARED_CREDENTIALS_FILE: join(folder, "credentials")
    })
    return () => proxy.stop()
  })
  afterAll(async () => {
    for (const name of Object.keys(process.env)) if (before[name] === undefined) delete process.env[name]
    setEnv(before)
    await rm(folder, { recursive: true, force: true })
  })

  const handlerOf = (aliasPrefix: string): Lambda.Handler => {
    setEnv({ OPENSEARCH_ALIAS_PREFIX: aliasPrefix, AWS_LAMBDA_LOG_LEVEL: "FATAL" })
    return Lambda.make(History.table, {
      layer: OpenSearchSink.layerConfig,
      deadLetters: DeadLetters.layerMemory(deadLetters)
    })
  }
  /** Thirds of a small history, each a batch. */
  const thirds = (seed: number) => {
    const { documents, records } = History.make(new Random(seed), 300)
    return { documents, batches: [0, 100, 200].map((at) => ({ Records: records.slice(at, at + 100) })) }
  }
  const inFile = ({ accessKeyId, secretAccessKey, sessionToken }: Credentials) =>
    writeFile(
      join(folder, "credentials"),
      `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n` +
        `aws_session_token = ${sessionToken}\n`
    )

  it("every request is signed as it is sent", async () => {
    proxy.valid = [first]
    setEnv({
      AWS_ACCESS_KEY_ID: first.accessKeyId,
      AWS_SECRET_ACCESS_KEY: first.secretAccessKey,
      AWS_SESSION_TOKEN: first.sessionToken
    })
    const { batches, documents } = thirds(21)
    const handler = handlerOf("signed-")
    for (const batch of batches) assert.deepStrictEqual(await handler(batch, inTime), settled)
    assert.deepStrictEqual(proxy.refused, [])
    assert.isAbove(await check(node, "signed-", documents), 5)

    await ask(node, "PUT", "/signed-odd/_doc/a%23b%20c%2Fd%3F%C3%A9?refresh=true", { name: "odd" })
    const read = Effect.gen(function* () {
      const transport = yield* Transport
      const path = `/signed-odd/_doc/${encodeURIComponent("a#b c/d?é")}?_source_includes=name,x*&routing=`
      return yield* transport.request({ method: "GET", path })
    })
    const layer = client.layer({ nodes: [new URL(proxy.url)], auth: { _tag: "sigv4", region } })
    const { status, text } = await Effect.runPromise(Effect.provide(read, layer))
    assert.deepStrictEqual(proxy.refused, [])
    assert.strictEqual(status, 200, text)
    assert.deepStrictEqual(JSON.parse(text)._source, { name: "odd" })
    assert.isTrue(proxy.paths.some((path) => path.includes("a%23b%20c%2Fd%3F%C3%A9")))
  })

  it("credentials without an end, rotated, are asked for again", async () => {
    proxy.valid = [first]
    await inFile(first)
    const { batches, documents } = thirds(22)
    const handler = handlerOf("rotated-")
    assert.deepStrictEqual(await handler(batches[0], inTime), settled)
    assert.deepStrictEqual(proxy.refused, [])
    await inFile(second)
    proxy.valid = [second]
    assert.deepStrictEqual(await handler(batches[1], inTime), settled)
    assert.isAtLeast(proxy.refused.length, 1)
    // Now the server is ahead of the file: one sentence, and the batch comes again.
    const third = { ...first, accessKeyId: "THIRD" }
    proxy.valid = [third]
    const error = await handler(batches[2], inTime).then(() => assert.fail("it was acknowledged"), String)
    assert.match(error, /security token included in the request is expired.*\(403\); check OPENSEARCH_AUTH/)
    await inFile(third)
    assert.deepStrictEqual(await handler(batches[2], inTime), settled)
    await check(node, "rotated-", documents)
    assert.deepStrictEqual([...deadLetters.values()], [])
  })

  it("credentials with an end are asked for again before it", async () => {
    let asked = 0
    const given = createServer((_, to) => {
      const own = { ...first, accessKeyId: `GIVEN${++asked}` }
      proxy.valid = [...proxy.valid, own]
      to.end(
        JSON.stringify({
          AccessKeyId: own.accessKeyId,
          SecretAccessKey: own.secretAccessKey,
          Token: own.sessionToken,
          Expiration: new Date(Date.now() + 60_000).toISOString()
        })
      )
    })
    await new Promise<void>((resolve) => given.listen(0, "127.0.0.1", resolve))
    const { port } = given.address() as AddressInfo
    setEnv({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/`, AWS_SHARED_CREDENTIALS_FILE: folder })
    const { batches, documents } = thirds(23)
    const handler = handlerOf("given-")
    assert.deepStrictEqual(await handler(batches[0], inTime), settled)
    const before = asked
    for (const batch of batches.slice(1)) assert.deepStrictEqual(await handler(batch, inTime), settled)
    assert.isAbove(asked, before)
    assert.deepStrictEqual(proxy.refused, [])
    await check(node, "given-", documents)
    given.closeAllConnections()
    given.close()
  })

  it("no credentials at all are one sentence", async () => {
    setEnv({ AWS_SHARED_CREDENTIALS_FILE: join(folder, "none") })
    const { batches } = thirds(24)
    const error = await handlerOf("none-")(batches[0], inTime).then(() => assert.fail("it was acknowledged"), String)
    assert.match(error, /no AWS credentials were found .*; check the role or AWS_PROFILE/)
  })
})

const setEnv = (values: { readonly [name: string]: string | undefined }): void => {
  for (const [name, value] of Object.entries(values)) if (value !== undefined) process.env[name] = value
}
