/**
 * A snapshot restored under warm handlers, over a closed index and after the index was deleted: they know documents
 * that the index has not, or has otherwise, under sequence numbers that it gives again. Whatever is acknowledged after
 * the restore is in the index. On the same node, which has ingest pipelines: a document that one drops is not
 * acknowledged.
 */
import { assert } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, it } from "vitest"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Table from "../../../src/define/Table.ts"
import * as Lambda from "../../../src/lambda/Lambda.ts"
import * as OpenSearchSink from "../../../src/sink/opensearch/OpenSearchSink.ts"
import { logged } from "../../lambda/logged.ts"
import { ask } from "../opensearch.ts"
import * as Cluster from "./Cluster.ts"
import { describeOwn, useScope } from "./own.ts"

const Order = Aggregate.make("orders", {
  key: "ORDER#{id}",
  root: Aggregate.root("DETAILS", { status: Schema.String }),
  parts: { items: Aggregate.many("ITEM#{n}", { name: Schema.String }) }
})
const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Order] })

const streamArn = "arn:aws:dynamodb:eu-west-1:1:table/Shop/stream/2026-11-25T08:00:00.123"
let sequence = 1000
const record = (id: string, SK: string, image: object) => {
  const keys = { PK: { S: `ORDER#${id}` }, SK: { S: SK } }
  return {
    eventName: "MODIFY",
    eventSource: "aws:dynamodb",
    eventSourceARN: streamArn,
    dynamodb: {
      Keys: keys,
      NewImage: { ...keys, ...image },
      SequenceNumber: String(sequence++),
      StreamViewType: "NEW_IMAGE"
    }
  }
}
const root = (id: string, status: string) => record(id, "DETAILS", { status: { S: status } })
const item = (id: string, n: number) => record(id, `ITEM#${n}`, { name: { S: `tea ${n}` } })
type Records = ReadonlyArray<ReturnType<typeof record>>

const ids = Array.from({ length: 40 }, (_, i) => String(i))

const javac = Option.getOrUndefined(await Effect.runPromise(Effect.option(Cluster.compiler)))
if (javac === undefined) console.warn("The test of snapshots is skipped: no javac was found, install a JDK")

const describeNode: typeof describeOwn = javac === undefined ? () => {} : describeOwn

describeNode("a snapshot restored under warm handlers", () => {
  const use = useScope()
  let node: string
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tablefold-snapshots-"))
    const settings = { "path.repo": folder, "node.roles": "cluster_manager,data,ingest" }
    node = (await use(Cluster.start(javac!, 1, settings)))[0]!.url
    await sent("PUT", "/_snapshot/backups", { type: "fs", settings: { location: join(folder, "backups") } })
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  logged()

  const sent = async (method: string, path: string, body?: unknown) => {
    const { status, text } = await ask(node, method, path, body)
    assert.strictEqual(status, 200, text)
    return JSON.parse(text)
  }

  /** A handler as in a container of its own; gives whether all of a batch was acknowledged. */
  const handler = (aliasPrefix: string) => {
    const options = { nodes: [new URL(node)], auth: { _tag: "none" }, aliasPrefix } as const
    const handle = Lambda.make(table, { layer: OpenSearchSink.layer(options) })
    return (batch: Records) =>
      handle({ Records: batch }, { getRemainingTimeInMillis: () => 6000 } as never).then(
        ({ batchItemFailures }) => batchItemFailures.length === 0,
        () => false
      )
  }

  const stored = async (index: string, id: string) => {
    const { _sync, ...document } = (await sent("GET", `/${index}/_doc/${id}`))._source
    return document
  }

  const snapshot = (index: string) => `${index}-snapshot`

  const restore = (index: string) =>
    sent("POST", `/_snapshot/backups/${snapshot(index)}/_restore?wait_for_completion=true`, { indices: index })

  const ways: ReadonlyArray<readonly [string, (index: string) => Promise<unknown>]> = [
    ["over a closed index", (index) => sent("POST", `/${index}/_close`)],
    ["after its index was deleted", (index) => sent("DELETE", `/${index}`)]
  ]
  it.each(ways)("%s: what they acknowledge is there", async (way, remove) => {
    const prefix = `${way.replaceAll(" ", "-")}-`
    const index = `${prefix}orders-000001`
    const [one, other] = [handler(prefix), handler(prefix)]
    const before = ids.map((id) => root(id, "new"))
    assert.isTrue(await one(before))
    await sent("PUT", `/_snapshot/backups/${snapshot(index)}?wait_for_completion=true`, { indices: index })
    const half = ids.filter((_, i) => i % 2 === 0)
    const after = [...ids.map((id) => root(id, "paid")), ...half.map((id) => item(id, 1)), root("later", "new")]
    assert.isTrue(await one(after))
    assert.isTrue(await other(half.map((id) => item(id, 2))))

    await remove(index)
    await restore(index)
    /** Every document, and of half of them these items. */
    const have = async (...numbers: ReadonlyArray<number>) => {
      for (const id of ids) {
        const items = half.includes(id) ? numbers.map((n) => ({ name: `tea ${n}` })) : []
        assert.deepStrictEqual(await stored(index, id), { status: "paid", items })
      }
    }
    // The stream is read again from before the snapshot: what each brings it knows already.
    assert.isTrue(await one([...before, ...after.toReversed()]))
    await have(1)
    assert.isTrue(await other(half.map((id) => item(id, 3))))
    await have(1, 3)
    assert.isTrue(await one(half.map((id) => item(id, 4))))
    assert.isTrue(await other(after))
    await have(1, 3, 4)
    assert.deepStrictEqual(await stored(index, "later"), { status: "new", items: [] })
  })

  it("while the index is closed, or gone, nothing is acknowledged that is not there", async () => {
    const index = "meanwhile-orders-000001"
    const one = handler("meanwhile-")
    const batch = [root("1", "new"), root("2", "new")]
    assert.isTrue(await one(batch))
    await sent("POST", `/${index}/_close`)
    assert.isFalse(await one(batch))
    assert.isFalse(await one([item("1", 1)]))
    await sent("POST", `/${index}/_open?wait_for_active_shards=1`)
    assert.isTrue(await one(batch))
    await sent("DELETE", `/${index}`)
    assert.isTrue(await one(batch))
    assert.deepStrictEqual(await stored(index, "1"), { status: "new", items: [] })
  })

  it("what an ingest pipeline drops or changes is not acknowledged", async () => {
    const index = "dropped-orders-000001"
    const one = handler("dropped-")
    await sent("PUT", "/_ingest/pipeline/drop", { processors: [{ drop: {} }] })
    assert.isTrue(await one([root("1", "new")]))
    for (const name of ["default_pipeline", "final_pipeline"]) {
      await sent("PUT", `/${index}/_settings`, { index: { [name]: "drop" } })
      assert.isFalse(await one([root("1", "paid")]))
      assert.isFalse(await one([root(name, "new")]))
      await sent("PUT", `/${index}/_settings`, { index: { [name]: "_none" } })
      assert.isTrue(await one([root(name, "new")]))
    }
    assert.deepStrictEqual((await stored(index, "1")).status, "new")
  })
})
