/**
 * Three nodes, of which the elected one is killed in mid-workload, then a second one, so that no quorum is left; then
 * both come again. Nothing that was acknowledged is lost, and nothing that could not be written is a dead letter.
 *
 * Without a quorum a bulk's item has one of three answers. Its primary was on a killed node: 500
 * `node_not_connected_exception` after the bulk's `timeout`. Its primary is here, and a copy in sync with it is away:
 * none, as only a cluster manager may strike the copy off. Its primary is here and the only copy in sync, since the
 * quorum struck the others off: it is written and acknowledged, and safe as long as this node's disk is.
 */
import { assert } from "@effect/vitest"
import { Effect, Option } from "effect"
import { beforeAll, it } from "vitest"
import * as answer from "../../../src/sink/opensearch/answer.ts"
import { ask } from "../opensearch.ts"
import { Random } from "../random.ts"
import * as Cluster from "./Cluster.ts"
import { check } from "./documents.ts"
import * as History from "./History.ts"
import { Lanes } from "./Lanes.ts"
import { describeOwn, until, useScope } from "./own.ts"

const seed = 41
const changes = 8000

const javac = Option.getOrUndefined(await Effect.runPromise(Effect.option(Cluster.compiler)))
if (javac === undefined) console.warn("The test on three nodes is skipped: no javac was found, install a JDK")

const describeCluster: typeof describeOwn = javac === undefined ? () => {} : describeOwn

describeCluster("three nodes", () => {
  const use = useScope()
  let nodes: ReadonlyArray<Cluster.Node>
  beforeAll(async () => {
    nodes = await use(Cluster.start(javac!, 3))
  })

  /** What a node says of the cluster; nothing while it can't say. */
  const textOf = async (url: string, path: string) => {
    const asked = fetch(`${url}${path}`, { signal: AbortSignal.timeout(5000) })
    return asked.then(
      (answer) => (answer.status === 200 ? answer.text() : undefined),
      () => undefined
    )
  }
  const isHealthy = (url: string, status: RegExp) => async () =>
    status.test((await textOf(url, "/_cluster/health?timeout=1s")) ?? "")
  const hasNodes = (url: string, count: number) => async () =>
    (await textOf(url, "/_cluster/health?timeout=1s"))?.includes(`"number_of_nodes":${count}`) === true

  it("one killed, then a second, then both again: every document is right", async () => {
    await until("three nodes are one cluster", hasNodes(nodes[0]!.url, 3), 90)
    const r = new Random(seed)
    const { documents, records } = History.make(r.fork(), changes)
    const lanes = new Lanes({ nodes: nodes.map(({ url }) => url), aliasPrefix: "c-", lanes: 4, budgetMillis: 6000 })
    const reached = (share: number) =>
      until(`${share} of it is acknowledged`, () => lanes.acknowledged >= share * records.length, 120)
    // The first of it makes the indices, which get a replica each.
    await lanes.bring(records.slice(0, 100), r.fork())
    await ask(nodes[0]!.url, "PUT", `/${probe}`, { settings: { number_of_shards: probeShards } })
    const replicas = await ask(nodes[0]!.url, "PUT", "/c-*/_settings", { index: { number_of_replicas: 1 } })
    assert.strictEqual(replicas.status, 200, replicas.text)
    await until("each shard has its replica", isHealthy(nodes[0]!.url, /"status":"green"/))
    lanes.acknowledged = 100
    const brought = lanes.bring(records.slice(100), r.fork())

    await reached(0.2)
    const elected = (await textOf(nodes[0]!.url, "/_cat/cluster_manager?h=node"))?.trim()
    const first = nodes.find(({ name }) => name === elected)!
    const others = nodes.filter((node) => node !== first)
    const troubleBefore = troubleOf(lanes)
    await first.kill()
    await reached(0.5)

    await until("the two are one cluster", hasNodes(others[0]!.url, 2))
    const primaries = (await textOf(others[0]!.url, "/_cat/shards/c-*?h=prirep,node")) ?? ""
    const ownedBy = ({ name }: Cluster.Node) => primaries.match(new RegExp(`^p +${name} *$`, "gm"))?.length ?? 0
    const [third, second] = others.toSorted((a, b) => ownedBy(a) - ownedBy(b))
    await second!.kill()
    const [invoked, alone] = [lanes.invocations, lanes.acknowledged]
    const answers = new Map<string, answer.Verdict["_tag"] | undefined>()
    const hasOwner = () => [...answers.keys()].some((told) => told.startsWith("500 "))
    await until("a document whose primary is away is answered for", async () => {
      for (const [told, verdict] of await writeAlone(third!.url)) answers.set(told, verdict)
      return hasOwner() && lanes.invocations > invoked + 2 * lanes.width
    })
    for (const [told, verdict] of answers) assert.include([undefined, "Accepted", "Transient"], verdict, told)
    const invocations = lanes.invocations - invoked
    const before = lanes.acknowledged
    assert.isBelow(before, records.length, "nothing was left to write without a quorum")
    assert.deepStrictEqual([...lanes.deadLetters.values()], [])

    await Promise.all([first.start(), second!.start()])
    await until("the three are one cluster again", hasNodes(third!.url, 3), 120)
    const isStuck = await standStill(lanes, brought)
    if (isStuck) {
      await third!.kill()
      await third!.start()
    }
    await brought
    // All primaries are what a right answer takes. Copies come two at a time for each node, and on a busy machine some
    // still waited in that queue after 90 s ("throttled").
    await until("each primary is there again", isHealthy(third!.url, /"status":"(green|yellow)"/), 90)
    const found = await check(third!.url, "c-", documents)
    assert.deepStrictEqual([...lanes.deadLetters.values()], [])
    assert.isAbove(troubleOf(lanes), troubleBefore)
    console.info(
      `three nodes: ${elected} and ${second!.name} killed; without a quorum ${invocations} invocations settled ` +
        `${before - alone} changes; a write of ours was answered ${[...answers.keys()].join(", ")}; ${found} documents` +
        `${isStuck ? `; ${third!.name} was stuck and started again` : ""}\n` +
        [...lanes.failures, ...lanes.answers].map(([reason, count]) => `  ${count}× ${reason}`).join("\n")
    )
  })
})

/**
 * Tells whether the lanes settle nothing for half a minute; `false` once all is brought. About one time in five
 * OpenSearch 3.8 leaves the node that was alone so: its copies became primaries while the three came together, the
 * terms that say so were lost (`primary_terms` of the cluster state still has the old ones), and each write to them
 * waits for ever, whatever its `timeout`. opensearch-project/OpenSearch#19150 has it, and is open; starting that node
 * again mends it.
 */
const standStill = async (lanes: Lanes, brought: Promise<void>): Promise<boolean> => {
  let isDone = false
  const end = () => {
    isDone = true
  }
  void brought.then(end, end)
  const from = Date.now()
  const isStill = () => Date.now() - Math.max(from, lanes.settledAt) > 30_000
  await until("the lanes end or stand still", () => isDone || isStill(), 180)
  return !isDone
}

/** Batches that were not settled as a whole: none, and the nodes that were killed were not missed. */
const troubleOf = ({ failures, partial }: Lanes): number =>
  [...failures.values()].reduce((sum, count) => sum + count, partial)

/** An index of the test's own, to see what a node without others answers. */
const probe = "c-probe"

/** More than the lanes have indices: so the node with most primaries has one of these. */
const probeShards = 8

/**
 * How a node without others answers writes of one document each: the item's status and error, and what the sink takes
 * that for; no answer where the document's primary is the node's own, and waits for a copy that is gone.
 */
const writeAlone = (url: string): Promise<ReadonlyArray<readonly [string, answer.Verdict["_tag"] | undefined]>> =>
  Promise.all(
    Array.from("abcdefghijklmnopqrstuvwx", async (id) => {
      const asked = fetch(`${url}/_bulk?timeout=1s`, {
        method: "POST",
        body: `{"index":{"_index":"${probe}","_id":"${id}"}}\n{}\n`,
        headers: { "content-type": "application/x-ndjson" },
        signal: AbortSignal.timeout(4000)
      })
      const text = await asked.then(
        (response) => response.text(),
        () => undefined
      )
      if (text === undefined) return ["nothing in 4 s", undefined] as const
      const item = answer.itemsOf(text, 1)?.[0]
      if (item === undefined) return [text.slice(0, 200), answer.ofResponse(500, text)._tag] as const
      const type = /"error":\{"type":"(\w+)"/.exec(text)?.[1] ?? ""
      return [`${item.status} ${type}`, answer.ofItem(item)._tag] as const
    })
  )
