/** What a writer remembers of a generation, when that is lost and made anew by another writer. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Patch from "../../../src/fold/Patch.ts"
import { Sink } from "../../../src/sink/Sink.ts"
import { put } from "../../../src/testing/events.ts"
import { SimulatedOpenSearch } from "../../simulate/SimulatedOpenSearch.ts"
import { sink } from "../../simulate/transport.ts"

const Order = Aggregate.make("orders", { key: "ORDER#{id}", root: Aggregate.root("DETAILS", { name: Schema.String }) })

const write = (id: string, epoch: number) =>
  Effect.gen(function* () {
    const patches = Patch.fromEvents([put(Order).root({ id }, { name: "Ada" })])
    const origin = { tableArn: "arn:aws:dynamodb:eu-west-1:1:table/shop", epoch, changedAt: undefined }
    const writing = yield* Effect.forkChild((yield* Sink).write(patches, [origin]))
    while (writing.pollUnsafe() === undefined) yield* TestClock.adjust("100 millis")
    return (yield* Fiber.join(writing)).outcomes[0]?._tag
  })

describe("Generations", () => {
  it.effect("an index made anew is not given the _meta of the one before (seed 52)", () => {
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
      assert.strictEqual(mappings["_meta"].tablefold.source.epoch, 2000)
      assert.sameMembers([...documents.keys()], ["2", "3"])
    })
  })
})
