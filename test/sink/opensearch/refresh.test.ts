/** Refreshes that a write asks for: what is written alone shows at once, and one that fails changes no outcome. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Schema } from "effect"
import { TestClock } from "effect/testing"
import { randomInt } from "node:crypto"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Shape from "../../../src/define/Shape.ts"
import * as Patch from "../../../src/fold/Patch.ts"
import * as client from "../../../src/sink/opensearch/client.ts"
import * as OpenSearchSink from "../../../src/sink/opensearch/OpenSearchSink.ts"
import { Sink } from "../../../src/sink/Sink.ts"
import { put } from "../../../src/testing/events.ts"
import { describeReal } from "../../servers/servers.ts"
import { isWrite } from "../../simulate/requests.ts"
import { SimulatedOpenSearch } from "../../simulate/SimulatedOpenSearch.ts"
import { type Interceptor, sink, transport } from "../../simulate/transport.ts"
import { withTimePassing } from "../../simulate/withTimePassing.ts"
import { ask, drop } from "../../whole/opensearch.ts"
import { outcomesOf } from "../outcomes.ts"
import { answer, lost } from "./orders.ts"

const order = (index: Aggregate.IndexSettings = {}) =>
  Aggregate.make("orders", { key: "ORDER#{id}", root: Aggregate.root("DETAILS", { n: Schema.Int }), index })
const Order = order()

const write = (n: number, aggregate = Order) =>
  Effect.map(
    outcomesOf(Patch.fromEvents([put(aggregate).root({ id: String(n) }, { n })])),
    ([outcome]) => outcome?._tag
  )

const asks = ({ path }: { readonly path: string }) => path.includes("refresh=true")

const world = () => {
  const server = new SimulatedOpenSearch()
  const sent: Array<boolean> = []
  let fate: Interceptor = (_, next) => next
  const intercept: Interceptor = (request, next) => {
    if (!isWrite(request)) return next
    sent.push(asks(request))
    return asks(request) ? fate(request, next) : next
  }
  return { server, sent, intercept, layer: sink(server, intercept), meet: (next: Interceptor) => void (fate = next) }
}

describe("a write that comes alone", () => {
  it.effect("shows in a search as soon as it is acknowledged", () => {
    const { layer, server } = world()
    return Effect.gen(function* () {
      for (const n of [1, 2, 3]) {
        assert.strictEqual(yield* write(n), "Written")
        assert.isTrue(server.search("orders").has(String(n)))
        yield* TestClock.adjust("1 second")
      }
    }).pipe(Effect.provide(layer))
  })

  it.effect("waits for the index's own refresh where one asked within the interval", () => {
    const { layer, sent } = world()
    return Effect.gen(function* () {
      for (const n of [1, 2, 3]) yield* write(n)
      assert.deepStrictEqual(sent, [true, false, false])
      yield* TestClock.adjust("1 second")
      yield* write(4)
      assert.deepStrictEqual(sent, [true, false, false, true])
    }).pipe(Effect.provide(layer))
  })

  it.effect.each(["-1", "5s"])("goes by the interval of its index: %s", (refreshInterval) => {
    const { layer, sent } = world()
    const Slow = order({ refreshInterval })
    return Effect.gen(function* () {
      yield* write(1, Slow)
      yield* TestClock.adjust("2 seconds")
      yield* write(2, Slow)
      assert.deepStrictEqual(sent, [refreshInterval !== "-1", false])
    }).pipe(Effect.provide(layer))
  })

  it.effect("asks for nothing on OpenSearch Serverless, whose index is made without an interval", () => {
    const { intercept, sent, server } = world()
    return Effect.gen(function* () {
      assert.strictEqual(yield* write(1), "Written")
      assert.deepStrictEqual(sent, [false])
      assert.isFalse(server.indices.get("orders-000001")!.settings.has("index.refresh_interval"))
    }).pipe(Effect.provide(Layer.provide(OpenSearchSink.layerTransport(), transport(server, intercept, true))))
  })
})

describe("a refresh that is not taken", () => {
  const error = (type: string, reason: string) => JSON.stringify({ error: { type, reason } })
  const fates: ReadonlyArray<readonly [string, Interceptor]> = [
    ["a 400", () => answer(400, error("illegal_argument_exception", "true refresh policy is not supported"))],
    ["a 403", () => answer(403, error("security_exception", "no permissions for [indices:admin/refresh]"))],
    ["a 404 without a word", () => answer(404, "")],
    ["a 429", () => answer(429, "")],
    ["a 500", () => answer(500, "")],
    ["a 501", () => answer(501, "<html>")],
    ["a broken connection", lost],
    ["a write whose answer is lost", (request, next) => Effect.andThen(next, lost(request, next))],
    ["no answer", () => Effect.never]
  ]
  it.effect.each(fates)("changes no outcome, and nobody asks for ten minutes: $0", ([name, fate]) => {
    const { layer, meet, sent } = world()
    return Effect.gen(function* () {
      meet(fate)
      const first = yield* withTimePassing(write(1))
      assert.oneOf(first, name === "no answer" ? ["Unsettled"] : ["Written", "Unchanged"])
      assert.deepStrictEqual(sent.splice(0), name === "no answer" ? [true] : [true, false])
      for (let n = 2; n < 20; n++) {
        yield* TestClock.adjust("30 seconds")
        assert.strictEqual(yield* write(n), "Written")
      }
      assert.isFalse(sent.splice(0).includes(true))
      yield* TestClock.adjust("1 minute")
      meet((_, next) => next)
      assert.strictEqual(yield* write(20), "Written")
      assert.deepStrictEqual(sent, [true])
    }).pipe(Effect.provide(layer))
  })
})

describe("another interval in the definition", () => {
  const start = (aggregate: typeof Order, layer: Layer.Layer<Sink>) =>
    Effect.gen(function* () {
      yield* (yield* Sink).report([Shape.of(aggregate)], {})
      return yield* write(randomInt(2 ** 30), aggregate)
    }).pipe(Effect.provide(layer))
  const interval = (server: SimulatedOpenSearch) =>
    server.indices.get("orders-000001")!.settings.get("index.refresh_interval")

  it.effect("is set on the index by the next program that follows the stream, in place", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* start(Order, sink(server))
      assert.strictEqual(interval(server), "1s")
      assert.strictEqual(yield* start(order({ refreshInterval: "200ms" }), sink(server)), "Written")
      assert.strictEqual(interval(server), "200ms")
      assert.strictEqual(yield* start(Order, sink(server)), "Written")
      assert.strictEqual(interval(server), "1s")
      assert.strictEqual(server.indices.size, 1)
    })
  )

  it.effect("is set with fields that are only added, too", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* start(Order, sink(server))
      const root = Aggregate.root("DETAILS", { n: Schema.Int, note: Schema.optionalKey(Schema.String) })
      const More = Aggregate.make("orders", { key: "ORDER#{id}", root, index: { refreshInterval: "200ms" } })
      yield* Effect.flatMap(Sink, (sink) => sink.report([Shape.of(More)], {})).pipe(Effect.provide(sink(server)))
      assert.strictEqual(interval(server), "200ms")
    })
  )

  it.effect("leaves alone what somebody set on the index", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* start(Order, sink(server))
      const body = JSON.stringify({ index: { refresh_interval: "30s" } })
      server.handle({ method: "PUT", path: "/orders-000001/_settings", body })
      yield* start(Order, sink(server))
      assert.strictEqual(interval(server), "30s")
    })
  )

  it.effect("that the server refuses is a warning, and writing goes on", () => {
    const said: Array<unknown> = []
    const logger = Logger.make(({ logLevel, message }) => logLevel === "Warn" && said.push(...[message].flat()))
    return Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* start(Order, sink(server))
      const refuse: Interceptor = ({ path }, next) =>
        path.endsWith("_settings") ? answer(403, '{"error":{"type":"security_exception","reason":"no"}}') : next
      assert.strictEqual(yield* start(order({ refreshInterval: "200ms" }), sink(server, refuse)), "Written")
      assert.strictEqual(interval(server), "1s")
      assert.match(String(said[0]), /orders-000001 keeps its refresh interval, not 200ms/)
    }).pipe(Effect.provide(Logger.layer([logger])))
  })
})

describeReal("a real OpenSearch", ({ openSearchNode }) => {
  it.live("finds a single write as soon as it is acknowledged, and takes another interval in place", () => {
    const aliasPrefix = `refresh-${randomInt(2 ** 30)}-`
    const layer = () =>
      Layer.provide(
        OpenSearchSink.layerTransport({ aliasPrefix }),
        client.layer({ nodes: [new URL(openSearchNode)], auth: { _tag: "none" } })
      )
    // Long enough for the index's own refresh not to come first.
    const Slow = order({ refreshInterval: "1h" })
    const found = async () => {
      const { text } = await ask(openSearchNode, "GET", `/${aliasPrefix}orders/_count`)
      return JSON.parse(text).count
    }
    const interval = async () => {
      const { text } = await ask(openSearchNode, "GET", `/${aliasPrefix}orders/_settings`)
      return JSON.parse(text)[`${aliasPrefix}orders-000001`].settings.index.refresh_interval
    }
    return Effect.gen(function* () {
      yield* Effect.gen(function* () {
        assert.strictEqual(yield* write(1, Slow), "Written")
        assert.strictEqual(yield* Effect.promise(found), 1)
        assert.strictEqual(yield* write(2, Slow), "Written")
        assert.strictEqual(yield* Effect.promise(found), 1)
        assert.strictEqual(yield* Effect.promise(interval), "1h")
      }).pipe(Effect.provide(layer()))
      yield* Effect.gen(function* () {
        yield* (yield* Sink).report([Shape.of(Order)], {})
        assert.strictEqual(yield* Effect.promise(interval), "1s")
      }).pipe(Effect.provide(layer()))
    }).pipe(Effect.ensuring(Effect.promise(() => drop(openSearchNode, aliasPrefix))), Effect.provide(Logger.layer([])))
  })
})
