/**
 * A definition whose rows got stricter, over documents that hold rows of the older one: no row that fits is refused, no
 * batch fails, and verification says which derived fields are missing and mends nothing that it can't.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Shape from "../../src/define/Shape.ts"
import * as Table from "../../src/define/Table.ts"
import { explain } from "../../src/maintain/explain.ts"
import { inspect } from "../../src/maintain/inspect.ts"
import { verify } from "../../src/maintain/verify.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import { eventOf } from "../../src/testing/events.ts"
import { SimulatedOpenSearch } from "../simulate/SimulatedOpenSearch.ts"
import { sink } from "../simulate/transport.ts"
import * as shop from "./shop.ts"
import { makeWorld, stored, type World } from "./world.ts"

const { details, index, item } = shop
const all = Number.POSITIVE_INFINITY

const made = (item: { readonly [name: string]: Schema.Codec<any, any> }) =>
  Table.make({
    partitionKey: "PK",
    sortKey: "SK",
    aggregates: [
      Aggregate.make("orders", {
        key: "ORDER#{orderId}",
        root: Aggregate.root("DETAILS", { orderId: Schema.String, customer: Schema.String }),
        parts: { items: Aggregate.many("ITEM#{n}", item) }
      }).pipe(Aggregate.derive({ count: Schema.Int }, ({ items }) => ({ count: items.length })))
    ]
  })
const before = made({ quantity: Schema.Int })

const deliver = Effect.fnUntraced(function* (world: World, table: Table.Table) {
  return yield* Effect.provide(Pipeline.deliver(table, yield* world.take(all)), world.layer)
})

/** One order of the older definition, whose root changed under the newer one. */
const makeShop = Effect.fnUntraced(function* (after: Table.Table) {
  const world = yield* makeWorld()
  for (const row of [details(1, "Ada"), item(1, 1, 41111111)]) yield* world.table.put(row)
  yield* deliver(world, before)
  yield* world.table.put(details(1, "Lin"))
  yield* world.table.put(details(2, "Bo"))
  const delivery = yield* deliver(world, after)
  const check = (isRepairing: boolean) =>
    Effect.provide(verify(after, { tableName: world.table.tableName, settle: 0, isRepairing }), world.layer)
  return { world, delivery, check }
})

const stricter: ReadonlyArray<readonly [string, Table.Table]> = [
  ["a required field more", made({ quantity: Schema.Int, sku: Schema.String })],
  ["a required field that is made of its JSON", made({ quantity: Schema.Int, at: Schema.Date })],
  ["a check that got stricter", made({ quantity: Schema.Int.check(Schema.isLessThan(10)) })]
]

describe("rows that a newer definition does not take", () => {
  it.effect.each(stricter)("keep no other row out, also with $0", ([, after]) =>
    Effect.gen(function* () {
      const { delivery, world } = yield* makeShop(after)
      assert.deepStrictEqual(delivery.unacknowledged, [])
      assert.deepInclude(delivery.summary, { written: 2, refused: 0, withoutDerived: 1 })
      const { _sync, ...fields } = stored(world.server, index).get("1")
      assert.deepStrictEqual(fields, { orderId: "1", customer: "Lin", items: [{ quantity: 41111111 }] })
      assert.deepStrictEqual(_sync.notComputed.fields, ["count"])
      assert.notInclude(JSON.stringify(_sync.notComputed), "41111111")
      assert.strictEqual(stored(world.server, index).get("2").count, 0)
    })
  )

  it.effect.each(stricter)("are told by verify and explain as what they are, and no drift: $0", ([, after]) =>
    Effect.gen(function* () {
      const { check, world } = yield* makeShop(after)
      const text = world.server.indices.get(index)!.documents.get("1")!.text
      for (const isRepairing of [false, true, false]) {
        const report = yield* check(isRepairing)
        assert.deepInclude(report, { drift: 0, repaired: 0, unwritten: 0, restless: 0 })
        assert.deepInclude(report.counts, { refused: 1, "not computed": 1 })
        const found = report.named.find(({ kind }) => kind === "not computed")
        assert.deepStrictEqual(found?.fields, ["count"])
        assert.include(found?.reason, `"items"`)
      }
      assert.strictEqual(world.server.indices.get(index)!.documents.get("1")!.text, text)

      const candidate = { shape: Shape.of(after.aggregates[0]!), id: "1", longKey: undefined }
      const [inspected] = yield* Effect.provide(inspect(after, world.table.tableName, [candidate]), world.layer)
      const explained = explain(inspected!)
      assert.deepStrictEqual(
        explained.findings.map(({ fields, kind }) => [kind, fields]),
        [["not computed", ["count"]]]
      )
    })
  )

  it.effect("are repaired without losing one: what was computed under the older definition goes", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      for (const row of [details(1, "Ada"), item(1, 1, 5)]) yield* world.table.put(row)
      yield* deliver(world, before)
      const after = stricter[0]![1]
      const options = { tableName: world.table.tableName, settle: 0 }
      const report = yield* Effect.provide(verify(after, { ...options, isRepairing: true }), world.layer)
      assert.deepInclude(report.counts, { "stale field": 1, "not computed": 1, refused: 1 })
      assert.deepInclude(report, { drift: 1, repaired: 1, unwritten: 0 })
      const { _sync, ...fields } = stored(world.server, index).get("1")
      assert.deepStrictEqual(fields, { orderId: "1", customer: "Ada", items: [{ quantity: 5 }] })

      // The definition taken back: the field is missing now, which a repair mends.
      const again = made({ quantity: Schema.Int, sku: Schema.optionalKey(Schema.String) })
      const healed = yield* Effect.provide(verify(again, { ...options, isRepairing: true }), world.layer)
      assert.deepInclude(healed.counts, { "stale field": 1, "not computed": 0, refused: 0 })
      assert.strictEqual(stored(world.server, index).get("1").count, 1)
      assert.isUndefined(stored(world.server, index).get("1")._sync.notComputed)
    })
  )

  it.effect("are told of when a required field is added, before one of them is refused", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      const logged: Array<string> = []
      const log = Logger.layer([Logger.make(({ message }) => void logged.push(String(message)))])
      const write = (table: Table.Table) => {
        const shape = Shape.of(table.aggregates[0]!)
        const events = [eventOf(shape, shape.root!, { orderId: "1" }, `{"orderId":"1","customer":"Ada"}`, {})]
        return Effect.provide(Pipeline.write(table, events), [sink(server), log])
      }
      yield* write(before)
      yield* write(stricter[0]![1])
      const line = logged.find((text) => text.startsWith("added"))
      assert.include(
        line,
        "added items.sku to orders-000001; documents written before need a repair pass; rows without"
      )
      assert.include(line, "rows without items.sku are refused when they change or are read again")
    })
  )
})
