/** Whether a change costs more the longer it goes on, the more orders there are, and the larger a document is. */
import { setTimeout as sleep } from "node:timers/promises"
import { post } from "./request.ts"
import { check } from "./check.ts"
import { type Contender, handler, limit } from "./contenders.ts"
import * as machine from "./machine.ts"
import type { Growth, GrowthPoint, RowsPoint } from "./Results.ts"
import { median } from "./statistics.ts"
import { measure, type Server, warm } from "./throughput.ts"
import { make, type Workload } from "./workload.ts"

const roundChanges = 10_000
const base = { rows: 12, changes: roundChanges, batchSize: 1000, burst: 6 }

export const measureGrowth = async (server: Server, isQuick: boolean): Promise<Growth> => ({
  changes: await byChanges(server, isQuick ? [10_000, 30_000] : [10_000, 30_000, 100_000, 300_000, 1_000_000]),
  orders: await byOrders(server, isQuick ? [1000, 3000] : [1000, 10_000, 100_000]),
  rows: await byRows(server, isQuick ? [10, 100] : [10, 100, 1000, 10_000])
})

const prefixOf = (name: string) => `bench-${process.pid}-growth-${name}-`

const heapUsed = async () => {
  await sleep(100)
  machine.collectGarbage()
  return process.memoryUsage().heapUsed
}

/** Rounds that a point is the median of: the last ones up to it. */
const roundsAtPoint = 3

const byChanges = async (server: Server, points: ReadonlyArray<number>): Promise<ReadonlyArray<GrowthPoint>> => {
  const workload = make({ ...base, name: "growth by changes", orders: 4000 })
  const heapBefore = await heapUsed()
  const pair = await pairOf(server, "changes")
  await warm(server, pair, workload)
  const [plain, ours] = pair
  const found: Array<GrowthPoint> = []
  const limits: Array<number> = []
  const times: Array<number> = []
  for (let round = 1; round <= points.at(-1)! / roundChanges; round++) {
    const batches = workload.round(round)
    times.push((await measure(server, ours, batches)).millis)
    const next = points.find((at) => at >= round * roundChanges)! / roundChanges
    if (next - round >= roundsAtPoint) continue
    limits.push((await measure(server, plain, batches)).millis)
    if (next > round) continue
    found.push({
      at: round * roundChanges,
      micros: microsOf(times.splice(0).slice(-roundsAtPoint), roundChanges),
      limitMicros: microsOf(limits.splice(0), roundChanges),
      heapBytes: (await heapUsed()) - heapBefore
    })
  }
  await check(server.node, ours, workload)
  for (const contender of pair) await contender.end()
  return found
}

const byOrders = async (server: Server, points: ReadonlyArray<number>): Promise<ReadonlyArray<GrowthPoint>> => {
  const found: Array<GrowthPoint> = []
  for (const orders of points) {
    const workload = make({ ...base, name: `growth, ${orders} orders`, orders })
    const heapBefore = await heapUsed()
    const pair = await pairOf(server, `orders-${orders}`)
    const point = await rounds(server, pair, workload, roundChanges)
    found.push({ at: orders, ...point, heapBytes: (await heapUsed()) - heapBefore })
    for (const contender of pair) await contender.end()
  }
  return found
}

const byRows = async (server: Server, points: ReadonlyArray<number>): Promise<ReadonlyArray<RowsPoint>> => {
  const found: Array<RowsPoint> = []
  for (const rows of points) {
    const orders = Math.min(1000, Math.max(4, 20_000 / rows))
    const name = `growth, ${rows} rows`
    const options = { name, orders, rows, changes: 5 * orders, batchSize: orders, burst: 1 }
    const pair = await pairOf(server, `rows-${rows}`)
    const point = await rounds(server, pair, make({ ...options, pattern: "in turn" }), options.changes)
    found.push({ rows, ...point, ...(await sizes(server.node, pair[1])) })
    for (const contender of pair) await contender.end()
  }
  return found
}

const pairOf = async ({ node }: Server, name: string): Promise<readonly [limit: Contender, handler: Contender]> => [
  await limit(node, prefixOf(name)),
  await handler(node, prefixOf(name), "handler")
]

const rounds = async (
  server: Server,
  pair: readonly [limit: Contender, handler: Contender],
  workload: Workload,
  changes: number
) => {
  await warm(server, pair, workload)
  const times = pair.map(() => new Array<number>())
  for (let round = 1; round <= 5; round++) {
    const batches = workload.round(round)
    for (const [i, contender] of pair.entries()) times[i]!.push((await measure(server, contender, batches)).millis)
  }
  for (const contender of pair) await check(server.node, contender, workload)
  return { limitMicros: microsOf(times[0]!, changes), micros: microsOf(times[1]!, changes) }
}

const microsOf = (millis: ReadonlyArray<number>, changes: number): number => (median(millis) * 1000) / changes

/** Of one stored document: a document's JSON text has no white space. */
const sizes = async (node: string, { alias }: Contender) => {
  const { docs } = await post(`${node}/${alias}/_mget`, { ids: ["0"] })
  const { _source } = docs[0]
  const bytesOf = (it: unknown) => Buffer.byteLength(JSON.stringify(it))
  return { documentBytes: bytesOf(_source), syncBytes: bytesOf(_source._sync) }
}
