/** Which generation a writer takes, and when the definition that is not live may be left out. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Layer, Result, Schema } from "effect"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Table from "../../../src/define/Table.ts"
import * as Pipeline from "../../../src/pipeline/Pipeline.ts"
import { reservedId } from "../../../src/decode/rowKey.ts"
import * as promote from "../../../src/generation/promote.ts"
import * as indices from "../../../src/sink/opensearch/indices.ts"
import type { Source } from "../../../src/sink/opensearch/Meta.ts"
import type { Change } from "../../../src/source/Change.ts"
import { SimulatedOpenSearch } from "../../simulate/SimulatedOpenSearch.ts"
import { withTimePassing } from "../../simulate/withTimePassing.ts"
import { stateOf } from "../../simulate/state.ts"
import { type Interceptor, sink, transport } from "../../simulate/transport.ts"

const order = (quantity: Schema.Codec<any, any>, revision = 0) =>
  Aggregate.make("orders", {
    key: "ORDER#{orderId}",
    root: Aggregate.root("DETAILS", { name: Schema.String }),
    parts: { items: Aggregate.many("ITEM#{n}", { quantity }) },
    revision
  })
const Before = order(Schema.Finite)
const Order = order(Schema.String)
const tableOf = (aggregate: Aggregate.Any, previous: ReadonlyArray<Aggregate.Any> = []) =>
  Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [aggregate] as never, previous })

let sequence = 100
const put = (SK: string, attributes: Change["image"]) =>
  Result.succeed<Change>({
    keys: { PK: { S: "ORDER#1" }, SK: { S: SK } },
    image: { ...attributes },
    origin: {
      _tag: "Stream",
      eventName: "INSERT",
      streamArn: "arn:aws:dynamodb:eu-west-1:1:table/Shop/stream/2026-11-25T08:00:00.000",
      sequenceNumber: String(sequence++),
      createdAt: undefined,
      viewType: "NEW_IMAGE"
    }
  })
const details = () => put("DETAILS", { name: { S: "Ada" } })

const deliver = (
  server: SimulatedOpenSearch,
  table: Table.Table,
  changes: ReadonlyArray<ReturnType<typeof put>>,
  intercept?: Interceptor
) => withTimePassing(Pipeline.deliver(table, changes)).pipe(Effect.provide(sink(server, intercept)))

const rows = (server: SimulatedOpenSearch, index: string) =>
  [...server.indices.get(index)!.documents.keys()].filter((id) => id !== reservedId)

const make = (server: SimulatedOpenSearch, aggregate: Aggregate.Any, number: number, source?: Source) =>
  indices.create(aggregate, "orders", { number, isLive: false, source }).pipe(Effect.provide(transport(server)))

describe("two definitions of one aggregate", () => {
  it.effect("the one that has no generation yet is left out, the live one is written", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* deliver(server, tableOf(Before), [details()])
      const item = put("ITEM#1", { quantity: { N: "1" } })
      const { unacknowledged } = yield* deliver(server, tableOf(Order, [Before]), [item])
      assert.deepStrictEqual(unacknowledged, [])
      assert.include(server.indices.get("orders-000001")!.documents.get("1")!.text, '"quantity":1')
      assert.strictEqual(server.indices.size, 1)
    })
  )

  it.effect("a single definition that has none waits instead, and says what to run", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* deliver(server, tableOf(Before), [details()])
      const { unacknowledged } = yield* deliver(server, tableOf(Order), [details()])
      assert.include(unacknowledged[0]?.reason, "tablefold plan")
    })
  )

  it.effect("both are written once both have a generation, and only the live one is searched", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      const After = order(Schema.Finite, 1)
      yield* deliver(server, tableOf(Before), [details()])
      yield* make(server, After, 2)
      yield* deliver(server, tableOf(After, [Before]), [details(), put("ITEM#1", { quantity: { N: "1" } })])
      assert.deepStrictEqual([rows(server, "orders-000001"), rows(server, "orders-000002")], [["1"], ["1"]])
      server.handle({ method: "POST", path: "/orders-000001,orders-000002/_refresh" })
      assert.strictEqual(server.search("orders").size, 1)
      assert.isUndefined(stateOf(server, "orders-000002").incomplete)
    })
  )

  it.effect("a row that only the new one refuses is acknowledged, and marks its generation as incomplete", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* deliver(server, tableOf(Before), [details()])
      yield* make(server, Order, 2)
      const item = put("ITEM#1", { quantity: { N: "1" } })
      const { unacknowledged } = yield* deliver(server, tableOf(Order, [Before]), [details(), item])
      assert.deepStrictEqual(unacknowledged, [])
      assert.include(stateOf(server, "orders-000002").incomplete?.reason, "quantity")
      assert.isUndefined(stateOf(server, "orders-000001").incomplete)
    })
  )

  it.effect("one with a field less than the definition that its generation has by now marks that one, too", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* deliver(server, tableOf(Before), [details()])
      yield* make(server, Order, 2)
      yield* deliver(server, tableOf(Order), [details()])
      const own = stateOf(server, "orders-000002")
      const found = Effect.map(indices.list("orders"), (all) => all[1]!)
      const accept = Effect.flatMap(found, (one) =>
        indices.update(one, (state) => ({ ...state, current: "newer", accepts: [...state.accepts, "newer"] }))
      )
      yield* Effect.provide(accept, transport(server))
      assert.isUndefined(own.incomplete)
      const both = tableOf(Order, [Before])
      assert.deepStrictEqual((yield* deliver(server, both, [details()])).unacknowledged, [])
      assert.include(stateOf(server, "orders-000002").incomplete?.reason, "another definition")
    })
  )

  it.effect("where even the mark is refused nothing is acknowledged", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* deliver(server, tableOf(Before), [details()])
      yield* make(server, Order, 2)
      const deny: Interceptor = ({ body = "", path }, next) =>
        path.includes("000002-write") && body.includes("incomplete")
          ? Effect.succeed({ status: 503, text: "no" })
          : next
      const item = put("ITEM#1", { quantity: { N: "1" } })
      const { unacknowledged } = yield* deliver(server, tableOf(Order, [Before]), [item], deny)
      assert.strictEqual(unacknowledged.length, 1)
    })
  )

  it.effect.each(["rows", "mark"] as const)("where the new one never answers for its %s the budget is kept", (what) =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* deliver(server, tableOf(Before), [details()])
      yield* make(server, Order, 2)
      const silent: Interceptor = ({ body = "", path }, next) =>
        /000002-write-[^/]*._bulk/.test(path) && body.includes("incomplete") === (what === "mark") ? Effect.never : next
      const item = put("ITEM#1", { quantity: { N: "1" } })
      const begun = yield* Clock.currentTimeMillis
      const { unacknowledged } = yield* deliver(server, tableOf(Order, [Before]), [details(), item], silent)
      assert.isAtMost((yield* Clock.currentTimeMillis) - begun, 30_000)
      // Left out is only what could be marked.
      assert.strictEqual(unacknowledged.length, what === "mark" ? 1 : 0)
      assert.strictEqual(stateOf(server, "orders-000002").incomplete === undefined, what === "mark")
      assert.include(server.indices.get("orders-000001")!.documents.get("1")!.text, '"quantity":1')
    })
  )

  it.effect("a row that the live one refuses is not acknowledged, whatever the other says", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* deliver(server, tableOf(Before), [details()])
      yield* make(server, Order, 2)
      const item = put("ITEM#1", { quantity: { S: "one" } })
      const { unacknowledged } = yield* deliver(server, tableOf(Order, [Before]), [item])
      assert.strictEqual(unacknowledged.length, 1)
    })
  )

  it.effect("neither is left out where the live generation is a third one's", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* deliver(server, tableOf(order(Schema.Boolean)), [])
      yield* deliver(server, tableOf(order(Schema.Boolean)), [details()])
      const { unacknowledged } = yield* deliver(server, tableOf(Order, [Before]), [details()])
      assert.strictEqual(unacknowledged.length, 1)
    })
  )

  it.effect("one that was dropped is left out beside the live one alone", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* deliver(server, tableOf(Before), [details()])
      yield* make(server, Order, 2)
      yield* promote.drop(Order, "", "orders-000002").pipe(Effect.provide(transport(server)))
      const alone = yield* deliver(server, tableOf(Order), [details()])
      assert.include(alone.unacknowledged[0]?.reason, "was dropped, and readers see orders-000001")
      const beside = yield* deliver(server, tableOf(Order, [Before]), [details()])
      assert.deepStrictEqual(beside.unacknowledged, [])
    })
  )

  it.effect("what is brought again by itself is never left out", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* deliver(server, tableOf(Before), [details()])
      const both = tableOf(Order, [Before])
      const again = withTimePassing(Pipeline.deliver(both, [details()], { maySkipSuperseded: false }))
      const { unacknowledged } = yield* Effect.provide(again, sink(server))
      assert.include(unacknowledged[0]?.reason, "tablefold plan")
    })
  )
})

describe("a table's previous definitions", () => {
  it("must have the name of an aggregate, and be another definition", () => {
    assert.throws(() => tableOf(Order, [Order]), /previous holds a definition of "orders"/)
    const Other = Aggregate.make("others", { key: "OTHER#{id}", root: Aggregate.root("X", { a: Schema.String }) })
    assert.throws(() => tableOf(Order, [Other]), /no aggregate has that name now/)
  })
})

it.effect("a generation made for a table takes no rows of another one, from its first row on", () =>
  Effect.gen(function* () {
    const server = new SimulatedOpenSearch()
    yield* deliver(server, tableOf(Before), [details()])
    yield* make(server, Order, 2, stateOf(server, "orders-000001").source!)
    const foreign = Result.map(details(), (change) => {
      const streamArn = "arn:aws:dynamodb:eu-west-1:1:table/Other/stream/2026-11-25T08:00:00.000"
      return { ...change, origin: { ...change.origin, streamArn } } as Change
    })
    const refused = yield* Effect.flip(deliver(server, tableOf(Order), [foreign]))
    assert.include(refused.message, "table/Other, but the index is made from arn:aws:dynamodb:eu-west-1:1:table/Shop")
    assert.deepStrictEqual(rows(server, "orders-000002"), [])
    server.handle({ method: "POST", path: "/orders-000001/_close" })
    const unknown = yield* deliver(server, tableOf(Order), [foreign])
    assert.include(unknown.unacknowledged[0]?.reason, "POST /orders-000001/_open")
    server.handle({ method: "POST", path: "/orders-000001/_open" })
    assert.deepStrictEqual((yield* deliver(server, tableOf(Order), [details()])).unacknowledged, [])
    assert.deepStrictEqual(rows(server, "orders-000002"), ["1"])
    assert.deepStrictEqual(stateOf(server, "orders-000002").source, stateOf(server, "orders-000001").source)
    assert.deepStrictEqual(stateOf(server, "orders-000002").keys, { partitionKey: "PK", sortKey: "SK" })
  })
)

it.effect("two writers that make the first generation at one time end with one", () =>
  Effect.gen(function* () {
    const server = new SimulatedOpenSearch()
    const late: Interceptor = (request, next) =>
      request.method === "GET" ? Effect.tap(next, () => Effect.yieldNow) : next
    const writers = yield* Effect.all([Layer.build(sink(server, late)), Layer.build(sink(server, late))])
    yield* Effect.forEach(
      writers,
      (writer, i) =>
        Effect.provide(Pipeline.deliver(tableOf(Before), [put(`ITEM#${i}`, { quantity: { N: "1" } })]), writer),
      { concurrency: "unbounded" }
    ).pipe(Effect.forkChild)
    for (let i = 0; i < 50; i++) yield* Effect.yieldNow
    assert.strictEqual(server.indices.size, 1)
  })
)
