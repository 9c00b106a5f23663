/** What writers do when an index is lost and made anew by one of them. Found by the simulator. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Schema } from "effect"
import { TestClock } from "effect/testing"
import { reservedId } from "../../../src/decode/rowKey.ts"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Shape from "../../../src/define/Shape.ts"
import * as Patch from "../../../src/fold/Patch.ts"
import { Sink } from "../../../src/sink/Sink.ts"
import { put } from "../../../src/testing/events.ts"
import { withTimePassing } from "../../simulate/withTimePassing.ts"
import { SimulatedOpenSearch } from "../../simulate/SimulatedOpenSearch.ts"
import { stateOf } from "../../simulate/state.ts"
import { sink } from "../../simulate/transport.ts"
import { outcomesOf } from "../outcomes.ts"

const Order = Aggregate.make("orders", { key: "ORDER#{id}", root: Aggregate.root("DETAILS", { name: Schema.String }) })

const write = (id: string, epoch: number) =>
  Effect.gen(function* () {
    const patches = Patch.fromEvents([put(Order).root({ id }, { name: "Ada" })])
    const origin = { tableArn: "arn:aws:dynamodb:eu-west-1:1:table/shop", epoch, changedAt: undefined }
    const outcomes = yield* withTimePassing(outcomesOf(patches, [origin]))
    return outcomes[0]?._tag
  })

/** A write by a program that follows the stream. */
const follow = (id: string, epoch: number) =>
  Effect.gen(function* () {
    const { report } = yield* Sink
    yield* withTimePassing(report([Shape.of(Order)], {}))
    return yield* write(id, epoch)
  })

describe("a lost index", () => {
  it.effect("made anew is not given the state of the one before", () => {
    const server = new SimulatedOpenSearch()
    return Effect.gen(function* () {
      const early = yield* Layer.build(sink(server))
      const late = yield* Layer.build(sink(server))
      assert.strictEqual(yield* Effect.provide(write("1", 1000), early), "Written")
      server.indices.clear()
      assert.strictEqual(yield* Effect.provide(write("2", 1000), late), "Written")
      // A new stream: the early writer has to note its epoch in the generation, and knows the lost one only.
      assert.strictEqual(yield* Effect.provide(write("3", 2000), early), "Written")
      const { aliases, documents, mappings } = server.indices.get("orders-000001")!
      assert.isTrue(aliases.has(mappings["_meta"].tablefold.writeAlias))
      assert.strictEqual(stateOf(server, "orders-000001").source?.epoch, 2000)
      assert.sameMembers(
        [...documents.keys()].filter((id) => id !== reservedId),
        ["2", "3"]
      )
    })
  })

  it.effect("is not made by a write, under its alias's name", () => {
    const server = new SimulatedOpenSearch()
    return Effect.gen(function* () {
      const writer = yield* Layer.build(sink(server))
      yield* Effect.provide(write("1", 1000), writer)
      server.indices.clear()
      // A document that this writer knows, so it writes without reading first.
      assert.strictEqual(yield* Effect.provide(write("1", 1000), writer), "Written")
      assert.deepStrictEqual([...server.indices.keys()], ["orders-000001"])
    })
  })

  it.effect("who follows the stream says once of a new one that a backfill is due: its maker may not know", () => {
    const server = new SimulatedOpenSearch()
    const log: Array<string> = []
    const logging = Logger.layer([Logger.make(({ message }) => void log.push(String(message)))])
    return Effect.gen(function* () {
      yield* Effect.provide(follow("1", 1000), yield* Layer.build(sink(server)))
      assert.lengthOf(log, 1)
      const finder = yield* Layer.build(sink(server))
      // As tail does, which looks whether it can write before it follows.
      const read = Effect.flatMap(Sink, ({ read }) => withTimePassing(read(Shape.of(Order), ["1"])))
      yield* Effect.provide(read, finder)
      assert.lengthOf(log, 1)
      yield* Effect.provide(follow("2", 1000), finder)
      assert.lengthOf(log, 2)
      yield* TestClock.adjust("2 minutes")
      yield* Effect.provide(follow("3", 1000), finder)
      assert.lengthOf(log, 2)
      assert.match(log[1]!, /index orders-000001 .* a backfill is due/)
      yield* TestClock.adjust("1 day")
      yield* Effect.provide(follow("4", 1000), yield* Layer.build(sink(server)))
      assert.lengthOf(log, 2)
    }).pipe(Effect.provide(logging))
  })

  it.effect("is no news to who only fills or compares it, even where they make it", () => {
    const server = new SimulatedOpenSearch()
    const log: Array<string> = []
    const logging = Logger.layer([Logger.make(({ message }) => void log.push(String(message)))])
    return Effect.gen(function* () {
      for (const id of ["1", "2"]) yield* Effect.provide(write(id, 1000), yield* Layer.build(sink(server)))
      assert.deepStrictEqual(log, [])
    }).pipe(Effect.provide(logging))
  })

  it.effect("that was made anew and left empty for days is said to lack older rows, too", () => {
    const server = new SimulatedOpenSearch()
    const log: Array<string> = []
    const logging = Logger.layer([Logger.make(({ message }) => void log.push(String(message)))])
    return Effect.gen(function* () {
      const maker = yield* Layer.build(sink(server))
      yield* Effect.provide(
        Effect.flatMap(Sink, ({ read }) => withTimePassing(read(Shape.of(Order), ["1"]))),
        maker
      )
      yield* TestClock.adjust("3 days")
      log.length = 0
      yield* Effect.provide(follow("1", 1000), yield* Layer.build(sink(server)))
      assert.lengthOf(log, 1)
      assert.match(log[0]!, /index orders-000001 .* a backfill is due/)
    }).pipe(Effect.provide(logging))
  })
})
