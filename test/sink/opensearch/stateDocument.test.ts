/** A generation's state: no change of it is lost, whoever writes it at one time, and no reader meets it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { randomInt } from "node:crypto"
import { afterAll } from "vitest"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import { reservedId } from "../../../src/decode/rowKey.ts"
import * as Shape from "../../../src/define/Shape.ts"
import * as client from "../../../src/sink/opensearch/client.ts"
import * as indices from "../../../src/sink/opensearch/indices.ts"
import * as OpenSearchSink from "../../../src/sink/opensearch/OpenSearchSink.ts"
import * as State from "../../../src/sink/opensearch/State.ts"
import type { Transport } from "../../../src/sink/opensearch/Transport.ts"
import { Sink } from "../../../src/sink/Sink.ts"
import { describeReal } from "../../servers/servers.ts"
import { withTimePassing } from "../../simulate/withTimePassing.ts"
import { SimulatedOpenSearch } from "../../simulate/SimulatedOpenSearch.ts"
import { stateOf } from "../../simulate/state.ts"
import { sink, transport } from "../../simulate/transport.ts"
import { ask, drop } from "../../whole/opensearch.ts"

const Order = Aggregate.make("orders", { key: "ORDER#{id}", root: Aggregate.root("DETAILS", { name: Schema.String }) })
const writers = 12
const alias = "orders"

/** Many who read the generation, and then mark it, each on what it has read. */
const race = (alias: string): Effect.Effect<State.State, unknown, Transport> =>
  Effect.gen(function* () {
    const read = Effect.map(indices.list(alias), ([generation]) => generation!)
    const seen = yield* Effect.all(Array.from({ length: writers }, () => read))
    yield* Effect.forEach(
      seen,
      (generation, i) => indices.update(generation, (state) => State.mark(state, "incomplete", i, String(i))),
      { concurrency: "unbounded" }
    )
    return (yield* read).state
  })

describe("many writers of one state", () => {
  it.effect("each find their change in it", () => {
    const server = new SimulatedOpenSearch()
    return Effect.gen(function* () {
      yield* indices.create(Order, alias, { number: 1, isLive: true })
      const { incomplete, marks } = yield* withTimePassing(race(alias))
      assert.strictEqual(marks, writers)
      assert.deepInclude(incomplete, { number: writers })
    }).pipe(Effect.provide(transport(server)))
  })
})

describe("a restored index", () => {
  it.effect.each(["over closed", "after delete"] as const)(
    "is marked by the first who looks, whichever way it was restored: %s",
    (how) => {
      const server = new SimulatedOpenSearch()
      const read = Effect.flatMap(Sink, (one) => one.read(Shape.of(Order), ["1"])).pipe(Effect.provide(sink(server)))
      return Effect.gen(function* () {
        yield* read
        const snapshot = server.snapshot("orders-000001")
        yield* read
        assert.isUndefined(stateOf(server, "orders-000001").verificationDue)
        server.restore(snapshot, how)
        yield* read
        assert.include(stateOf(server, "orders-000001").verificationDue?.reason, "restored")
        yield* read
        assert.strictEqual(stateOf(server, "orders-000001").marks, 1)
      })
    }
  )
})

describeReal("a real server", ({ openSearchNode }) => {
  const aliasPrefix = `state${randomInt(2 ** 31)}-`
  afterAll(() => drop(openSearchNode, aliasPrefix))
  const options = { nodes: [new URL(openSearchNode)], auth: { _tag: "none" }, aliasPrefix } as const
  const layer = OpenSearchSink.layerTransport(options).pipe(Layer.provideMerge(client.layer(options)))

  it.live("keeps every change of a state, and shows it to no reader of the alias", () =>
    Effect.gen(function* () {
      yield* (yield* Sink).read(Shape.of(Order), ["1"])
      const { marks } = yield* race(`${aliasPrefix}orders`)
      assert.strictEqual(marks, writers)
      const reader = (path: string, body?: object) =>
        Effect.promise(async () => {
          await ask(openSearchNode, "POST", `/${aliasPrefix}orders/_refresh`)
          return JSON.parse((await ask(openSearchNode, "POST", `/${aliasPrefix}orders/${path}`, body)).text)
        })
      assert.strictEqual((yield* reader("_count")).count, 0)
      assert.deepStrictEqual((yield* reader("_search", { query: { ids: { values: [reservedId] } } })).hits.hits, [])
    }).pipe(Effect.provide(layer))
  )
})
