/** A generation's way: planned, made, verified, promoted, rolled back, dropped; and what each step refuses. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Logger, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Definition from "../../src/define/Definition.ts"
import * as Patch from "../../src/fold/Patch.ts"
import { plan } from "../../src/generation/plan.ts"
import * as promote from "../../src/generation/promote.ts"
import * as Shape from "../../src/define/Shape.ts"
import { Sink } from "../../src/sink/Sink.ts"
import * as indices from "../../src/sink/opensearch/indices.ts"
import * as State from "../../src/sink/opensearch/State.ts"
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
const source = { kind: "stream", tableArn: "arn:aws:dynamodb:eu-west-1:1:table/shop", epoch: 1000 } as const

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

const change = (server: SimulatedOpenSearch, index: string, change: (state: State.State) => State.State) =>
  on(
    server,
    Effect.gen(function* () {
      const found = (yield* indices.list("orders")).find((one) => one.index === index)!
      yield* indices.update(found, change)
    })
  )

const mark = (server: SimulatedOpenSearch, index: string, marks: object) =>
  change(server, index, (state) => {
    const next = Object.entries({ ...state, ...marks }).filter(([, value]) => value !== undefined)
    return Object.fromEntries(next) as unknown as State.State
  })

/** The definition's generation as a verification finds it at its beginning. */
const begin = (server: SimulatedOpenSearch, aggregate: Aggregate.Any) =>
  on(
    server,
    Effect.map(promote.standing(aggregate, ""), ({ own }) => {
      const { index, meta, state } = own!
      return { generations: { orders: { index, writeAlias: meta.writeAlias, marks: state.marks } } }
    })
  )

const markVerified = (server: SimulatedOpenSearch, aggregate: Aggregate.Any) =>
  Effect.flatMap(begin(server, aggregate), (begun) => on(server, promote.markVerified(aggregate, "", begun)))

/** A world in which the first generation is live and the second one is ready. */
const ready = Effect.gen(function* () {
  const server = new SimulatedOpenSearch()
  yield* write(server, Before, "1")
  yield* on(server, promote.make(After, "", source))
  yield* mark(server, "orders-000002", { filled: true })
  yield* markVerified(server, After)
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
      assert.deepInclude(moved, { from: "orders-000001", to: "orders-000002" })
      assert.deepStrictEqual([...server.search("orders").keys()], ["2"])
      assert.isUndefined((yield* on(server, promote.promote(After, ""))).from)
    })
  )

  it.effect.each([
    ["never filled", { filled: false }],
    ["incomplete", { incomplete: { number: 1, at: 5, reason: "a row was refused" } }],
    ["a verification is due", { verificationDue: { number: 1, at: 5, reason: "records were trimmed" } }],
    ["never verified", { verifiedAt: undefined }]
  ] as const)("does not take one of which holds: %s", ([words, marks]) =>
    Effect.gen(function* () {
      const server = yield* ready
      yield* mark(server, "orders-000002", marks)
      assert.include(yield* complaint(server, promote.promote(After, "")), words)
      assert.isTrue(server.indices.get("orders-000001")!.aliases.has("orders"))
    })
  )

  it.effect("does not lead readers away from a closed index, of which nobody knows who writes it", () =>
    Effect.gen(function* () {
      const server = yield* ready
      const writers = { [Definition.of(Before).hash]: { at: 1, newest: 2 } }
      yield* mark(server, "orders-000001", { writers })
      server.handle({ method: "POST", path: "/orders-000001/_close" })
      assert.include(yield* complaint(server, promote.promote(After, "")), "POST /orders-000001/_open")
      server.handle({ method: "POST", path: "/orders-000001/_open" })
      assert.include(yield* complaint(server, promote.promote(After, "")), "the stream is written to orders-000001")
      assert.isTrue(server.indices.get("orders-000001")!.aliases.has("orders"))
    })
  )

  it.effect("takes an incomplete one after a verification that began after the mark, not before", () =>
    Effect.gen(function* () {
      const server = yield* ready
      const before = yield* begin(server, After)
      // By a clock that is far ahead, which must not count.
      yield* change(server, "orders-000002", (state) => State.mark(state, "incomplete", 9e12, "a row was refused"))
      assert.isFalse(yield* on(server, promote.markVerified(After, "", before)))
      assert.include(yield* complaint(server, promote.promote(After, "")), "a row was refused")
      assert.isTrue(yield* markVerified(server, After))
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

/** What a program that follows the stream says, with a check of its own, as each new container makes one. */
const report = (server: SimulatedOpenSearch, ...aggregates: ReadonlyArray<Aggregate.Any>) =>
  Effect.provide(
    Effect.flatMap(Sink, (one) => one.report(aggregates.map(Shape.of), {})),
    sink(server)
  )

describe("promote, by who writes", () => {
  it.effect("does not take a generation that the programs which follow the stream know and leave out", () =>
    Effect.gen(function* () {
      const server = yield* ready
      yield* report(server, Before)
      assert.include(yield* complaint(server, promote.promote(After, "")), "the stream is written to orders-000001")
      yield* report(server, After, Before)
      assert.isUndefined((yield* on(server, promote.promote(After, ""))).warning)
    })
  )

  it.effect("warns where nobody said anything since it was made", () =>
    Effect.gen(function* () {
      const server = new SimulatedOpenSearch()
      yield* write(server, Before, "1")
      yield* report(server, Before)
      yield* on(server, promote.make(After, "", source))
      yield* mark(server, "orders-000002", { filled: true })
      yield* markVerified(server, After)
      assert.include((yield* on(server, promote.promote(After, ""))).warning ?? "", "orders-000002")
    })
  )

  it.effect(
    "a writer of what readers see no more says so once; one that writes both, or what is to come, does not",
    () =>
      Effect.gen(function* () {
        const server = yield* ready
        const lines: Array<string> = []
        const logger = Logger.make(({ logLevel, message }) => {
          if (logLevel === "Error") lines.push(String(message))
        })
        const saying = Logger.layer([logger])
        const reported = (...aggregates: ReadonlyArray<Aggregate.Any>) =>
          Effect.provide(report(server, ...aggregates), saying)
        yield* reported(After)
        yield* reported(Before)
        assert.deepStrictEqual(lines, [])
        yield* report(server, After)
        yield* on(server, promote.promote(After, ""))
        yield* reported(After, Before)
        assert.deepStrictEqual(lines, [])
        yield* reported(Before)
        assert.strictEqual(lines.length, 1)
        assert.include(lines[0], 'readers of "orders" see orders-000002')
        yield* on(server, promote.rollback(After, ""))
        yield* reported(After)
        assert.include(lines[1], 'readers of "orders" see orders-000001')
      })
  )
})

describe("rollback", () => {
  it.effect("leads readers back, but not to one that is incomplete, nor to nothing", () =>
    Effect.gen(function* () {
      const server = yield* ready
      assert.include(yield* complaint(server, promote.rollback(After, "")), "no index")
      yield* on(server, promote.promote(After, ""))
      yield* mark(server, "orders-000001", { incomplete: { number: 1, at: 5, reason: "a row was refused" } })
      assert.include(yield* complaint(server, promote.rollback(After, "")), "a row was refused")
      yield* mark(server, "orders-000001", { incomplete: undefined })
      const moved = yield* on(server, promote.rollback(After, ""))
      assert.deepStrictEqual(moved, { from: "orders-000002", to: "orders-000001" })
    })
  )
})

describe("drop", () => {
  it.effect("deletes one that is not live; its writers settle nothing more and don't bring it back", () =>
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
      assert.deepStrictEqual(yield* on(server, promote.make(After, "", source)), {
        index: "orders-000002",
        isNew: true
      })
      assert.deepStrictEqual(yield* on(server, promote.make(After, "", source)), {
        index: "orders-000002",
        isNew: false
      })
      assert.isFalse(server.indices.get("orders-000002")!.aliases.has("orders"))
    })
  )
})
