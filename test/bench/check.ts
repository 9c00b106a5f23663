/** Whether what a contender wrote is right, as its readers see it: a figure for wrong documents is worth nothing. */
import { isDeepStrictEqual } from "node:util"
import { post } from "./request.ts"
import type { Contender } from "./contenders.ts"
import type { Workload } from "./workload.ts"

const sampleMax = 40

/** Makes all of it searchable, and throws unless all orders are there and a sample of them is as it must be. */
export const check = async (node: string, { alias, name }: Contender, workload: Workload): Promise<void> => {
  await post(`${node}/${alias}/_refresh`, {})
  const { count } = await post(`${node}/${alias}/_count`, { query: { match_all: {} } })
  const orders = workload.orders()
  if (count !== orders) throw new Error(`${workload.name}, ${name}: ${count} documents instead of ${orders}`)
  const step = Math.max(1, Math.floor(orders / sampleMax))
  const sample = Array.from({ length: Math.ceil(orders / step) }, (_, i) => orders - 1 - i * step)
  const { docs } = await post(`${node}/${alias}/_mget?_source_excludes=_sync`, { ids: sample.map(String) })
  for (const [i, order] of sample.entries()) {
    const right: unknown = JSON.parse(workload.document(order))
    if (isDeepStrictEqual(docs[i]._source, right)) continue
    throw new Error(`${workload.name}, ${name}: order ${order} is wrong: ${JSON.stringify(docs[i]).slice(0, 1000)}`)
  }
}
