/** How patches get through trouble: each test lets the server, or what lies between, misbehave in one way. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { Request } from "../../../src/sink/opensearch/Transport.ts"
import { remove } from "../../../src/testing/events.ts"
import { SimulatedOpenSearch } from "../../simulate/SimulatedOpenSearch.ts"
import { withTimePassing } from "../../simulate/withTimePassing.ts"
import { isWrite } from "../../simulate/requests.ts"
import { type Interceptor, sink } from "../../simulate/transport.ts"
import { Order, details, item, write, tags, answer, bulks, lost, answerLost, stored, itemError } from "./orders.ts"

describe("Writer", () => {
  const passing: ReadonlyArray<readonly [string, Interceptor]> = [
    ["a 429 for the whole request (case 44)", () => answer(429, "")],
    ["a 429 in HTML", () => answer(429, "<html>Too Many Requests</html>")],
    ["a 503", () => answer(503, '{"error":{"type":"unavailable_shards_exception","reason":null}}')],
    ["a lost request", lost],
    ["a lost answer (case 10)", answerLost],
    ["an answer cut off", (_, next) => Effect.map(next, ({ text }) => ({ status: 200, text: text.slice(0, -9) }))],
    ["a short answer (case 25)", () => answer(200, '{"errors":false,"items":[]}')],
    ["a 403 block", () => answer(403, '{"error":{"type":"cluster_block_exception","reason":"disk"}}')],
    [
      "an answer that never comes",
      () =>
        Effect.timeoutOrElse(Effect.never, { duration: "5 seconds", orElse: () => lost({} as Request, Effect.never) })
    ]
  ]
  it.effect.each(passing)("outlasts $0", ([, fate]) => {
    const server = new SimulatedOpenSearch()
    return withTimePassing(write(details("1"), item("1", "1"), details("2"))).pipe(
      Effect.tap((outcomes) => {
        assert.isTrue(tags(outcomes).every((tag) => tag === "Written" || tag === "Unchanged"))
        assert.deepStrictEqual(stored(server, "1").items, [{ quantity: 1 }])
        return Effect.sync(() => assert.strictEqual(stored(server, "2").name, "Ada"))
      }),
      Effect.provide(sink(server, bulks(fate, fate)))
    )
  })

  it.effect("sends again only what was not written (case 43)", () => {
    const server = new SimulatedOpenSearch()
    const sent: Array<number> = []
    const throttled = itemError(
      (line) => line.includes('"name":"Ada","items":[]'),
      { type: "rejected_execution_exception" },
      429
    )
    const first = bulks(throttled)
    const counted: Interceptor = (request, next) => {
      if (isWrite(request)) sent.push((request.body!.split("\n").length - 1) / 2)
      return first(request, next)
    }
    return withTimePassing(write(details("1"), details("2"), item("2", "1"), details("3"), item("3", "1"))).pipe(
      Effect.tap((outcomes) =>
        Effect.sync(() => {
          assert.isTrue(outcomes.every(({ _tag }) => _tag === "Written" || _tag === "Unchanged"))
          assert.strictEqual(sent[0], 3)
          assert.isTrue(sent.slice(1).every((count) => count <= 1))
        })
      ),
      Effect.provide(sink(server, counted))
    )
  })

  const blocked: ReadonlyArray<readonly [string, object, RegExp]> = [
    ["dropped by a pipeline", { status: 200, result: "noop" }, /ingest pipeline drops it/],
    ["for a closed index", { status: 400, error: { type: "index_closed_exception" } }, /closed; open it/],
    ["for a reason that nobody knows", { status: 400, error: { type: "odd_exception" } }, /whatever the document/]
  ]
  it.effect.each(blocked)("neither acknowledges nor refuses a write $0", ([, item, sentence]) => {
    const server = new SimulatedOpenSearch()
    const fate: Interceptor = () => answer(200, JSON.stringify({ items: [{ index: item }] }))
    return Effect.gen(function* () {
      const [outcome] = yield* withTimePassing(write(details("1")))
      assert.match((outcome as { readonly reason: string }).reason, sentence)
      assert.deepStrictEqual(tags(yield* withTimePassing(write(details("1")))), ["Written"])
    }).pipe(Effect.provide(sink(server, bulks(fate))))
  })

  it.effect("answers unsettled, and never refused, when the time is over", () => {
    const server = new SimulatedOpenSearch()
    return withTimePassing(write(details("1"))).pipe(
      Effect.tap((outcomes) =>
        Effect.sync(() => {
          assert.strictEqual(outcomes[0]?._tag, "Unsettled")
          assert.include((outcomes[0] as { readonly reason: string }).reason, "429")
        })
      ),
      Effect.provide(sink(server, (request, next) => (isWrite(request) ? answer(429, "") : next)))
    )
  })

  it.effect("reads again what somebody else wrote first (cases 34 and 38)", () => {
    const server = new SimulatedOpenSearch()
    return Effect.gen(function* () {
      const mine = yield* Layer.build(sink(server))
      const theirs = yield* Layer.build(sink(server))
      const first = item("1", "1")
      const second = details("1")
      const older = item("1", "2", 1)
      const newer = item("1", "2", 2)
      yield* Effect.provide(write(first), mine)
      yield* Effect.provide(write(second, newer), theirs)
      assert.deepStrictEqual(tags(yield* withTimePassing(Effect.provide(write(older, first), mine))), ["Unchanged"])
      yield* withTimePassing(Effect.provide(write(item("1", "3")), mine))
      assert.deepStrictEqual(
        stored(server, "1").items.map(({ quantity }: any) => quantity),
        [1, 2, 1]
      )
    })
  })

  it.effect("an instance that held a change for long undoes nothing (case 40)", () => {
    const server = new SimulatedOpenSearch()
    return Effect.gen(function* () {
      const cold = yield* Layer.build(sink(server))
      const warm = yield* Layer.build(sink(server))
      yield* Effect.provide(write(details("1"), item("1", "1")), cold)
      const held = item("1", "1", 5)
      yield* withTimePassing(Effect.provide(write(remove(Order).items({ orderId: "1", n: "1" })), warm))
      yield* withTimePassing(Effect.provide(write(held), cold))
      assert.deepStrictEqual(stored(server, "1").items, [])
    })
  })

  it.effect("never writes to an index made anew on what it knows of the old one", () => {
    const server = new SimulatedOpenSearch()
    return Effect.gen(function* () {
      yield* write(details("1"))
      server.indices.clear()
      const other = yield* Layer.build(sink(server))
      yield* Effect.provide(write(item("1", "9", 9)), other)
      yield* withTimePassing(write(item("1", "1")))
      assert.deepStrictEqual(stored(server, "1")._sync.rows, [["items", ["ITEM#1", "ITEM#9"]]])
    }).pipe(Effect.provide(sink(server)))
  })

  it.effect("says which setting is wrong when the credentials are refused, and settles nothing", () => {
    const server = new SimulatedOpenSearch()
    return Effect.gen(function* () {
      const error = yield* Effect.flip(write(details("1")))
      assert.strictEqual(error.reason._tag, "Misconfigured")
      assert.include(error.message, "OPENSEARCH_USERNAME")
    }).pipe(Effect.provide(sink(server, () => answer(401, "Unauthorized"))))
  })

  it.effect("takes a 403 of a single item for a wrong configuration too", () => {
    const server = new SimulatedOpenSearch()
    const denied = itemError(() => true, { type: "security_exception", reason: "no permissions" }, 403)
    return Effect.gen(function* () {
      const error = yield* Effect.flip(write(details("1")))
      assert.strictEqual(error.reason._tag, "Misconfigured")
    }).pipe(Effect.provide(sink(server, denied)))
  })
})
