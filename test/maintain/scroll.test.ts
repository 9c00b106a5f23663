/** A scroll lives as long as its pages' work takes, and each document comes once, however slow server and work are. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { eachPage, type Hit } from "../../src/maintain/scroll.ts"
import { type Request, Transport } from "../../src/sink/opensearch/Transport.ts"

const documentsMax = 12
const size = 3

/** A server that forgets a scroll ten minutes after it was last asked for, and takes its time to answer. */
const makeServer = (count: number, answersAfter: Duration.Input) => {
  let next = 0
  let keptUntil = 0
  const asked: Array<number> = []
  const request = Effect.fnUntraced(function* ({ method, path }: Request) {
    if (path.endsWith("_refresh") || method === "DELETE") return { status: 200, text: "{}" }
    const now = yield* Clock.currentTimeMillis
    if (path === "/_search/scroll" && now > keptUntil) {
      return { status: 404, text: '{"error":{"type":"search_context_missing_exception"},"status":404}' }
    }
    const hits = Array.from({ length: Math.min(size, count - next) }, (_, i) => ({
      _id: String(next + i),
      _source: {}
    }))
    next += hits.length
    asked.push(now)
    yield* Effect.sleep(answersAfter)
    keptUntil = (yield* Clock.currentTimeMillis) + Duration.toMillis("10 minutes")
    return { status: 200, text: JSON.stringify({ _scroll_id: "one", hits: { hits } }) }
  })
  return { asked, transport: { node: "http://localhost", request } }
}

const upTo = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))

describe("a scroll", () => {
  it.effect.prop(
    "gives each document once, in order, whatever its pages' work takes",
    [Schema.Array(upTo(200)).check(Schema.isMinLength(4), Schema.isMaxLength(4)), upTo(documentsMax), upTo(300)],
    ([minutes, count, seconds]) =>
      Effect.gen(function* () {
        const { transport } = makeServer(count, Duration.seconds(seconds))
        const seen: Array<string> = []
        const work = eachPage("orders", { size, query: {} }, (hits: ReadonlyArray<Hit<unknown>>) =>
          Effect.andThen(
            Effect.sleep(Duration.minutes(minutes[seen.length / size] ?? 0)),
            Effect.sync(() => seen.push(...hits.map(({ _id }) => _id)))
          )
        )
        const running = yield* Effect.forkChild(Effect.provideService(work, Transport, transport))
        yield* TestClock.adjust("1 day")
        yield* Fiber.join(running)
        assert.deepStrictEqual(
          seen,
          Array.from({ length: count }, (_, i) => String(i))
        )
      }),
    { arbitrary: { runs: 100 } }
  )

  it.effect("whose work is quick asks for a page when the one before is done with", () =>
    Effect.gen(function* () {
      const { asked, transport } = makeServer(documentsMax, 0)
      const work = eachPage("orders", { size, query: {} }, () => Effect.sleep("1 minute"))
      const running = yield* Effect.forkChild(Effect.provideService(work, Transport, transport))
      yield* TestClock.adjust("1 hour")
      yield* Fiber.join(running)
      assert.deepStrictEqual(
        asked.map((at) => at / 60_000),
        [0, 1, 2, 3, 4]
      )
    })
  )
})
