/**
 * What the server holds for a search lives as long as its pages' work takes, and each document comes once, however slow
 * server and work are: by a point in time, and by a scroll where there is none.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { eachPage, type Hit } from "../../src/maintain/eachPage.ts"
import { type Request, type Response, Transport } from "../../src/sink/opensearch/Transport.ts"

const documentsMax = 12
const size = 3

const ok = (body: object): Response => ({ status: 200, text: JSON.stringify(body) })
const error = (status: number, type: string): Response => ({
  status,
  text: JSON.stringify({ error: { type, reason: "no" }, status })
})

/** Servers by what they say of a point in time: they have it, are too old for it, forbid it, or forbid to search it. */
const kinds = ["point in time", "none", "forbidden", "search forbidden"] as const
type Kind = (typeof kinds)[number]

/**
 * A server that forgets what it holds ten minutes after it was last asked for, and takes its time to answer. Its two
 * shards number their documents alike.
 */
const makeServer = (kind: Kind, count: number, answersAfter: Duration.Input) => {
  const documents = Array.from({ length: count }, (_, i) => ({
    _id: String(i),
    _source: {},
    sort: [Math.floor(i / 2)]
  }))
  let scrolled = 0
  let keptUntil = 0
  const asked: Array<number> = []
  const held = new Set<string>()
  const answer = ({ body = "{}", method, path }: Request): Response => {
    const search = JSON.parse(body)
    if (method === "DELETE") {
      for (const id of [search.pit_id ?? search.scroll_id].flat()) held.delete(id)
      return ok({})
    }
    if (path.includes("/point_in_time?keep_alive=10m")) {
      if (kind === "none") return error(400, "illegal_argument_exception")
      if (kind === "forbidden") return error(403, "security_exception")
      held.add("point")
      return ok({ pit_id: "point" })
    }
    if (search.pit !== undefined) {
      if (kind === "search forbidden") return error(403, "security_exception")
      if (!held.has(search.pit.id)) return error(404, "search_context_missing_exception")
      return ok({ hits: { hits: documents.filter(({ sort }) => sort[0]! > search.search_after[0]).slice(0, size) } })
    }
    if (path.includes("?scroll=10m")) held.add("scroll")
    else if (!held.has(search.scroll_id)) return error(404, "search_context_missing_exception")
    scrolled += size
    return ok({ _scroll_id: "scroll", hits: { hits: documents.slice(scrolled - size, scrolled) } })
  }
  const request = Effect.fnUntraced(function* (request: Request) {
    if (request.path.endsWith("_refresh")) return ok({})
    const now = yield* Clock.currentTimeMillis
    if (now > keptUntil) held.clear()
    keptUntil = Number.POSITIVE_INFINITY
    const answered = answer(request)
    if (request.body?.includes('"size"') === true || request.path === "/_search/scroll") {
      if (answered.status === 200 && request.method === "POST") asked.push(now)
      yield* Effect.sleep(answersAfter)
    }
    keptUntil = (yield* Clock.currentTimeMillis) + Duration.toMillis("10 minutes")
    return answered
  })
  return { asked, held, transport: { node: "http://localhost", request } }
}

const upTo = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))

describe.each(kinds)("pages of a server (%s)", (kind) => {
  it.effect.prop(
    "give each document once, in order, whatever their work takes",
    [Schema.Array(upTo(200)).check(Schema.isMinLength(4), Schema.isMaxLength(4)), upTo(documentsMax), upTo(300)],
    ([minutes, count, seconds]) =>
      Effect.gen(function* () {
        const { held, transport } = makeServer(kind, count, Duration.seconds(seconds))
        const seen: Array<string> = []
        let pages = 0
        const work = eachPage("orders", { size, query: {} }, (hits: ReadonlyArray<Hit<unknown>>) =>
          Effect.andThen(
            Effect.sleep(Duration.minutes(minutes[pages++] ?? 0)),
            Effect.sync(() => seen.push(...hits.map(({ _id }) => _id)))
          )
        )
        const running = yield* Effect.forkChild(Effect.provideService(work, Transport, transport))
        yield* TestClock.adjust("2 days")
        yield* Fiber.join(running)
        assert.deepStrictEqual(
          seen,
          Array.from({ length: count }, (_, i) => String(i))
        )
        assert.strictEqual(held.size, 0)
      }),
    { arbitrary: { runs: 200 } }
  )

  it.effect("whose work is quick are asked for when the one before is done with", () =>
    Effect.gen(function* () {
      const { asked, transport } = makeServer(kind, documentsMax, 0)
      const worked: Array<number> = []
      const work = eachPage("orders", { size, query: {} }, () =>
        Effect.andThen(
          Effect.sleep("1 minute"),
          Effect.map(Clock.currentTimeMillis, (at) => worked.push(at))
        )
      )
      const running = yield* Effect.forkChild(Effect.provideService(Effect.asVoid(work), Transport, transport))
      yield* TestClock.adjust("1 hour")
      yield* Fiber.join(running)
      assert.deepStrictEqual(asked, [0, ...worked].slice(0, asked.length))
    })
  )

  it.effect("are let go of where the reader stops in the midst", () =>
    Effect.gen(function* () {
      const { held, transport } = makeServer(kind, documentsMax, 0)
      const during: Array<number> = []
      const stop = Effect.suspend(
        () => (during.push(held.size), during.length === 2 ? Effect.fail("enough") : Effect.void)
      )
      const work = eachPage("orders", { size, query: {} }, () => stop)
      assert.strictEqual(yield* Effect.flip(Effect.provideService(work, Transport, transport)), "enough")
      assert.isAbove(during[1]!, 0)
      assert.strictEqual(held.size, 0)
    })
  )
})

describe("a page", () => {
  it.effect("that lacks a shard is none", () =>
    Effect.gen(function* () {
      const { transport } = makeServer("none", documentsMax, 0)
      const request = (own: Request) =>
        Effect.map(transport.request(own), ({ status, text }) => ({
          status,
          text: own.path === "/_search/scroll" ? JSON.stringify({ ...JSON.parse(text), _shards: { failed: 1 } }) : text
        }))
      const work = eachPage("orders", { size, query: {} }, () => Effect.void)
      const failed = yield* Effect.flip(Effect.provideService(work, Transport, { ...transport, request }))
      assert.include(failed.message, "not all of its shards")
    })
  )
})
