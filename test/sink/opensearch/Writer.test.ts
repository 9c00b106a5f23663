/** How patches get through trouble: each test lets the server, or what lies between, misbehave in one way. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Patch from "../../../src/fold/Patch.ts"
import { type Outcome, Sink } from "../../../src/sink/Sink.ts"
import { type Request, type Response, TransportError } from "../../../src/sink/opensearch/Transport.ts"
import { put, remove } from "../../../src/testing/events.ts"
import { SimulatedOpenSearch } from "../../simulate/SimulatedOpenSearch.ts"
import { hurried } from "../../simulate/hurried.ts"
import { isWrite } from "../../simulate/requests.ts"
import { type Interceptor, sink } from "../../simulate/transport.ts"

const Order = Aggregate.make("orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", { name: Schema.String }),
  parts: { items: Aggregate.many("ITEM#{n}", { quantity: Schema.Finite }) }
})

const details = (orderId: string) => put(Order).root({ orderId }, { name: "Ada" })
const item = (orderId: string, n: string, quantity = 1) => put(Order).items({ orderId, n }, { quantity })

const write = (...events: ReadonlyArray<ReturnType<typeof details>>) =>
  Effect.gen(function* () {
    const { outcomes } = yield* (yield* Sink).write(Patch.fromEvents(events), [])
    return outcomes
  })

const tags = (outcomes: ReadonlyArray<Outcome>) => outcomes.map(({ _tag }) => _tag)

const answer = (status: number, text: string): Effect.Effect<Response> => Effect.succeed({ status, text })

/** Lets the first bulks meet these fates, one each, and all others through. */
const bulks = (...fates: ReadonlyArray<Interceptor>): Interceptor => {
  const left = [...fates]
  return (request, next) => (isWrite(request) && left.length > 0 ? left.shift()!(request, next) : next)
}

const lost: Interceptor = () => Effect.fail(new TransportError({ message: "socket hang up" }))
const answerLost: Interceptor = (request, next) => Effect.andThen(next, lost(request, next))

const stored = (server: SimulatedOpenSearch, id: string) =>
  JSON.parse(server.indices.get("orders-000001")!.documents.get(id)!.text)

const itemError =
  (bad: (line: string) => boolean, error: object, status: number): Interceptor =>
  (request, next) =>
    isWrite(request) && request.body!.split("\n").some((line, i) => i % 2 === 1 && bad(line))
      ? Effect.map(next, ({ text }) => {
          const lines = request.body!.split("\n").filter((_, i) => i % 2 === 1)
          const items = JSON.parse(text).items.map((item: object, i: number) => {
            return bad(lines[i]!) ? { index: { status, error } } : item
          })
          return { status: 200, text: JSON.stringify({ errors: true, items }) }
        })
      : next

/** A server that refuses documents holding what `bad` finds, and does not write them. */
const refusing = (server: SimulatedOpenSearch, bad: (line: string) => boolean, type: string, reason: string) => {
  const refuse: Interceptor = (request, next) => {
    if (!isWrite(request)) return next
    const lines = request.body!.split("\n").slice(0, -1)
    const items: Array<unknown> = []
    for (let i = 0; i < lines.length; i += 2) {
      const one = `${lines[i]}\n${lines[i + 1]}\n`
      if (bad(lines[i + 1]!)) items.push({ index: { status: 400, error: { type, reason } } })
      else items.push(JSON.parse(server.handle({ ...request, body: one }).text).items[0])
    }
    return answer(200, JSON.stringify({ errors: true, items }))
  }
  return refuse
}

const tooMany =
  "The number of nested documents has exceeded the allowed limit of [2]. This limit can be set by changing the [index.mapping.nested_objects.limit] index level setting."

describe("Writer", () => {
  const passing: ReadonlyArray<readonly [string, Interceptor]> = [
    ["a 429 for the whole request (case 44)", () => answer(429, "")],
    ["a 429 in HTML", () => answer(429, "<html>Too Many Requests</html>")],
    ["a 503", () => answer(503, '{"error":{"type":"unavailable_shards_exception","reason":null}}')],
    ["a lost request", lost],
    ["a lost answer (case 10)", answerLost],
    ["an answer cut off", (_, next) => Effect.map(next, ({ text }) => ({ status: 200, text: text.slice(0, -9) }))],
    ["a short answer (case 25)", () => answer(200, '{"errors":false,"items":[]}')],
    ["a 403 block", () => answer(403, '{"error":{"type":"cluster_block_exception","reason":"disk"}}')],
    [
      "an answer that never comes",
      () =>
        Effect.timeoutOrElse(Effect.never, { duration: "5 seconds", orElse: () => lost({} as Request, Effect.never) })
    ]
  ]
  it.effect.each(passing)("outlasts $0", ([, fate]) => {
    const server = new SimulatedOpenSearch()
    return hurried(write(details("1"), item("1", "1"), details("2"))).pipe(
      Effect.tap((outcomes) => {
        assert.isTrue(tags(outcomes).every((tag) => tag === "Written" || tag === "Unchanged"))
        assert.deepStrictEqual(stored(server, "1").items, [{ quantity: 1 }])
        return Effect.sync(() => assert.strictEqual(stored(server, "2").name, "Ada"))
      }),
      Effect.provide(sink(server, bulks(fate, fate)))
    )
  })

  it.effect("sends again only what was not written (case 43)", () => {
    const server = new SimulatedOpenSearch()
    const sent: Array<number> = []
    const throttled = itemError(
      (line) => line.includes('"name":"Ada","items":[]'),
      { type: "rejected_execution_exception" },
      429
    )
    const first = bulks(throttled)
    const counted: Interceptor = (request, next) => {
      if (isWrite(request)) sent.push((request.body!.split("\n").length - 1) / 2)
      return first(request, next)
    }
    return hurried(write(details("1"), details("2"), item("2", "1"), details("3"), item("3", "1"))).pipe(
      Effect.tap((outcomes) =>
        Effect.sync(() => {
          assert.isTrue(outcomes.every(({ _tag }) => _tag === "Written" || _tag === "Unchanged"))
          assert.strictEqual(sent[0], 3)
          assert.isTrue(sent.slice(1).every((count) => count <= 1))
        })
      ),
      Effect.provide(sink(server, counted))
    )
  })

  const blocked: ReadonlyArray<readonly [string, object, RegExp]> = [
    ["dropped by a pipeline", { status: 200, result: "noop" }, /ingest pipeline drops it/],
    ["for a closed index", { status: 400, error: { type: "index_closed_exception" } }, /closed; open it/],
    ["for a reason that nobody knows", { status: 400, error: { type: "odd_exception" } }, /whatever the document/]
  ]
  it.effect.each(blocked)("neither acknowledges nor refuses a write $0", ([, item, sentence]) => {
    const server = new SimulatedOpenSearch()
    const fate: Interceptor = () => answer(200, JSON.stringify({ items: [{ index: item }] }))
    return Effect.gen(function* () {
      const [outcome] = yield* hurried(write(details("1")))
      assert.match((outcome as { readonly reason: string }).reason, sentence)
      assert.deepStrictEqual(tags(yield* hurried(write(details("1")))), ["Written"])
    }).pipe(Effect.provide(sink(server, bulks(fate))))
  })

  it.effect("answers unsettled, and never refused, when the time is over", () => {
    const server = new SimulatedOpenSearch()
    return hurried(write(details("1"))).pipe(
      Effect.tap((outcomes) =>
        Effect.sync(() => {
          assert.strictEqual(outcomes[0]?._tag, "Unsettled")
          assert.include((outcomes[0] as { readonly reason: string }).reason, "429")
        })
      ),
      Effect.provide(sink(server, (request, next) => (isWrite(request) ? answer(429, "") : next)))
    )
  })

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
      assert.deepStrictEqual(tags(yield* hurried(Effect.provide(write(item("1", "3")), mine))), ["Written"])
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

  it.effect("reads again what somebody else wrote first (cases 34 and 38)", () => {
    const server = new SimulatedOpenSearch()
    return Effect.gen(function* () {
      const mine = yield* Layer.build(sink(server))
      const theirs = yield* Layer.build(sink(server))
      const first = item("1", "1")
      const second = details("1")
      const older = item("1", "2", 1)
      const newer = item("1", "2", 2)
      yield* Effect.provide(write(first), mine)
      yield* Effect.provide(write(second, newer), theirs)
      assert.deepStrictEqual(tags(yield* hurried(Effect.provide(write(older, first), mine))), ["Unchanged"])
      yield* hurried(Effect.provide(write(item("1", "3")), mine))
      assert.deepStrictEqual(
        stored(server, "1").items.map(({ quantity }: any) => quantity),
        [1, 2, 1]
      )
    })
  })

  it.effect("an instance that held a change for long undoes nothing (case 40)", () => {
    const server = new SimulatedOpenSearch()
    return Effect.gen(function* () {
      const cold = yield* Layer.build(sink(server))
      const warm = yield* Layer.build(sink(server))
      yield* Effect.provide(write(details("1"), item("1", "1")), cold)
      const held = item("1", "1", 5)
      yield* hurried(Effect.provide(write(remove(Order).items({ orderId: "1", n: "1" })), warm))
      yield* hurried(Effect.provide(write(held), cold))
      assert.deepStrictEqual(stored(server, "1").items, [])
    })
  })

  it.effect("never writes to an index made anew on what it knows of the old one", () => {
    const server = new SimulatedOpenSearch()
    return Effect.gen(function* () {
      yield* write(details("1"))
      server.indices.clear()
      const other = yield* Layer.build(sink(server))
      yield* Effect.provide(write(item("1", "9", 9)), other)
      yield* hurried(write(item("1", "1")))
      assert.deepStrictEqual(stored(server, "1")._sync.rows, [["items", ["ITEM#1", "ITEM#9"]]])
    }).pipe(Effect.provide(sink(server)))
  })

  it.effect("says which setting is wrong when the credentials are refused, and settles nothing", () => {
    const server = new SimulatedOpenSearch()
    return Effect.gen(function* () {
      const error = yield* Effect.flip(write(details("1")))
      assert.strictEqual(error.reason._tag, "Misconfigured")
      assert.include(error.message, "OPENSEARCH_USERNAME")
    }).pipe(Effect.provide(sink(server, () => answer(401, "Unauthorized"))))
  })

  it.effect("takes a 403 of a single item for a wrong configuration too", () => {
    const server = new SimulatedOpenSearch()
    const denied = itemError(() => true, { type: "security_exception", reason: "no permissions" }, 403)
    return Effect.gen(function* () {
      const error = yield* Effect.flip(write(details("1")))
      assert.strictEqual(error.reason._tag, "Misconfigured")
    }).pipe(Effect.provide(sink(server, denied)))
  })
})
