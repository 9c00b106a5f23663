/** A generation's way: planned, made, verified, promoted, rolled back, dropped; and what each step refuses. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Patch from "../../src/fold/Patch.ts"
import { plan } from "../../src/generation/plan.ts"
import * as promote from "../../src/generation/promote.ts"
import { Sink } from "../../src/sink/Sink.ts"
import * as indices from "../../src/sink/opensearch/indices.ts"
import { Budget } from "../../src/sink/opensearch/retry.ts"
import { put } from "../../src/testing/events.ts"
import { SimulatedOpenSearch } from "../simulate/SimulatedOpenSearch.ts"
import { sink, transport } from "../simulate/transport.ts"

const make = (revision: number, note: {} = {}) =>
  Aggregate.make("orders", {
    key: "ORDER#{orderId}",
    root: Aggregate.root("DETAILS", { name: Schema.String, ...note }),
    revision
  })
const Before = make(0)
const More = make(0, { note: Schema.optionalKey(Schema.String) })
const After = make(1)

const write = (server: SimulatedOpenSearch, aggregate: typeof Before, orderId: string) =>
  Effect.gen(function* () {
    const { outcomes } = yield* (yield* Sink).write(
      Patch.fromEvents([put(aggregate).root({ orderId }, { name: "Ada" })]),
      []
    )
    return outcomes[0]!
  }).pipe(Effect.provide(sink(server)))

const on = <A, E>(server: SimulatedOpenSearch, effect: Effect.Effect<A, E, any>) =>
  Effect.provide(effect, transport(server)) as Effect.Effect<A, E>

const mark = (server: SimulatedOpenSearch, index: string, marks: object) =>
  on(
    server,
    Effect.gen(function* () {
      const found = (yield* indices.list("orders")).find((one) => one.index === index)!
      yield* indices.putMeta(index, { ...found.meta, ...marks })
    })
  )

/** A world in which the first generation is live and the second one is ready. */
const ready = Effect.gen(function* () {
  const server = new SimulatedOpenSearch()
  yield* write(server, Before, "1")
  yield* on(server, promote.make(After, ""))
  yield* mark(server, "orders-000002", { filled: true })
  yield* on(server, promote.markVerified(After, "", 0))
  return server
})

const tagOf = (server: SimulatedOpenSearch, aggregate: Aggregate.Any) =>
  on(
    server,
    Effect.map(plan([aggregate], ""), ([first]) => first!.change)
  )

const complaint = (server: SimulatedOpenSearch, effect: Effect.Effect<unknown, { readonly message: string }, any>) =>
  Effect.map(Effect.flip(on(server, effect)), ({ message }) => message)

describe("plan", () => {
  it.effect("says what each definition would change, and changes nothing", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      assert.strictEqual((yield* tagOf(server, Before))._tag, "First")
      assert.strictEqual(server.indices.size, 0)
      yield* write(server, Before, "1")
      assert.strictEqual((yield* tagOf(server, Before))._tag, "None")
      const added = { _tag: "InPlace", index: "orders-000001", names: ["note"] } as const
      assert.deepStrictEqual(yield* tagOf(server, More), { ...added, required: [] })
      const Must = make(0, { note: Schema.String })
      assert.deepStrictEqual(yield* tagOf(server, Must), { ...added, required: ["note"] })
      const next = yield* tagOf(server, After)
      assert.deepStrictEqual(next._tag === "NewGeneration" ? next.where : next, ["the revision"])
      yield* write(server, More, "2")
      assert.strictEqual((yield* tagOf(server, Before))._tag, "Outdated")
    })
  )

  it.effect("says what stands in the way", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      server.handle({ method: "PUT", path: "/orders", body: "{}" })
      const change = yield* tagOf(server, Before)
      assert.include(change._tag === "Unfit" ? change.reason : "", "must be an alias")
    })
  )
})

describe("promote", () => {
  it.effect("leads readers over in one step, and again does nothing", () =>
    Effect.gen(function* () {
      const server = yield* ready
      yield* write(server, After, "2")
      server.handle({ method: "POST", path: "/_all/_refresh" })
      assert.deepStrictEqual([...server.search("orders").keys()], ["1"])
      const moved = yield* on(server, promote.promote(After, ""))
      assert.deepStrictEqual(moved, { from: "orders-000001", to: "orders-000002" })
      assert.deepStrictEqual([...server.search("orders").keys()], ["2"])
      assert.isUndefined((yield* on(server, promote.promote(After, ""))).from)
    })
  )

  it.effect.each([
    ["never filled", { filled: false }],
    ["incomplete", { incomplete: { at: 5, reason: "a row was refused" } }],
    ["never verified", { verifiedAt: undefined }]
  ] as const)("does not take one that is %s", ([words, marks]) =>
    Effect.gen(function* () {
      const server = yield* ready
      yield* mark(server, "orders-000002", marks)
      assert.include(yield* complaint(server, promote.promote(After, "")), words)
      assert.isTrue(server.indices.get("orders-000001")!.aliases.has("orders"))
    })
  )

  it.effect("takes an incomplete one after a verification that began after the mark, not before", () =>
    Effect.gen(function* () {
      const server = yield* ready
      yield* TestClock.setTime(100)
      yield* mark(server, "orders-000002", { incomplete: { at: 50, reason: "a row was refused" } })
      assert.isFalse(yield* on(server, promote.markVerified(After, "", 49)))
      assert.include(yield* complaint(server, promote.promote(After, "")), "a row was refused")
      assert.isTrue(yield* on(server, promote.markVerified(After, "", 51)))
      yield* on(server, promote.promote(After, ""))
    })
  )

  it.effect("does not take one that is not there", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* write(server, Before, "1")
      assert.include(yield* complaint(server, promote.promote(After, "")), "tablefold rebuild")
    })
  )
})

describe("rollback", () => {
  it.effect("leads readers back, but not to one that is incomplete, nor to nothing", () =>
    Effect.gen(function* () {
      const server = yield* ready
      assert.include(yield* complaint(server, promote.rollback(After, "")), "no index")
      yield* on(server, promote.promote(After, ""))
      yield* mark(server, "orders-000001", { incomplete: { at: 5, reason: "a row was refused" } })
      assert.include(yield* complaint(server, promote.rollback(After, "")), "a row was refused")
      yield* mark(server, "orders-000001", { incomplete: undefined })
      const moved = yield* on(server, promote.rollback(After, ""))
      assert.deepStrictEqual(moved, { from: "orders-000002", to: "orders-000001" })
    })
  )
})

describe("drop", () => {
  it.effect("deletes one that is not live; its writers pass over the aggregate and don't bring it back", () =>
    Effect.gen(function* () {
      const server = yield* ready
      assert.include(yield* complaint(server, promote.drop(After, "", "orders-000001")), "readers")
      yield* on(server, promote.promote(After, ""))
      yield* on(server, promote.drop(After, "", "orders-000001"))
      assert.deepStrictEqual([...server.indices.keys()], ["orders-000002"])
      const outcome = yield* write(server, Before, "9")
      assert.strictEqual(outcome._tag, "Unsettled")
      assert.deepStrictEqual([...server.indices.keys()], ["orders-000002"])
    })
  )
})

describe("a worker that has written to a dropped generation", () => {
  it.effect("finds it gone with its next write, and neither brings it back nor writes anywhere else", () =>
    Effect.gen(function* () {
      const server = yield* ready
      // It has checked the generation a moment ago, and knows the document.
      const old = yield* Effect.provide(Sink, sink(server))
      const write = (orderId: string, name: string) => {
        const patches = Patch.fromEvents([put(Before).root({ orderId }, { name })])
        return Effect.provideService(
          Budget,
          Duration.seconds(1)
        )(Effect.map(old.write(patches, []), ({ outcomes }) => outcomes[0]))
      }
      assert.strictEqual((yield* write("7", "Ada"))?._tag, "Written")
      yield* on(server, promote.promote(After, ""))
      yield* on(server, promote.drop(After, "", "orders-000001"))
      const texts = () => [...server.indices].map(([name, { documents }]) => [name, [...documents.keys()]])
      const before = texts()
      const writing = yield* Effect.forkChild(write("7", "Eve"))
      yield* TestClock.adjust("2 seconds")
      const outcome = yield* Fiber.join(writing)
      assert.include(outcome?._tag === "Unsettled" ? outcome.reason : "", "was dropped")
      assert.deepStrictEqual(texts(), before)
    })
  )
})

describe("make", () => {
  it.effect("makes the next one once, whoever asks", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* write(server, Before, "1")
      assert.deepStrictEqual(yield* on(server, promote.make(After, "")), { index: "orders-000002", isNew: true })
      assert.deepStrictEqual(yield* on(server, promote.make(After, "")), { index: "orders-000002", isNew: false })
      assert.isFalse(server.indices.get("orders-000002")!.aliases.has("orders"))
    })
  )
})
