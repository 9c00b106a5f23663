/** A service that answers 404 without a word to what it does not know, for indices that exist (case 56). */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Patch from "../../../src/fold/Patch.ts"
import * as indices from "../../../src/sink/opensearch/indices.ts"
import { Sink } from "../../../src/sink/Sink.ts"
import { put } from "../../../src/testing/events.ts"
import { withTimePassing } from "../../simulate/withTimePassing.ts"
import { SimulatedOpenSearch } from "../../simulate/SimulatedOpenSearch.ts"
import { type Interceptor, sink, transport } from "../../simulate/transport.ts"
import { outcomesIn } from "../outcomes.ts"

const Order = Aggregate.make("orders", { key: "ORDER#{id}", root: Aggregate.root("DETAILS", { name: Schema.String }) })

const write = Effect.flatMap(Sink, (sink) =>
  withTimePassing(outcomesIn(sink, Patch.fromEvents([put(Order).root({ id: "1" }, { name: "Ada" })])))
)

/** Answers 404 without a word to requests of this kind. */
const unknown =
  (isUnknown: (method: string, path: string) => boolean): Interceptor =>
  ({ method, path }, next) =>
    isUnknown(method, path) ? Effect.succeed({ status: 404, text: "" }) : next

describe("a 404 without a word", () => {
  it.effect("to a refresh is no fault: searches see what was written some time later", () => {
    const server = new SimulatedOpenSearch()
    const layer = transport(
      server,
      unknown((_, path) => path.endsWith("/_refresh"))
    )
    return Effect.gen(function* () {
      yield* Effect.provide(write, sink(server))
      yield* Effect.provide(indices.refresh("orders-000001"), layer)
    })
  })

  it.effect("is no sign that the index is missing: nothing is made, nothing is settled", () => {
    const server = new SimulatedOpenSearch()
    return Effect.gen(function* () {
      const outcomes = yield* write
      assert.strictEqual(outcomes[0]?._tag, "Unsettled")
      assert.strictEqual(server.indices.size, 0)
    }).pipe(
      Effect.provide(
        sink(
          server,
          unknown((method) => method === "GET")
        )
      )
    )
  })
})
