/**
 * How fast a stream that is behind is worked off: changes that wait in a table in memory, followed to their end into a
 * real OpenSearch, as `tail` does. With OPENSEARCH_NODE it uses that server. Ends with 1 where a change stays open.
 */
import { Effect, Logger, Stream } from "effect"
import { table } from "../../src/example/table.ts"
import * as Servers from "../../src/local/Servers.ts"
import * as following from "../../src/pipeline/following.ts"
import * as OpenSearchSink from "../../src/sink/opensearch/OpenSearchSink.ts"
import * as Checkpoints from "../../src/source/stream/Checkpoints.ts"
import { settledPositions } from "../../src/pipeline/joined.ts"
import * as StreamTail from "../../src/source/stream/StreamTail.ts"
import * as MemoryTable from "../../src/testing/MemoryTable.ts"
import { readFlags } from "../flags.ts"

const usage = `node test/measure/catchUp.ts [options]: how fast a stream that is behind is worked off

  --changes N  changes that wait (1000000)
  --orders N   orders that they are of (20000)`

const flags = readFlags(usage, {
  changes: { type: "string", default: "1000000" },
  orders: { type: "string", default: "20000" }
})
const [changes, orders] = [Number(flags.changes), Number(flags.orders)]

const details = {
  customerId: { S: "c" },
  status: { S: "new" },
  totalAmount: { N: "19.99" },
  orderDate: { S: "2026-01-01" },
  shippingAddress: { M: { street: { S: "a" }, city: { S: "b" }, zipCode: { S: "c" } } }
}
const item = { itemId: { S: "i" }, productName: { S: "tea" }, unitPrice: { N: "2.5" } }

/** An order's details first, then one of its six items, as a simple generator of numbers says. */
const fill = Effect.fnUntraced(function* (memory: MemoryTable.MemoryTable) {
  let seed = 1
  const below = (n: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % n
  for (let i = 0; i < changes; i++) {
    const PK = { S: `ORDER#${i < orders ? i : below(orders)}` }
    if (i < orders) yield* memory.put({ PK, SK: { S: "DETAILS" }, ...details })
    else yield* memory.put({ PK, SK: { S: `ITEM#${below(6)}` }, ...item, quantity: { N: String(i) } })
  }
})

const catchUp = Effect.gen(function* () {
  const node = process.env["OPENSEARCH_NODE"] ?? (yield* Servers.openSearch({ speed: "steady" })).node
  const memory = yield* MemoryTable.make({ tableName: "orders" })
  yield* fill(memory)
  const sink = OpenSearchSink.layer({ nodes: [new URL(node)], auth: { _tag: "none" }, aliasPrefix: `${process.pid}-` })
  const [begin, cpu] = [performance.now(), process.cpuUsage()]
  const tail = yield* StreamTail.begin({ tableName: "orders", from: "trim-horizon", until: "caught-up" }).pipe(
    Effect.provide([Checkpoints.layerMemory, MemoryTable.layerStreamApi(memory)])
  )
  yield* StreamTail.run(tail, (batches, stop) =>
    batches.pipe(
      following.settle(table, stop),
      Stream.mapEffect((delivered) => {
        const open = delivered.batches.find(({ open }) => open !== undefined)
        return open === undefined ? Effect.succeed(settledPositions(delivered)) : Effect.fail(new Error(open.open))
      })
    )
  ).pipe(Effect.provide([sink, Logger.layer([])]))
  const seconds = (performance.now() - begin) / 1000
  const { system, user } = process.cpuUsage(cpu)
  console.log(
    `${changes} changes in ${seconds.toFixed(1)} s: ${Math.round(changes / seconds)} a second, ` +
      `${((system + user) / changes).toFixed(1)} µs of CPU each`
  )
})

await Effect.runPromise(Effect.scoped(catchUp))
process.exit(0)
