/** What the settings of an event source mapping change: how large batches are, and how many lanes there are. */
import { check } from "./check.ts"
import { handler } from "./contenders.ts"
import type { Choice, Choices } from "./Results.ts"
import { median } from "./statistics.ts"
import { measure, type Server, warm } from "./throughput.ts"
import { make, type Options } from "./workload.ts"

const base = { name: "choices", orders: 4000, rows: 12, changes: 20_000, batchSize: 1000, burst: 6, lanes: 1 }
const rounds = 5

type Laned = Options & { readonly lanes: number }

export const measureChoices = async (server: Server, isQuick: boolean): Promise<Choices> => ({
  batchSizes: await each(server, isQuick ? [100, 1000] : [10, 100, 1000, 10_000], (batchSize) => ({
    ...base,
    batchSize,
    changes: Math.min(base.changes, batchSize * 100)
  })),
  lanes: await each(server, isQuick ? [1, 10] : [1, 2, 4, 10], (lanes) => ({ ...base, lanes }))
})

const each = async (server: Server, values: ReadonlyArray<number>, optionsOf: (value: number) => Laned) => {
  const found: Array<Choice> = []
  for (const value of values) found.push(await one(server, value, optionsOf(value)))
  return found
}

const one = async (server: Server, value: number, options: Laned): Promise<Choice> => {
  const workload = make(options)
  const prefix = `bench-${process.pid}-choices-${options.batchSize}-${options.lanes}-`
  const ours = await handler(
    server.node,
    prefix,
    "handler",
    options.lanes === undefined ? {} : { writers: options.lanes }
  )
  await warm(server, [ours], workload)
  const costs = []
  let batches = 0
  for (let round = 1; round <= rounds; round++) {
    const all = workload.round(round)
    batches = all.length
    costs.push(await measure(server, ours, all))
    await check(server.node, ours, workload)
  }
  await ours.end()
  const { changes, lanes } = options
  return {
    value,
    perSecond: median(costs.map(({ millis }) => (changes / millis) * 1000)),
    millisPerBatch: median(costs.map(({ millis }) => (millis * lanes) / batches)),
    bytesPerChange: median(costs.map(({ bytes }) => bytes / changes)),
    refusedPerThousand: median(costs.map(({ refused }) => (refused * 1000) / changes))
  }
}
