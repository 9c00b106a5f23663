/**
 * A process's memory of documents decides what is sent, never what is acknowledged: an index may have been restored
 * from a snapshot since, with its name, its aliases and its `_meta`.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Patch from "../../../src/fold/Patch.ts"

import { put, remove } from "../../../src/testing/events.ts"
import { withTimePassing } from "../../simulate/withTimePassing.ts"
import { isBulk } from "../../simulate/requests.ts"
import { SimulatedOpenSearch } from "../../simulate/SimulatedOpenSearch.ts"
import { type Interceptor, sink } from "../../simulate/transport.ts"
import { outcomesOf } from "../outcomes.ts"

const Order = Aggregate.make("orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", { name: Schema.String }),
  parts: { items: Aggregate.many("ITEM#{n}", { quantity: Schema.Finite }) }
})

type Event = ReturnType<ReturnType<typeof put>["root"]>

const details = (name: string, orderId = "1") => put(Order).root({ orderId }, { name })
const item = (n: string, quantity: number) => put(Order).items({ orderId: "1", n }, { quantity })

const write = (...events: ReadonlyArray<Event>) =>
  Effect.gen(function* () {
    const outcomes = yield* withTimePassing(outcomesOf(Patch.fromEvents(events), []))
    return outcomes.map(({ _tag }) => _tag)
  })

const documentsOf = (server: SimulatedOpenSearch) => server.indices.get("orders-000001")!.documents

/** A document as readers see it: when it was written stands in its sync state. */
const stored = (server: SimulatedOpenSearch, id = "1") => {
  const { _sync, ...fields } = JSON.parse(documentsOf(server).get(id)!.text)
  return fields
}

/** Puts documents back as they were, under an index's name, aliases and `_meta`. */
const restore = (server: SimulatedOpenSearch, from: SimulatedOpenSearch["indices"]) => {
  const documents = documentsOf(server)
  documents.clear()
  for (const [id, document] of from.get("orders-000001")!.documents) documents.set(id, document)
}

const isRead: (request: Parameters<Interceptor>[0]) => boolean = ({ path }) => path.includes("_mget")

/** Restores a snapshot under the process, and writes one item more: what the process knew beside it is gone. */
const writesAsRestored = Effect.fnUntraced(function* (server: SimulatedOpenSearch, quantity: number) {
  yield* write(details("before"))
  const snapshot = structuredClone(server.indices)
  yield* write(item("1", 1))
  restore(server, snapshot)
  server.promote()
  assert.deepStrictEqual(yield* write(item(String(quantity), quantity)), ["Written"])
  assert.deepStrictEqual(stored(server).items, [{ quantity }])
})

describe("after a restore under a warm process", () => {
  const changes: ReadonlyArray<readonly [string, () => ReadonlyArray<Event>]> = [
    ["a change", () => [details("after")]],
    ["a new part", () => [item("1", 1)]],
    ["a removal", () => [remove(Order).items({ orderId: "1", n: "0" })]],
    ["another document", () => [details("Bea", "2")]],
    [
      "all of them",
      () => [details("again"), item("2", 2), remove(Order).items({ orderId: "1", n: "0" }), details("Cy", "3")]
    ]
  ]
  it.effect.each(changes)("what the snapshot lacks is written when it comes again: $0", ([, make]) => {
    const server = new SimulatedOpenSearch()
    return Effect.gen(function* () {
      yield* write(details("before"), item("0", 3))
      const snapshot = structuredClone(server.indices)
      const events = make()
      assert.notInclude(yield* write(...events), "Unchanged")
      const right = new Map([...documentsOf(server)].map(([id]) => [id, stored(server, id)]))
      restore(server, snapshot)
      assert.notInclude(yield* write(...events), "Unchanged")
      for (const [id, document] of right) assert.deepStrictEqual(stored(server, id), document)
    }).pipe(Effect.provide(sink(server)))
  })

  it.effect("a conditional write of what the process knew is refused, and made anew", () => {
    const server = new SimulatedOpenSearch()
    return Effect.provide(writesAsRestored(server, 2), sink(server))
  })

  it.effect("a row is not refused for what the process knew", () => {
    const server = new SimulatedOpenSearch()
    const types = { type: "mapper_parsing_exception", reason: "too many items" }
    /** Refuses documents of more than two items, whatever the index has. */
    const refusing: Interceptor = (request, next) =>
      isBulk(request) && request.body!.includes('"quantity":1}') && request.body!.includes('"quantity":3}')
        ? Effect.succeed({ status: 200, text: JSON.stringify({ items: [{ index: { status: 400, error: types } }] }) })
        : next
    return Effect.provide(writesAsRestored(server, 3), sink(server, refusing))
  })

  it.effect("what comes too late to be judged is refused only where the document lacks its row now", () => {
    const server = new SimulatedOpenSearch()
    return Effect.gen(function* () {
      const mine = yield* Layer.build(sink(server))
      const theirs = yield* Layer.build(sink(server))
      yield* Effect.provide(write(details("Ada")), mine)
      const late = { ...item("1", 1), changedAt: 0 }
      // Another process writes the row, which this one's memory lacks.
      yield* Effect.provide(write(late), theirs)
      yield* TestClock.adjust("60 days")
      assert.deepStrictEqual(yield* Effect.provide(write(late), mine), ["Unchanged"])
    })
  })
})

describe("a change that comes again", () => {
  it.effect("costs one question without content, and the memory stays", () => {
    const server = new SimulatedOpenSearch()
    const asked: Array<string> = []
    const counting: Interceptor = (request, next) => {
      if (isBulk(request) || isRead(request)) asked.push(request.path.replace(/^.*\//, "").replace(/&.*/, ""))
      return next
    }
    return Effect.gen(function* () {
      const events = [details("Ada"), details("Bea", "2"), details("Cy", "3")]
      yield* write(...events)
      asked.length = 0
      for (const _ of "12") assert.deepStrictEqual(yield* write(...events), ["Unchanged", "Unchanged", "Unchanged"])
      assert.deepStrictEqual(asked, ["_mget?_source=false", "_mget?_source=false"])
    }).pipe(Effect.provide(sink(server, counting)))
  })

  it.effect.each([
    ["is not answered", () => Effect.succeed({ status: 503, text: "" })],
    ["is throttled", () => Effect.succeed({ status: 429, text: "" })],
    ["is cut off", () => Effect.succeed({ status: 200, text: '{"docs":[' })],
    ["finds the index closed", () => Effect.succeed({ status: 200, text: JSON.stringify({ docs: [closed] }) })]
  ] as const)("is not settled while the question $0", ([, fate]) => {
    const server = new SimulatedOpenSearch()
    let isBroken = false
    const breaking: Interceptor = (request, next) => (isBroken && isRead(request) ? fate() : next)
    return Effect.gen(function* () {
      const change = details("Ada")
      yield* write(change)
      isBroken = true
      assert.deepStrictEqual(yield* write(change), ["Unsettled"])
      isBroken = false
      assert.deepStrictEqual(yield* write(change), ["Unchanged"])
    }).pipe(Effect.provide(sink(server, breaking)))
  })
})

const closed = { _id: "1", error: { type: "index_closed_exception", reason: "closed" } }
