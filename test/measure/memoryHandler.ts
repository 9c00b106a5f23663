/** The handler that `memory.ts` measures: orders whose items may hold long texts and large maps. */
import { Schema } from "effect"
import { readFileSync } from "node:fs"
import { Aggregate, Mapping, Table } from "../../src/index.ts"
import { Lambda } from "../../src/lambda/index.ts"
import { OpenSearchSink } from "../../src/sink/opensearch/index.ts"

const Order = Aggregate.make("orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", { orderId: Schema.String, status: Schema.String, totalAmount: Schema.Finite }),
  parts: {
    orderItems: Aggregate.many("ITEM#{n}", {
      productName: Schema.String,
      quantity: Schema.Int,
      unitPrice: Schema.Finite,
      note: Schema.optionalKey(Schema.String),
      options: Schema.optionalKey(
        Schema.Record(Schema.String, Schema.Struct({ label: Schema.String, price: Schema.Finite })).annotate(
          Mapping.stored
        )
      )
    })
  }
})

const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Order] })

const settle = Lambda.make(table, { layer: OpenSearchSink.layerConfig })

/**
 * Lambda's answer, and beside it what the process used at most. As the kernel counts for this program alone: the
 * `maxRSS` of a spawned process begins with what its parent had used.
 */
export const handler: Lambda.Handler = async (event, context) => {
  const answer = await settle(event, context)
  const peakKib = Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1])
  return Object.assign({ peakBytes: peakKib * 1024, heapBytes: process.memoryUsage().heapUsed }, answer)
}
