/** Rows that OpenSearch refuses in more writes than the time budget has room for: what is found out is not lost. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Logger, Result } from "effect"
import { TestClock } from "effect/testing"
import * as Pipeline from "../../../src/pipeline/Pipeline.ts"
import * as DeadLetters from "../../../src/sink/deadletter/DeadLetters.ts"
import { Budget } from "../../../src/Budget.ts"
import { index } from "../../../src/testing/deliveries.ts"
import { put } from "../../decode/changes.ts"
import { table } from "../../definitions.ts"
import { withTimePassing } from "../../simulate/withTimePassing.ts"
import { isState, isWrite } from "../../simulate/requests.ts"
import { SimulatedOpenSearch } from "../../simulate/SimulatedOpenSearch.ts"
import { type Interceptor, sink } from "../../simulate/transport.ts"
import { refusing, stored } from "./orders.ts"

/** A server that takes a tenth of a second for a write, and refuses documents with an item of this quantity. */
const world = (bad = 13) => {
  const server = new SimulatedOpenSearch()
  const state = { bad, writes: 0 }
  const refuse = refusing(
    server,
    (line) => line.includes(`"quantity":${state.bad},`),
    "mapper_parsing_exception",
    "failed to parse"
  )
  const slow: Interceptor = (request, next) => {
    if (!isWrite(request) || isState(request)) return next
    return Effect.delay(
      Effect.suspend(() => {
        state.writes++
        return refuse(request, next)
      }),
      "100 millis"
    )
  }
  return { server, state, layer: Layer.merge(sink(server, slow), Logger.layer([])) }
}

const item = (n: number, quantity: number, sequence = 100 + n) =>
  put("ORDER#1", `ITEM#${n}`, { sku: { S: "a" }, quantity: { N: `${quantity}` }, price: { N: "1" } }, `${sequence}`)
const details = put("ORDER#1", "DETAILS", { orderId: { S: "1" }, customerName: { S: "Ada" } }, "100")

const tryOnce = (changes: ReadonlyArray<ReturnType<typeof put>>, budget: number) =>
  withTimePassing(
    Effect.provideService(Pipeline.deliver(table, changes.map(Result.succeed)), Budget, Duration.millis(budget))
  )

const keysOf = (deadLetters: ReadonlyMap<string, DeadLetters.DeadLetter>) =>
  [...deadLetters.values()].flatMap(({ rows }) => rows.map(({ key }) => key!)).toSorted()

describe("a document with many rows that are refused", () => {
  it.effect.prop(
    "is settled in many short tries, with a dead letter for each bad row and for no other",
    [index(24), index(5), index(2)],
    Effect.fnUntraced(function* ([bad, room, isThere]) {
      const { layer, server, state } = world()
      const deadLetters = new Map<string, DeadLetters.DeadLetter>()
      const changes = Array.from({ length: 24 }, (_, n) => item(n, n < bad ? 13 : 1))
      yield* Effect.gen(function* () {
        if (isThere === 1) assert.deepStrictEqual((yield* tryOnce([details], 1000)).unacknowledged, [])
        let tries = 0
        for (; ; tries++) {
          assert.isBelow(tries, 200)
          const before = deadLetters.size
          const { unacknowledged } = yield* tryOnce([details, ...changes], 150 + 100 * room)
          const open = new Set(unacknowledged.map(({ index }) => changes[index - 1]?.keys["SK"]))
          const taken = [...deadLetters.values()].slice(before).map(({ rows: [{ keys }] }) => keys!["SK"])
          for (const key of taken) assert.isFalse(open.has(key), "a dead letter settles its row")
          if (unacknowledged.length === 0) break
        }
      }).pipe(Effect.provide([layer, DeadLetters.layerMemory(deadLetters)]))
      assert.deepStrictEqual(
        keysOf(deadLetters),
        changes
          .slice(0, bad)
          .map(({ keys }) => `ORDER#1 / ${(keys["SK"] as any).S}`)
          .toSorted()
      )
      assert.lengthOf(stored(server, "1").orderItems, 24 - bad)
      assert.lengthOf(stored(server, "1")._sync.refused?.rows ?? [], bad)
      assert.isAtMost(state.writes, 10 + 3 * bad + 2 * (bad + 1) * 6)
    }),
    { arbitrary: { runs: 20 } }
  )

  const changes = [details, ...Array.from({ length: 8 }, (_, n) => item(n, 13))]

  it.effect(
    "acknowledges nothing of what is refused where no dead letter is taken, and asks again after ten minutes",
    () => {
      const { layer, server, state } = world()
      return Effect.gen(function* () {
        for (let tries = 0; tries < 20; tries++) yield* tryOnce(changes, 350)
        const { writes } = state
        const refusals = yield* tryOnce(changes, 350)
        assert.lengthOf(refusals.unacknowledged, 8)
        assert.strictEqual(state.writes, writes, "nothing is tried again")
        state.bad = 14
        assert.lengthOf((yield* tryOnce(changes, 5000)).unacknowledged, 8)
        yield* TestClock.adjust("11 minutes")
        assert.lengthOf((yield* tryOnce(changes, 5000)).unacknowledged, 0)
        assert.lengthOf(stored(server, "1").orderItems, 8)
      }).pipe(Effect.provide(layer))
    }
  )

  it.effect("is tried with rows in another version, and in another index", () => {
    const { layer, server, state } = world()
    const deadLetters = new Map<string, DeadLetters.DeadLetter>()
    return Effect.gen(function* () {
      assert.lengthOf((yield* tryOnce(changes, 5000)).unacknowledged, 0)
      assert.strictEqual(deadLetters.size, 8)
      yield* tryOnce([...changes, item(3, 1, 200)], 5000)
      assert.lengthOf(stored(server, "1").orderItems, 1)
      assert.strictEqual(deadLetters.size, 8)
      const { writes } = state
      server.indices.delete("orders-000001")
      yield* tryOnce(changes, 5000)
      assert.isAbove(state.writes, writes + 8)
    }).pipe(Effect.provide([layer, DeadLetters.layerMemory(deadLetters)]))
  })

  it.effect.each([2, 4, 6, 8])(
    "has all its other rows in an index that takes its index's place after %i writes",
    (after) => {
      const { layer, server, state } = world()
      const deadLetters = new Map<string, DeadLetters.DeadLetter>()
      const rows = [details, ...Array.from({ length: 8 }, (_, n) => item(n, n === 5 ? 13 : 1))]
      const losing = Effect.gen(function* () {
        while (state.writes < after) yield* Effect.sleep("10 millis")
        server.indices.delete("orders-000001")
      })
      return Effect.gen(function* () {
        const [{ unacknowledged }] = yield* Effect.all([tryOnce(rows, 10_000), losing], { concurrency: 2 })
        assert.deepStrictEqual(unacknowledged, [])
        assert.deepStrictEqual(keysOf(deadLetters), ["ORDER#1 / ITEM#5"])
        assert.lengthOf(stored(server, "1").orderItems, 7)
      }).pipe(Effect.provide([layer, DeadLetters.layerMemory(deadLetters)]))
    }
  )
})
