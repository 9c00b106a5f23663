/** A table restored under another name, as a user meets it on real servers: what is said, `--new-source`, and back. */
import { assert, it } from "@effect/vitest"
import { randomInt } from "node:crypto"
import { afterAll, beforeAll } from "vitest"
import { table as orders } from "../../src/example/table.ts"
import { Lambda } from "../../src/lambda/index.ts"
import { OpenSearchSink } from "../../src/sink/opensearch/index.ts"
import { logged } from "../lambda/logged.ts"
import { describeReal } from "../servers/servers.ts"
import { ask } from "../whole/opensearch.ts"
import * as OrdersTable from "./OrdersTable.ts"
import type { Ended } from "./program.ts"

describeReal("a table restored under another name", (servers) => {
  const name = `shop${randomInt(2 ** 31)}`
  const alias = `${name}-orders`
  const node = servers.openSearchNode
  const env = { OPENSEARCH_ALIAS_PREFIX: `${name}-` }
  let old: OrdersTable.OrdersTable
  let restored: OrdersTable.OrdersTable
  beforeAll(async () => {
    old = await OrdersTable.make(name, servers)
    restored = await OrdersTable.make(`${name}-restored`, servers)
  })
  logged()
  afterAll(() => Promise.all([old.drop(), restored.drop()]))

  const said = ({ code, stderr, stdout }: Ended, expected: number, ...parts: ReadonlyArray<string>) => {
    assert.strictEqual(code, expected, stderr)
    for (const part of parts) assert.include(stdout + stderr, part)
    assert.notMatch(stderr, /\n +at /)
  }
  const rebuild = (...args: ReadonlyArray<string>) =>
    restored.run("rebuild", [restored.name, "--wait", "0", "--settle", "0", ...args], { env })
  /** What readers find, as texts like `1 paid`. */
  const seen = async () => {
    await ask(node, "POST", `/${alias}-*/_refresh`)
    const { hits } = JSON.parse((await ask(node, "GET", `/${alias}/_search`)).text)
    return hits.hits.map(({ _id, _source }: any) => `${_id} ${_source.status}`).toSorted()
  }
  const handler = Lambda.make(orders, {
    layer: OpenSearchSink.layer({ nodes: [new URL(node)], auth: { _tag: "none" }, aliasPrefix: `${name}-` })
  })
  /** A record of a table's stream, as Lambda brings it. */
  const event = ({ arn }: OrdersTable.OrdersTable, order: number, status: string) => {
    const { PK, SK, ...fields } = OrdersTable.details(order)
    const NewImage = { PK, SK, ...fields, status: { S: status } }
    const dynamodb = { Keys: { PK, SK }, NewImage, SequenceNumber: "9".repeat(30), StreamViewType: "NEW_IMAGE" }
    // Newer than the stream that the server has made, so that its record is the newest there is.
    const eventSourceARN = `${arn}/stream/2099-01-01T00:00:00.000`
    return { Records: [{ eventID: "1", eventName: "MODIFY", eventSource: "aws:dynamodb", eventSourceARN, dynamodb }] }
  }

  it("is told so by whatever meets its rows, and nothing of it gets in", async () => {
    await old.put(OrdersTable.details(1), OrdersTable.item(1, 1))
    await restored.put(OrdersTable.details(1), OrdersTable.item(1, 1), OrdersTable.details(2))
    said(await old.run("backfill", [old.name]), 0)
    const sentence = [old.arn, restored.arn, `run \`tablefold rebuild ${restored.name} --new-source\``]
    const of = (command: string, ...args: ReadonlyArray<string>) =>
      restored.run(command, [restored.name, ...args], { env })
    said(await of("backfill"), 1, ...sentence)
    said(await of("tail", "--from", "trim-horizon"), 1, ...sentence)
    said(await of("verify", "--repair", "--settle", "0"), 1, ...sentence)
    said(await of("explain", "ORDER#1"), 1, ...sentence)
    const thrown = await handler(event(restored, 1, "lost")).catch(String)
    for (const part of sentence) assert.include(String(thrown), part)
    said(await rebuild("--yes"), 1, old.arn, restored.arn, "add --new-source")
    assert.deepStrictEqual(await seen(), ["1 paid"])
    const plan = await old.run("plan", [])
    assert.include(plan.stdout, `is made from ${old.arn}`)
  })

  it("gets an index of its own, to which readers are led", async () => {
    said(await rebuild("--new-source"), 1, "say --yes")
    assert.deepStrictEqual(await seen(), ["1 paid"])
    said(await rebuild("--new-source", "--yes"), 2, `see ${alias}-000002 now`, `the stream of ${restored.arn}`)
    assert.deepStrictEqual(await seen(), ["1 paid", "2 paid"])
  })

  it("is followed into its own index, as the old one is into the old index", async () => {
    const isFollowed = async () => (await seen()).includes("3 paid")
    await restored.put(OrdersTable.details(3))
    const tail = restored.run("tail", [restored.name, "--from", "trim-horizon"], { env, until: isFollowed })
    said(await tail, 0)
    assert.deepStrictEqual(await handler(event(old, 1, "old")), { batchItemFailures: [] })
    assert.deepStrictEqual(await handler(event(restored, 1, "new")), { batchItemFailures: [] })
    assert.deepStrictEqual(await seen(), ["1 new", "2 paid", "3 paid"])
    const { stdout } = await old.run("status", [])
    for (const { arn } of [old, restored]) assert.include(stdout, `rows from ${arn}, stream of `)
  })

  it("is left and led to again, and compared each with its own index", async () => {
    said(await old.run("rollback", ["orders"]), 1, `${alias}-000001, which is made from ${old.arn}?`)
    said(await old.run("rollback", [alias, "--yes"]), 2, "a verification of")
    assert.deepStrictEqual(await seen(), ["1 old"])
    // The records that Lambda brought are in no table: what the tables hold is put right, each in its own index.
    const verify = (one: OrdersTable.OrdersTable) =>
      one.run("verify", [one.name, "--repair", "--settle", "0", "--json"], { env })
    for (const [one, documents] of [
      [old, 1],
      [restored, 3]
    ] as const) {
      assert.deepInclude(JSON.parse((await verify(one)).stdout), { documents, drift: 1, repaired: 1 })
    }
    said(await rebuild("--new-source", "--yes"), 0, `${alias}-000002 was made before`)
    assert.deepStrictEqual(await seen(), ["1 paid", "2 paid", "3 paid"])
    const dropped = await old.run("drop", ["orders", `${alias}-000001`, "--yes"])
    said(dropped, 0, `a function on the stream of ${old.arn} acknowledges no change of "${alias}" any more`)
    said(await old.run("backfill", [old.name]), 1, old.arn, restored.arn)
  })
})
