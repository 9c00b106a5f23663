/** How a generation is planned, verified and promoted, and what each step refuses. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Definition from "../../src/define/Definition.ts"
import * as promote from "../../src/generation/promote.ts"
import * as Shape from "../../src/define/Shape.ts"
import * as indices from "../../src/sink/opensearch/indices.ts"
import { Sink } from "../../src/sink/Sink.ts"
import * as State from "../../src/sink/opensearch/State.ts"
import { SimulatedOpenSearch } from "../simulate/SimulatedOpenSearch.ts"
import { sink } from "../simulate/transport.ts"
import {
  After,
  Before,
  More,
  begin,
  change,
  complaint,
  make,
  mark,
  markVerified,
  on,
  ready,
  source,
  tagOf,
  write
} from "./generations.ts"

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
      assert.include(change._tag === "Incompatible" ? change.reason : "", "must be an alias")
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

describe("an index that readers left", () => {
  const lead = (server: SimulatedOpenSearch) => ({
    on: on(server, promote.promote(After, "")),
    back: on(server, promote.rollback(After, ""))
  })

  it.effect("may miss changes from then on, so it is verified before readers are led to it again", () =>
    Effect.gen(function* () {
      const server = yield* ready
      yield* lead(server).on
      assert.include((yield* lead(server).back).from, "orders-000002")
      yield* write(server, Before, "written while nobody writes the new one")
      assert.include(yield* complaint(server, promote.promote(After, "")), "a verification is due: readers were led")
      assert.isTrue(yield* markVerified(server, After))
      assert.strictEqual((yield* lead(server).on).to, "orders-000002")
    })
  )

  it.effect("may take no mark, which holds nobody up", () =>
    Effect.gen(function* () {
      const server = yield* ready
      yield* lead(server).on
      server.handle({ method: "POST", path: "/orders-000002/_close" })
      assert.deepInclude(yield* lead(server).back, { from: "orders-000002", to: "orders-000001" })
    })
  )

  it.effect("is not led from twice, where two lead at once", () =>
    Effect.gen(function* () {
      const server = yield* ready
      yield* lead(server).on
      const seen = yield* on(server, promote.before(After, ""))
      yield* lead(server).back
      const again = on(server, indices.moveAlias("orders", [seen.from.index], seen.to.index))
      assert.include((yield* Effect.flip(again)).message, "somebody else moved it")
    })
  )
})

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
