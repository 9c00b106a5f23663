/** Which rows are refused where OpenSearch refuses a document, and what becomes of their neighbours. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { remove } from "../../../src/testing/events.ts"
import { SimulatedOpenSearch } from "../../simulate/SimulatedOpenSearch.ts"
import { withTimePassing } from "../../simulate/withTimePassing.ts"
import { isWrite } from "../../simulate/requests.ts"
import { type Interceptor, sink } from "../../simulate/transport.ts"
import { Order, details, item, write, tags, answer, stored, refusing, tooMany } from "./orders.ts"

describe("Writer", () => {
  it.effect("writes the neighbours of a row that is refused, in its document and beside it", () => {
    const server = new SimulatedOpenSearch()
    const bad = refusing(server, (line) => line.includes('"quantity":13'), "mapper_parsing_exception", "no thirteen")
    const events = [details("1"), item("1", "1"), item("1", "2", 13), item("1", "3"), item("1", "4"), details("2")]
    return write(...events).pipe(
      Effect.tap((outcomes) =>
        Effect.sync(() => {
          const [first, second] = outcomes
          assert.deepStrictEqual(first?._tag === "Refused" ? first.refusals.map(({ rowKey }) => rowKey) : first, [
            "ITEM#2"
          ])
          assert.strictEqual(second?._tag, "Written")
          assert.strictEqual(stored(server, "1").items.length, 3)
        })
      ),
      Effect.provide(sink(server, bad))
    )
  })

  it.effect("splits a whole-request 400 until the bad action stands alone (case 35)", () => {
    const server = new SimulatedOpenSearch()
    const text =
      '{"error":{"type":"action_request_validation_exception","reason":"Validation Failed: 1: id is too long"}}'
    const bad: Interceptor = (request, next) =>
      isWrite(request) && request.body!.includes('"_id":"7"') ? answer(400, text) : next
    return write(...Array.from({ length: 50 }, (_, i) => details(String(i)))).pipe(
      Effect.tap((outcomes) =>
        Effect.sync(() => {
          assert.strictEqual(tags(outcomes).filter((tag) => tag === "Written").length, 49)
          assert.strictEqual(outcomes[7]?._tag, "Refused")
        })
      ),
      Effect.provide(sink(server, bad))
    )
  })

  it.effect("refuses of too many nested objects those that are too many, each by itself, and marks them", () => {
    const server = new SimulatedOpenSearch()
    const bad = refusing(server, (line) => JSON.parse(line).items?.length > 2, "mapper_parsing_exception", tooMany)
    return write(details("1"), ...["1", "2", "3", "4"].map((n) => item("1", n))).pipe(
      Effect.tap(([outcome]) =>
        Effect.sync(() => {
          assert.deepStrictEqual(outcome?._tag === "Refused" ? outcome.refusals.map(({ rowKey }) => rowKey) : outcome, [
            "ITEM#3",
            "ITEM#4"
          ])
          assert.deepStrictEqual(stored(server, "1")._sync.refused.rows, ["ITEM#3", "ITEM#4"])
        })
      ),
      Effect.provide(sink(server, bad))
    )
  })

  it.effect("takes what fits the document as it is, though it did not fit what this process knew of it", () => {
    const server = new SimulatedOpenSearch()
    const bad = refusing(server, (line) => JSON.parse(line).items?.length > 2, "mapper_parsing_exception", tooMany)
    return Effect.gen(function* () {
      const mine = yield* Layer.build(sink(server, bad))
      const theirs = yield* Layer.build(sink(server, bad))
      yield* Effect.provide(write(details("1"), item("1", "1"), item("1", "2")), mine)
      yield* Effect.provide(write(remove(Order).items({ orderId: "1", n: "1" })), theirs)
      assert.deepStrictEqual(tags(yield* withTimePassing(Effect.provide(write(item("1", "3")), mine))), ["Written"])
    })
  })

  it.effect("says that a document is refused as it is stored, whatever the patch, but takes what mends it", () => {
    const server = new SimulatedOpenSearch()
    let limit = 5
    const bad = refusing(server, (line) => JSON.parse(line).items?.length > limit, "mapper_parsing_exception", tooMany)
    const gone = (...names: ReadonlyArray<string>) => names.map((n) => remove(Order).items({ orderId: "1", n }))
    return Effect.gen(function* () {
      yield* write(details("1"), ...["1", "2", "3", "4", "5"].map((n) => item("1", n)))
      limit = 3
      const [outcome] = yield* write(item("1", "1", 2), item("1", "6"), item("1", "7"), ...gone("2"))
      if (outcome?._tag !== "Refused") return assert.fail(outcome?._tag)
      assert.lengthOf(outcome.refusals, 1)
      assert.isUndefined(outcome.refusals[0]!.rowKey)
      assert.include(outcome.refusals[0]!.reason, "refused as it is stored")
      const kept = [item("1", "1", 3), ...gone("3", "4")]
      assert.deepStrictEqual(tags(yield* write(item("1", "6"), ...kept)), ["Refused"])
      assert.deepStrictEqual(
        stored(server, "1").items.map(({ quantity }: any) => quantity),
        [3, 1, 1]
      )
      assert.deepStrictEqual(stored(server, "1")._sync.refused.rows, ["ITEM#6"])
      limit = 2
      const other = yield* Layer.build(sink(server, bad))
      assert.include(JSON.stringify(yield* Effect.provide(write(...kept), other)), "refused as it is stored")
      limit = 3
      assert.deepStrictEqual(tags(yield* write(...gone("2"), item("1", "6"))), ["Written"])
      assert.isUndefined(stored(server, "1")._sync.refused)
    }).pipe(Effect.provide(sink(server, bad)))
  })
})
