/**
 * A change that is delivered again and stands in its document already. A server shows writes that its primary alone
 * has, so what was only read is written once more before it counts.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Patch from "../../../src/fold/Patch.ts"

import { put } from "../../../src/testing/events.ts"
import { withTimePassing } from "../../simulate/withTimePassing.ts"
import { isWrite } from "../../simulate/requests.ts"
import { SimulatedOpenSearch } from "../../simulate/SimulatedOpenSearch.ts"
import { type Interceptor, sink } from "../../simulate/transport.ts"
import { outcomesOf } from "../outcomes.ts"

const Order = Aggregate.make("orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", { name: Schema.String })
})

const details = (name: string) => put(Order).root({ orderId: "1" }, { name })

const write = (event: ReturnType<typeof details>) =>
  Effect.gen(function* () {
    const outcomes = yield* outcomesOf(Patch.fromEvents([event]), [])
    return outcomes[0]!._tag
  })

const stored = (server: SimulatedOpenSearch) =>
  JSON.parse(server.indices.get("orders-000001")!.documents.get("1")!.text).name

/** The server does what it is told, and its answers to writes never come. */
const unanswered: Interceptor = (request, next) => (isWrite(request) ? Effect.andThen(next, Effect.never) : next)

it.effect("does not count because it can be read: it may be lost with the primary", () => {
  const server = new SimulatedOpenSearch()
  return Effect.gen(function* () {
    const answered = yield* Layer.build(sink(server))
    yield* Effect.provide(write(details("before")), answered)
    const copy = structuredClone(server.indices)
    const alone = yield* Layer.build(sink(server, unanswered))
    const change = details("after")
    for (const _ of "12") {
      assert.strictEqual(yield* withTimePassing(Effect.provide(write(change), alone)), "Unsettled")
      assert.strictEqual(stored(server), "after")
    }
    // The primary's node goes, and a copy that lacks the write takes its place.
    server.indices.clear()
    for (const [name, index] of copy) server.indices.set(name, index)
    assert.strictEqual(stored(server), "before")
    assert.strictEqual(yield* withTimePassing(Effect.provide(write(change), answered)), "Written")
    assert.strictEqual(stored(server), "after")
  })
})

it.effect("is written once more where it was only read, and not where this process had an answer", () => {
  const server = new SimulatedOpenSearch()
  let conditional = 0
  const counting: Interceptor = (request, next) => {
    if (isWrite(request) && request.body!.startsWith(`{"index"`)) conditional++
    return next
  }
  return Effect.gen(function* () {
    const mine = yield* Layer.build(sink(server, counting))
    const theirs = yield* Layer.build(sink(server, counting))
    const change = details("Ada")
    const writesBy = (who: typeof mine) =>
      Effect.gen(function* () {
        const before = conditional
        assert.strictEqual(yield* withTimePassing(Effect.provide(write(change), who)), "Unchanged")
        return conditional - before
      })
    yield* Effect.provide(write(change), mine)
    assert.strictEqual(yield* writesBy(mine), 0)
    assert.strictEqual(yield* writesBy(theirs), 1)
    assert.strictEqual(yield* writesBy(theirs), 0)
  })
})
