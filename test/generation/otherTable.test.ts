/** An index and the table that takes its table's place: what is made, written, compared, promoted and left alone. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Shape from "../../src/define/Shape.ts"
import * as Patch from "../../src/fold/Patch.ts"
import { changeOf, plan } from "../../src/generation/plan.ts"
import * as promote from "../../src/generation/promote.ts"
import { type Origin, Sink } from "../../src/sink/Sink.ts"
import * as indices from "../../src/sink/opensearch/indices.ts"
import * as State from "../../src/sink/opensearch/State.ts"
import type { Transport } from "../../src/sink/opensearch/Transport.ts"
import { put } from "../../src/testing/events.ts"
import { SimulatedOpenSearch } from "../simulate/SimulatedOpenSearch.ts"
import { stateOf } from "../simulate/state.ts"
import { type Interceptor, sink, transport } from "../simulate/transport.ts"
import { outcomesOf } from "../sink/outcomes.ts"

const make = (revision: number, note: {} = {}) =>
  Aggregate.make("orders", {
    key: "ORDER#{orderId}",
    root: Aggregate.root("DETAILS", { name: Schema.String, ...note }),
    revision
  })
const Order = make(0)
const More = make(0, { note: Schema.optionalKey(Schema.String) })
const After = make(1)

const arn = (name: string) => `arn:aws:dynamodb:eu-west-1:1:table/${name}`
const [shop, restored, third] = [arn("shop"), arn("shop-restored"), arn("third")]
const source = (tableArn: string) => ({ kind: "stream", tableArn, epoch: 1000 }) as const
const origin = (tableArn: string): Origin => ({ tableArn, epoch: 1000, changedAt: undefined })

const on = <A, E>(server: SimulatedOpenSearch, effect: Effect.Effect<A, E, Transport>, intercept?: Interceptor) =>
  Effect.provide(effect, transport(server, intercept))

const write = (server: SimulatedOpenSearch, tableArn: string, aggregate: typeof Order = Order) =>
  Effect.gen(function* () {
    const patches = Patch.fromEvents([put(aggregate).root({ orderId: "1" }, { name: tableArn })])
    const outcomes = yield* outcomesOf(patches, [origin(tableArn)])
    return outcomes[0]!
  }).pipe(Effect.provide(sink(server)))

const report = (server: SimulatedOpenSearch, tableArn: string, ...aggregates: ReadonlyArray<Aggregate.Any>) =>
  Effect.provide(
    Effect.flatMap(Sink, (one) => one.report(aggregates.map(Shape.of), { tableArn })),
    sink(server)
  )

const skipSuperseded = (server: SimulatedOpenSearch, tableArn: string, one: Aggregate.Any, beside: Aggregate.Any) =>
  Effect.provide(
    Effect.flatMap(Sink, (sink) => sink.skipSuperseded(Shape.of(one), Shape.of(beside), tableArn, "…")),
    sink(server)
  )

const change = (server: SimulatedOpenSearch, index: string, how: (state: State.State) => State.State) =>
  on(
    server,
    Effect.gen(function* () {
      const found = (yield* indices.list("orders")).find((one) => one.index === index)!
      yield* indices.update(found, how)
    })
  )

const ready = (server: SimulatedOpenSearch, index: string) =>
  change(server, index, (state) => ({ ...state, filled: true, verifiedAt: 1 }))

const verified = (server: SimulatedOpenSearch, index: string) =>
  change(server, index, (state) => State.verified(state, state.marks, 2))

/** An index that is fed from `shop`, and one for `shop-restored` beside it. */
const both = Effect.gen(function* () {
  const server = new SimulatedOpenSearch()
  yield* write(server, shop)
  yield* on(server, promote.make(Order, "", source(restored)))
  return server
})

const textOf = (server: SimulatedOpenSearch, index: string) => server.indices.get(index)!.documents.get("1")?.text ?? ""
const sourceOf = (server: SimulatedOpenSearch, index: string) => stateOf(server, index).source?.tableArn

describe("a table that an index is not made from", () => {
  it.effect("is told so in a sentence with both tables and the way, and writes nothing", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* write(server, shop)
      const before = textOf(server, "orders-000001")
      for (const aggregate of [Order, More, After]) {
        const { message, reason } = yield* Effect.flip(write(server, restored, aggregate as typeof Order))
        assert.strictEqual(reason._tag, "Misconfigured")
        for (const part of [shop, restored, "`tablefold rebuild shop-restored --new-source`"]) {
          assert.include(message, part)
        }
      }
      assert.strictEqual(textOf(server, "orders-000001"), before)
      assert.strictEqual(server.indices.size, 1)
      assert.notProperty(server.indices.get("orders-000001")!.mappings.properties, "note")
    })
  )

  it.effect("takes none that was made for another, fed or not", () =>
    Effect.gen(function* () {
      const server = yield* both
      assert.include((yield* Effect.flip(write(server, third))).message, third)
      assert.strictEqual((yield* write(server, restored))._tag, "Written")
      assert.include(textOf(server, "orders-000001"), `"${shop}"`)
      assert.include(textOf(server, "orders-000002"), `"${restored}"`)
    })
  )

  it.effect("is planned as such, unless a newer definition writes its own", () =>
    Effect.gen(function* () {
      const server = yield* both
      const tagOf = (aggregate: Aggregate.Any, tableArn: string) =>
        on(
          server,
          Effect.map(plan([aggregate], "", tableArn), ([one]) => one!.change._tag)
        )
      assert.strictEqual(yield* tagOf(Order, shop), "None")
      assert.strictEqual(yield* tagOf(Order, restored), "NewSource")
      yield* write(server, restored, More as typeof Order)
      assert.strictEqual(yield* tagOf(Order, restored), "Outdated")
      assert.strictEqual(yield* tagOf(Order, third), "NewSource")
      const all = yield* on(server, indices.list("orders"))
      assert.deepInclude(changeOf(Order, all), { _tag: "None", source: shop })
    })
  )

  it.effect("gets added fields in its own index alone, which is not made twice for them", () =>
    Effect.gen(function* () {
      const server = yield* both
      const again = promote.make(More, "", source(restored))
      assert.deepStrictEqual(yield* on(server, again), { index: "orders-000002", isNew: false })
      yield* write(server, restored, More as typeof Order)
      assert.property(server.indices.get("orders-000002")!.mappings.properties, "note")
      assert.notProperty(server.indices.get("orders-000001")!.mappings.properties, "note")
    })
  )
})

describe("the index of a table's successor", () => {
  it.effect("is made once for each table, by however many at one time", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* write(server, shop)
      const late: Interceptor = ({ method }, next) =>
        method === "GET" ? Effect.tap(next, () => Effect.yieldNow) : next
      const tables = [restored, third, restored, third]
      const made = yield* Effect.forEach(
        tables,
        (tableArn) => on(server, promote.make(Order, "", source(tableArn)), late),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(server.indices.size, 3)
      for (const [i, { index }] of made.entries()) {
        yield* write(server, tables[i]!)
        assert.strictEqual(sourceOf(server, index), tables[i])
      }
    })
  )

  it.effect("is promoted though the old table's stream goes on, with a warning until its own is followed", () =>
    Effect.gen(function* () {
      const server = yield* both
      yield* ready(server, "orders-000002")
      yield* report(server, shop, Order)
      assert.deepStrictEqual(Object.keys(stateOf(server, "orders-000001").writers).length, 1)
      const { from, to, warning } = yield* on(server, promote.promote(Order, "", restored))
      assert.deepStrictEqual([from, to], ["orders-000001", "orders-000002"])
      assert.include(warning, `the stream of ${restored}`)
      yield* on(server, promote.rollback(Order, ""))
      yield* verified(server, "orders-000002")
      yield* report(server, restored, Order)
      assert.isUndefined((yield* on(server, promote.promote(Order, "", restored))).warning)
      for (const tableArn of [shop, restored]) assert.strictEqual((yield* write(server, tableArn))._tag, "Written")
    })
  )

  it.effect("is told of by the old table's writers once readers see it, and not before", () =>
    Effect.gen(function* () {
      const server = yield* both
      yield* ready(server, "orders-000002")
      const lines: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => {
        if (logLevel === "Error") lines.push(String(message))
      })
      const saying = Effect.provide(Logger.layer([logger]))
      yield* saying(report(server, restored, Order))
      yield* saying(report(server, shop, Order))
      assert.deepStrictEqual(lines, [])
      yield* on(server, promote.promote(Order, "", restored))
      yield* saying(report(server, restored, Order))
      assert.deepStrictEqual(lines, [])
      yield* saying(report(server, shop, Order))
      assert.strictEqual(lines.length, 1)
      for (const part of [shop, restored, "take this event source away"]) assert.include(lines[0], part)
    })
  )

  it.effect("is no way back from an index that came after it, unless readers saw it", () =>
    Effect.gen(function* () {
      const server = yield* both
      yield* on(server, promote.make(After, "", source(shop)))
      yield* ready(server, "orders-000003")
      yield* on(server, promote.promote(After, "", shop))
      assert.strictEqual((yield* on(server, promote.rollback(After, ""))).to, "orders-000001")
      yield* ready(server, "orders-000002")
      yield* on(server, promote.promote(Order, "", restored))
      yield* verified(server, "orders-000003")
      yield* on(server, promote.promote(After, "", shop))
      assert.strictEqual((yield* on(server, promote.rollback(After, ""))).to, "orders-000002")
    })
  )

  it.effect("lets a definition be left out that has none of its table, and no index of another table is marked", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* write(server, shop)
      yield* on(server, promote.make(After, "", source(restored)))
      const outcome = yield* write(server, restored)
      assert.strictEqual(outcome._tag, "Unsettled")
      assert.isTrue(yield* skipSuperseded(server, restored, Order, After))
      assert.isFalse(yield* skipSuperseded(server, restored, After, Order))
      assert.isFalse(yield* skipSuperseded(server, third, Order, After))
      assert.isFalse(yield* skipSuperseded(server, shop, Order, After))
      yield* ready(server, "orders-000002")
      yield* on(server, promote.promote(After, "", restored))
      assert.isFalse(yield* skipSuperseded(server, shop, Order, After))
      for (const index of ["orders-000001", "orders-000002"]) assert.isUndefined(stateOf(server, index).incomplete)
    })
  )

  it.effect("is what reads without a table find once readers see it, whichever is newer", () =>
    Effect.gen(function* () {
      const server = yield* both
      yield* write(server, restored)
      const read = Effect.provide(
        Effect.flatMap(Sink, (one) => one.read(Shape.of(Order), ["1"])),
        sink(server)
      )
      const name = Effect.map(read, ([document]) => document?.rows[0]?.json)
      assert.include(yield* name, `"${shop}"`)
      yield* ready(server, "orders-000002")
      yield* on(server, promote.promote(Order, "", restored))
      assert.include(yield* name, `"${restored}"`)
    })
  )
})
