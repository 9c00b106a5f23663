/** What comes again, how often, and what becomes of it: only what failed, within the budget, and without hammering. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Result, Schema } from "effect"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Patch from "../../../src/fold/Patch.ts"
import * as Pipeline from "../../../src/pipeline/Pipeline.ts"
import * as DeadLetters from "../../../src/sink/deadletter/DeadLetters.ts"
import { writeAll } from "../../../src/sink/Sink.ts"
import type { Request } from "../../../src/sink/opensearch/Transport.ts"
import { put as putEvent, remove } from "../../../src/testing/events.ts"
import { put, removed } from "../../decode/changes.ts"
import { table } from "../../definitions.ts"
import { withTimePassing } from "../../simulate/withTimePassing.ts"
import { SimulatedOpenSearch } from "../../simulate/SimulatedOpenSearch.ts"
import { isWrite } from "../../simulate/requests.ts"
import { type Interceptor, sink } from "../../simulate/transport.ts"
import { outcomesOf } from "../outcomes.ts"

const Order = Aggregate.make("orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", { name: Schema.String }),
  parts: { items: Aggregate.many("ITEM#{n}", { quantity: Schema.Finite, note: Schema.optionalKey(Schema.String) }) }
})
const details = (orderId: string) => putEvent(Order).root({ orderId }, { name: "Ada" })
const item = (orderId: string, n: string, fields: { quantity: number; note?: string }) =>
  putEvent(Order).items({ orderId, n }, fields)

const write = (...events: ReadonlyArray<ReturnType<typeof details>>) =>
  withTimePassing(outcomesOf(Patch.fromEvents(events)))

const idsOf = ({ body = "" }: Request): ReadonlyArray<string> =>
  body
    .split("\n")
    .flatMap((line, i) => (i % 2 === 0 && line !== "" ? [Object.values(JSON.parse(line))[0]] : []))
    .map((target) => (target as { readonly _id: string })._id)

const stored = (server: SimulatedOpenSearch, id: string) =>
  JSON.parse(server.indices.get("orders-000001")!.documents.get(id)!.text)

/** Answers some actions of bulks with errors, without writing them; the others are let through. */
const answering =
  (
    server: SimulatedOpenSearch,
    errorOf: (id: string) => { readonly status: number; readonly error: object } | undefined
  ): Interceptor =>
  (request, next) => {
    if (!isWrite(request)) return next
    const lines = request.body!.split("\n")
    const items = idsOf(request).map((id, i): unknown => {
      const error = errorOf(id)
      if (error !== undefined) return { index: error }
      const body = `${lines[i * 2]}\n${lines[i * 2 + 1]}\n`
      return JSON.parse(server.handle({ ...request, body }).text).items[0]
    })
    return Effect.succeed({ status: 200, text: JSON.stringify({ errors: true, items }) })
  }

describe("what failed", () => {
  it.effect("is told from its neighbours by its place, a removal between them (case 43)", () => {
    const server = new SimulatedOpenSearch()
    const sent: Array<ReadonlyArray<string>> = []
    let isThrottled = true
    const faults = answering(server, (id) => {
      if (id === "1") return { status: 400, error: { type: "mapper_parsing_exception", reason: "no" } }
      if (id === "3" && isThrottled) return { status: 429, error: { type: "rejected_execution_exception" } }
      return undefined
    })
    const counted: Interceptor = (request, next) => {
      if (isWrite(request)) sent.push(idsOf(request))
      return Effect.tap(faults(request, next), () => Effect.sync(() => void (isThrottled &&= !isWrite(request))))
    }
    return Effect.gen(function* () {
      const outcomes = yield* write(details("1"), remove(Order).root({ orderId: "2" }), details("3"))
      assert.deepStrictEqual(
        outcomes.map(({ _tag }) => _tag),
        ["Refused", "Written", "Written"]
      )
      // The refused one is tried once more on the document and the index as they are now, and then its mark.
      assert.deepStrictEqual(sent, [["1", "2", "3"], ["1"], ["1"], ["3"]])
    }).pipe(Effect.provide(sink(server, counted)))
  })

  it.effect(
    "for every action of every bulk is unsettled when the budget ends, with the server's words (case 47)",
    () => {
      const server = new SimulatedOpenSearch()
      const error = { type: "null_pointer_exception", reason: 'Cannot invoke "…" because UpdateRequest.doc() is null' }
      let bulks = 0
      const faults = answering(server, () => ({ status: 500, error }))
      const counted: Interceptor = (request, next) => {
        if (isWrite(request)) bulks++
        return faults(request, next)
      }
      const deadLetters = new Map<string, DeadLetters.DeadLetter>()
      const row = { orderId: { S: "1" }, customerName: { S: "Ada" } }
      return Effect.gen(function* () {
        const changes = ["1", "2", "3"].map((id) => Result.succeed(put(`ORDER#${id}`, "DETAILS", row, `10${id}`)))
        const { summary, unacknowledged, unsettled } = yield* withTimePassing(Pipeline.deliver(table, changes))
        assert.deepInclude(summary, { written: 0, refused: 0, deadLettered: 0 })
        assert.strictEqual(unsettled, 3)
        assert.deepStrictEqual(
          unacknowledged.map(({ sequenceNumber }) => sequenceNumber),
          ["101", "102", "103"]
        )
        for (const { reason } of unacknowledged) assert.include(reason, "null_pointer_exception: Cannot invoke")
        assert.strictEqual(deadLetters.size, 0)
        // Within 30 seconds: waits of 25 ms, doubling, up to 2.5 s on average.
        assert.isAtLeast(bulks, 5)
        assert.isAtMost(bulks, 60)
      }).pipe(Effect.provide([sink(server, counted), DeadLetters.layerMemory(deadLetters), Logger.layer([])]))
    }
  )

  it.effect.each([[false], [true]])(
    "with a row made and removed in one batch is one action, and a tombstone in the end; throttled first: %s (case 52)",
    ([isThrottled]) => {
      const server = new SimulatedOpenSearch()
      const sent: Array<ReadonlyArray<string>> = []
      const deadLetters = new Map<string, DeadLetters.DeadLetter>()
      const throttling: Interceptor = (request, next) => {
        if (!isWrite(request)) return next
        sent.push(idsOf(request))
        return isThrottled && sent.length === 1 ? Effect.succeed({ status: 429, text: "" }) : next
      }
      const made = put("ORDER#1", "DETAILS", { orderId: { S: "1" }, customerName: { S: "Ada" } }, "101")
      const gone = removed("ORDER#1", "DETAILS", "102")
      const deliver = (...changes: ReadonlyArray<typeof made>) =>
        withTimePassing(Pipeline.deliver(table, changes.map(Result.succeed)))
      return Effect.gen(function* () {
        const { unacknowledged } = yield* deliver(made, gone)
        assert.deepStrictEqual(unacknowledged, [])
        // And each in a batch of its own, the removal first.
        assert.deepStrictEqual((yield* deliver(gone)).unacknowledged, [])
        assert.deepStrictEqual((yield* deliver(made)).unacknowledged, [])
        assert.deepStrictEqual(sent, isThrottled ? [["1"], ["1"]] : [["1"]])
        const { _sync, ...fields } = stored(server, "1")
        assert.deepStrictEqual(fields, {})
        assert.deepStrictEqual([_sync.live, _sync.rows], [false, [["", ["DETAILS"]]]])
        assert.strictEqual(deadLetters.size, 0)
      }).pipe(Effect.provide([sink(server, throttling), DeadLetters.layerMemory(deadLetters), Logger.layer([])]))
    }
  )
})

describe("a document larger than a request may be", () => {
  it.effect("is a dead letter of the row that made it so, with a sentence; its neighbours and its order go on", () => {
    const server = new SimulatedOpenSearch()
    const bytesMax = 1000
    const gateway: Interceptor = (request, next) =>
      isWrite(request) && request.body!.length > bytesMax ? Effect.succeed({ status: 413, text: "" }) : next
    return Effect.gen(function* () {
      const events = Array.from({ length: 20 }, (_, i) => details(String(i)))
      const large = item("7", "1", { quantity: 1, note: "x".repeat(bytesMax) })
      const outcomes = yield* write(...events, large, item("7", "2", { quantity: 2 }))
      const refusals = outcomes.flatMap((outcome) => (outcome._tag === "Refused" ? outcome.refusals : []))
      assert.deepStrictEqual(
        refusals.map(({ rowKey }) => rowKey),
        ["ITEM#1"]
      )
      assert.match(refusals[0]!.reason, /^the document is larger .*http\.max_content_length.* then redrive.*\(413\)$/)
      assert.strictEqual(outcomes.filter(({ _tag }) => _tag === "Written").length, 19)
      assert.deepStrictEqual(stored(server, "7").items, [{ quantity: 2 }])
      yield* write(item("7", "3", { quantity: 3 }))
      assert.deepStrictEqual(stored(server, "7").items, [{ quantity: 2 }, { quantity: 3 }])
    }).pipe(Effect.provide(sink(server, gateway)))
  })
})

describe("writers of one aggregate", () => {
  const writers = 6
  const rowsEach = 25

  it.effect("all end, with all they wrote, and without many tries for nothing", () => {
    const server = new SimulatedOpenSearch()
    let bulks = 0
    // Every request takes its time, so that what one read another has written over by the time it writes.
    const slow: Interceptor = (request, next) => {
      if (isWrite(request)) bulks++
      return Effect.andThen(Effect.sleep("20 millis"), next)
    }
    return Effect.gen(function* () {
      const lanes = yield* Effect.forEach(Array.from({ length: writers }), () => Layer.build(sink(server, slow)))
      const all = Effect.forEach(
        lanes,
        (lane, i) =>
          Effect.forEach(
            Array.from({ length: rowsEach }, (_, n) => item("1", `${i}-${n}`, { quantity: 1 })),
            (event) => Effect.provide(writeAll(Patch.fromEvents([event]), []), lane)
          ),
        { concurrency: "unbounded" }
      )
      const settled = (yield* withTimePassing(all)).flat(2)
      const tags = new Set(settled.map(({ outcome }) => outcome._tag))
      assert.deepStrictEqual([...tags], ["Written"])
      assert.lengthOf(stored(server, "1")._sync.rows[0][1], writers * rowsEach)
      const conflicts = settled.reduce((sum, { conflicts }) => sum + conflicts, 0)
      assert.isAbove(conflicts, 0)
      assert.strictEqual(bulks, writers * rowsEach + conflicts)
      assert.isAtMost(conflicts, writers * rowsEach * 3)
    })
  })
})
