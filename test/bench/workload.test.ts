/** The bench's documents are written by hand: here they meet the code that is measured. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Shape from "../../src/define/Shape.ts"
import { Order, table } from "../../src/example/table.ts"
import * as source from "../../src/fold/source.ts"
import { Pipeline, LambdaEvent, Sink } from "../../src/index.ts"
import { make, type Options } from "./workload.ts"

const base = { name: "", orders: 30, rows: 12, changes: 240, batchSize: 50, burst: 6 }
const workloads: { readonly [name: string]: Options } = {
  bursts: base,
  "in turn": { ...base, pattern: "in turn" },
  inserts: { ...base, orders: 0, pattern: "inserts" },
  lanes: { ...base, lanes: 3 }
}

describe.each(Object.entries(workloads))("%s", (_, options) => {
  it.effect("after each round every order is as its document says", () =>
    Effect.gen(function* () {
      const workload = make(options)
      const sink = yield* Sink.Sink
      for (const batches of [workload.before, workload.round(0), workload.round(1)]) {
        for (const { event } of batches) {
          const records = LambdaEvent.read(event)
          assert(records._tag === "Success")
          const { unacknowledged } = yield* Pipeline.deliver(table, records.success)
          assert.deepStrictEqual(unacknowledged, [])
        }
      }
      const orders = Array.from({ length: workload.orders() }, (_, order) => order)
      assert.isAtLeast(orders.length, 30)
      for (const document of yield* sink.read(Shape.of(Order), orders.map(String))) {
        const visible = source.visible(document!)
        assert(visible !== undefined)
        assert.deepStrictEqual(JSON.parse(visible.text), JSON.parse(workload.document(Number(document!.id))))
      }
    }).pipe(Effect.provide(Sink.layerMemory))
  )

  it("a batch names the documents it changes, each once", () => {
    for (const { documents, event } of make(options).round(0)) {
      const keys = (event.Records as ReadonlyArray<{ dynamodb: { Keys: { PK: { S: string } } } }>).map(
        ({ dynamodb }) => dynamodb.Keys.PK.S
      )
      assert.deepStrictEqual(
        documents.map(({ id }) => `ORDER#${id}`),
        [...new Set(keys)]
      )
    }
  })
})

it("a row's changes stay in their lane", () => {
  const laneOf = new Map<string, number>()
  for (const { event, lane } of make({ ...base, lanes: 3 }).round(0)) {
    for (const { dynamodb } of event.Records as ReadonlyArray<{ dynamodb: { Keys: object } }>) {
      const key = JSON.stringify(dynamodb.Keys)
      assert.strictEqual(laneOf.get(key) ?? lane, lane)
      laneOf.set(key, lane)
    }
  }
  assert.strictEqual(new Set(laneOf.values()).size, 3)
})
