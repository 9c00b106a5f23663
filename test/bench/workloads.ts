/** The workloads that are compared, and who takes part in each. */
import { apart } from "./apart.ts"
import { type Contender, handler, limit } from "./contenders.ts"
import { apartPrefix } from "./Results.ts"
import { make, type Options, type Workload } from "./workload.ts"

export interface Entry {
  readonly name: string
  readonly workload: () => Workload
  readonly contenders: (node: string, prefix: string) => Promise<ReadonlyArray<Contender>>
}

/** About what the cache counts for an order of 12 rows: 250 bytes and its JSON text twice for each, and 500. */
const orderBytes = 500 + 12 * (250 + 2 * 128)

const caches = (orders: number) => async (node: string, prefix: string) => [
  await limit(node, prefix),
  await handler(node, prefix, "cache warm", { cacheBytesMax: 2 * orders * orderBytes }),
  await handler(node, prefix, "cache for half", { cacheBytesMax: (orders * orderBytes) / 2 }),
  await handler(node, prefix, "cache cold", { cacheBytesMax: 2 * orders * orderBytes, areNew: true }),
  await handler(node, prefix, "no cache", { cacheBytesMax: 0 })
]

const warmAndCold = async (node: string, prefix: string) => [
  await limit(node, prefix),
  await handler(node, prefix, "cache warm", { cacheBytesMax: 512 * 2 ** 20 }),
  await handler(node, prefix, "no cache", { cacheBytesMax: 0 })
]

const alone = async (node: string, prefix: string) => [
  await limit(node, prefix),
  await handler(node, prefix, "handler")
]

const elsewhere = async (node: string, prefix: string) => [
  await limit(node, prefix),
  await apart(node, prefix, { cacheBytesMax: 512 * 2 ** 20 })
]

const lanes = 10

const inLanes = async (node: string, prefix: string) => [
  await limit(node, prefix),
  await limit(node, prefix, lanes),
  await handler(node, prefix, "ten handlers", { writers: lanes })
]

export const entries = (isQuick: boolean): ReadonlyArray<Entry> => {
  const base = { orders: 4000, rows: 12, changes: isQuick ? 8000 : 20_000, batchSize: 1000, burst: 6 }
  const single = { ...base, changes: base.changes / 2, burst: 1 }
  const many = { ...base, orders: 40_000 }
  const large = isQuick ? 100 : 400
  const inserts = { ...base, orders: 0, changes: isQuick ? 9600 : 24_000, pattern: "inserts" as const }
  const all: ReadonlyArray<readonly [name: string, options: Omit<Options, "name">, Entry["contenders"]]> = [
    ["4,000 orders of 12 rows, six changes at a time", base, caches(base.orders)],
    ["4,000 orders of 12 rows, single changes", single, warmAndCold],
    ["40,000 orders of 12 rows, six changes at a time", many, caches(many.orders)],
    [
      `${large} orders of 300 rows, one change each`,
      { orders: large, rows: 300, changes: 4 * large, batchSize: large, burst: 1, pattern: "in turn" },
      warmAndCold
    ],
    ["all inserts, orders of 12 rows", inserts, alone],
    ["one hot order", { ...single, orders: 1 }, alone],
    ["ten hot orders", { ...single, orders: 10 }, alone],
    ["ten lanes that share 4,000 orders", { ...base, changes: 20_000, lanes }, inLanes],
    [`${apartPrefix}4,000 orders of 12 rows, six changes at a time`, base, elsewhere],
    [`${apartPrefix}4,000 orders of 12 rows, single changes`, single, elsewhere]
  ]
  return all
    .filter(([, options]) => !isQuick || options !== many)
    .map(([name, options, contenders]) => ({ name, contenders, workload: () => make({ ...options, name }) }))
}
