/**
 * A real OpenSearch behind its security plugin and TLS. Whatever is set up wrong gives one sentence that names the
 * setting; nothing is lost, nothing is a dead letter, and once it is right the same batch is written.
 */
import { assert } from "@effect/vitest"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, it } from "vitest"
import type { Item, StreamRecord } from "../dynamodb.ts"
import { n, s } from "../values.ts"
import { HandlerProcess } from "./HandlerProcess.ts"
import { describeOwn, useScope } from "./own.ts"
import { type Secured, start } from "./Secured.ts"

const record = (number: number, pk: string, sk: string, image: Item): StreamRecord => ({
  eventName: "INSERT",
  eventSourceARN: "arn:aws:dynamodb:eu-central-1:000000000000:table/shop/stream/2026-01-01T00:00:00.000",
  dynamodb: {
    Keys: { PK: s(pk), SK: s(sk) },
    NewImage: { PK: s(pk), SK: s(sk), ...image },
    SequenceNumber: String(100 + number)
  }
})

const order = record(1, "ORDER#1", "DETAILS", {
  customerId: s("c1"),
  status: s("open"),
  totalAmount: n(12),
  orderDate: s("2026-01-01"),
  shippingAddress: { M: { street: s("a"), city: s("b"), zipCode: s("c") } }
})
const user = record(2, "USER#1", "PROFILE", { name: s("Ada"), email: s("ada@example.com") })
const batch = [order, user]

const settled = { response: { batchItemFailures: [] } }

/** What a writer of an alias needs: on the cluster, and on the indices of the alias. */
const cluster = ["cluster_composite_ops"]
const writing = [
  "write",
  "read",
  "create_index",
  "indices:admin/get",
  "indices:admin/mapping/put",
  "indices:admin/aliases"
]
const reading = ["read", "indices:admin/get"]

interface Permissions {
  readonly [pattern: string]: ReadonlyArray<string>
}

describeOwn("behind real security", () => {
  let secured: Secured
  let folder: string
  const use = useScope()
  let handlers: Array<HandlerProcess> = []
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tablefold-security-"))
    secured = await use(start)
  })
  afterEach(() => {
    for (const handler of handlers) handler.stop()
    handlers = []
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const asked = async (method: string, path: string, body?: unknown) => {
    const answer = await secured.ask(method, path, body)
    assert.include([200, 201], answer.status, answer.text)
    return JSON.parse(answer.text)
  }
  const setPassword = (username: string, password: string) =>
    asked("PUT", `/_plugins/_security/api/internalusers/${username}`, { password })
  /** A user who may do this and no more. */
  const permit = async (username: string, permissions: Permissions) => {
    const index_permissions = Object.entries(permissions).map(([pattern, allowed_actions]) => ({
      index_patterns: [pattern],
      allowed_actions
    }))
    await asked("PUT", `/_plugins/_security/api/roles/${username}`, { cluster_permissions: cluster, index_permissions })
    await asked("PUT", `/_plugins/_security/api/rolesmapping/${username}`, { users: [username] })
  }
  const makeUser = async (prefix: string, permissions: Permissions = { [`${prefix}*`]: writing }) => {
    const username = `${prefix}writer`
    await setPassword(username, right)
    await permit(username, permissions)
    return {
      OPENSEARCH_NODE: secured.node,
      OPENSEARCH_USERNAME: username,
      OPENSEARCH_PASSWORD: right,
      OPENSEARCH_ALIAS_PREFIX: prefix,
      NODE_EXTRA_CA_CERTS: secured.authority
    }
  }
  const run = (env: { readonly [name: string]: string }) => {
    const handler = new HandlerProcess(env, join(folder, `${env["OPENSEARCH_ALIAS_PREFIX"]}letters.ndjson`))
    handlers.push(handler)
    return handler
  }
  /** The handler writes the batch, no dead letter was written before, and both documents are there. */
  const writes = async (handler: HandlerProcess, prefix: string) => {
    assert.isFalse(handler.hasDeadLetters)
    assert.deepStrictEqual(await handler.invoke(batch, 20_000), settled)
    assert.isFalse(handler.hasDeadLetters)
    const found = await Promise.all(
      ["orders", "users"].map(async (name) => (await asked("GET", `/${prefix}${name}-000001/_source/1`)) as object)
    )
    assert.deepInclude(found[0], { orderId: "1", status: "open", orderItems: [] })
    assert.deepInclude(found[1], { userId: "1", name: "Ada", email: "ada@example.com" })
  }
  const check =
    "check OPENSEARCH_AUTH, OPENSEARCH_USERNAME and OPENSEARCH_PASSWORD, or OPENSEARCH_SECRET, and what the role may do"

  it("a wrong password", async () => {
    const env = await makeUser("pw-")
    const { error } = await run({ ...env, OPENSEARCH_PASSWORD: "another" }).invoke(batch)
    assert.strictEqual(error, `OpenSearch at ${secured.node} refused: Unauthorized (401); ${check}`)
    await writes(run(env), "pw-")
  })

  it("an unknown certificate authority", async () => {
    const { NODE_EXTRA_CA_CERTS: authority, ...env } = await makeUser("ca-")
    const { error } = await run(env).invoke(batch)
    assert.include(
      error ?? "",
      `OpenSearch at ${secured.node}: its certificate is not trusted (self-signed certificate in`
    )
    assert.include(
      error ?? "",
      "give its certificate authority in NODE_EXTRA_CA_CERTS, or check the host name in OPENSEARCH_NODE"
    )
    await writes(run({ ...env, NODE_EXTRA_CA_CERTS: authority }), "ca-")
  })

  it("http where https is spoken", async () => {
    const env = await makeUser("http-")
    const { error } = await run({ ...env, OPENSEARCH_NODE: secured.node.replace("https", "http") }).invoke(batch)
    assert.match(error ?? "", /socket hang up; if it speaks https, OPENSEARCH_NODE must say so\)/)
    await writes(run(env), "http-")
  })

  it("a role that may write one index and only read the other", async () => {
    await writes(run(await makeUser("one-")), "one-")
    await asked("DELETE", "/one-orders-000001/_doc/1")
    await asked("DELETE", "/one-users-000001/_doc/1")
    await permit("one-writer", { "one-orders*": writing, "one-users*": reading })
    const handler = run(await makeUser("one-", { "one-orders*": writing, "one-users*": reading }))
    const { error } = await handler.invoke(batch)
    assert.match(error ?? "", /refused: security_exception: no permissions for \[indices:data\/write\/bulk\[s\]/)
    assert.include(error ?? "", `User [name=one-writer`)
    assert.include(error ?? "", check)
    await permit("one-writer", { "one-*": writing })
    await writes(handler, "one-")
  })

  it("a role that may not make the index", async () => {
    const handler = run(await makeUser("make-", { "make-*": ["write", "read", "indices:admin/get"] }))
    const { error } = await handler.invoke(batch)
    assert.match(error ?? "", /refused: security_exception: no permissions for \[indices:admin\/create\b/)
    assert.include(error ?? "", check)
    assert.strictEqual((await secured.ask("HEAD", "/make-orders-000001")).status, 404)
    await permit("make-writer", { "make-*": writing })
    await writes(handler, "make-")
  })

  it("credentials that end in mid-run, and come again", async () => {
    const handler = run(await makeUser("end-"))
    assert.deepStrictEqual(await handler.invoke([order], 20_000), settled)
    await setPassword("end-writer", `${right}-2`)
    const { error } = await handler.invoke(batch)
    assert.strictEqual(error, `OpenSearch at ${secured.node} refused: Unauthorized (401); ${check}`)
    await setPassword("end-writer", right)
    await writes(handler, "end-")
  })
})

const right = "Correct-Horse-7-Battery"
