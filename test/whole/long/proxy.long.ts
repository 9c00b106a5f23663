/**
 * A real OpenSearch behind a proxy that misbehaves. Whatever it does, at the end every document is what the rows say,
 * and no row is a dead letter. One seed is one history and one set of faults; which request meets which is chance.
 */
import { assert } from "@effect/vitest"
import { Config, Effect, Option } from "effect"
import { randomInt } from "node:crypto"
import { beforeAll, it } from "vitest"
import * as Servers from "../../../src/local/Servers.ts"
import { Random } from "../random.ts"
import { check } from "./documents.ts"
import { FaultyProxy, faults } from "./FaultyProxy.ts"
import * as History from "./History.ts"
import { Lanes } from "./Lanes.ts"
import { describeOwn, until, useScope } from "./own.ts"

const given = Effect.runSync(Effect.orDie(Effect.option(Config.Int("SEED"))))
const seeds = Option.isSome(given) ? [given.value] : [30, 31, 32, randomInt(2 ** 31)]

const changes = 2000

/** Longest time under faults; what is not acknowledged by then comes again when the proxy behaves. */
const faultySeconds = 30

const show = (counts: ReadonlyMap<string, number>): string =>
  [...counts].map(([name, count]) => `${count}× ${name}`).join(", ")

describeOwn("behind a proxy that misbehaves", () => {
  const use = useScope()
  const total = new Map<string, number>()
  let node: string
  beforeAll(async () => {
    node = (await use(Servers.openSearch())).node
  })

  it.concurrent.each(seeds)("every document is right in the end (seed %i)", async (seed) => {
    const r = new Random(seed)
    const { documents, records } = History.make(r.fork(), changes)
    const proxy = new FaultyProxy(node, r.fork())
    const aliasPrefix = `proxy-${seed}-`
    const lanes = new Lanes({ nodes: [await proxy.start()], aliasPrefix, lanes: 6, budgetMillis: 3000 })
    const brought = lanes.bring(records, r.fork())
    const end = Date.now() + faultySeconds * 1000
    const isEnough = () => lanes.acknowledged > 0.9 * records.length || Date.now() > end
    await Promise.race([brought, until("most is acknowledged", isEnough, 2 * faultySeconds)])
    proxy.behave()
    const before = lanes.acknowledged
    await brought
    const found = await check(node, aliasPrefix, documents)
    assert.deepStrictEqual([...lanes.deadLetters.values()], [])
    assert.isAbove(found, 20)
    await proxy.stop()
    for (const [fault, count] of proxy.counts) total.set(fault, (total.get(fault) ?? 0) + count)
    console.info(
      `proxy, seed ${seed}: ${proxy.requests} requests with ${show(proxy.counts)}; ${lanes.invocations} invocations, ` +
        `${lanes.partial} settled in part; ${records.length - before} records came after it behaved; ${found} documents`
    )
  })

  it.skipIf(Option.isSome(given))("most kinds of fault were met", () => {
    const met = faults.filter((fault) => total.has(fault))
    assert.isAtLeast(met.length, 10, `only ${met.join(", ")}`)
  })
})
