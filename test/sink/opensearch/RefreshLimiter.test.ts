/** How often a process asks for a refresh: never more often than the index refreshes itself, and not under load. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { intervalMillis, RefreshLimiter } from "../../../src/sink/opensearch/RefreshLimiter.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const every = 1000
const minutes = 60_000

describe("a request asks for a refresh", () => {
  const history = Schema.Array(Schema.Struct({ wait: between(0, every), documents: between(1, 12) }))

  it.prop("never more often than the interval, counted over time", [history], ([requests]) => {
    const limiter = new RefreshLimiter()
    let now = 0
    const asked: Array<number> = []
    for (const { documents, wait } of requests) {
      now += wait
      if (limiter.take("w", every, documents, now)) asked.push(now)
    }
    for (const [i, from] of asked.entries())
      for (const [j, to] of asked.entries()) if (j > i) assert.isAtLeast(to - from, (j - i - 0.5) * every)
  })

  const gaps = Schema.Array(between(1, 10 * every))

  it.prop("where none was for an interval and a half", [gaps], ([gaps]) => {
    const limiter = new RefreshLimiter()
    let now = 0
    for (const gap of gaps) {
      now += 1.5 * every + gap
      assert.isTrue(limiter.take("w", every, 1, now))
    }
  })

  const lateness = Schema.Array(between(0, every / 2))

  it.prop("with each write that comes once an interval, however late within half of one", [lateness], ([late]) => {
    const limiter = new RefreshLimiter()
    for (const [i, by] of late.entries()) assert.isTrue(limiter.take("w", every, 1, i * every + by))
  })

  it("not while large ones come", () => {
    const limiter = new RefreshLimiter()
    for (let now = 0; now < 100 * every; now += every / 2) {
      assert.isFalse(limiter.take("w", every, 200, now))
      assert.isFalse(limiter.take("w", every, 4, now + 1))
    }
    assert.isTrue(limiter.take("w", every, 4, 102 * every))
  })

  it("by the interval of its own index", () => {
    const limiter = new RefreshLimiter()
    const takes = (writeAlias: string, every: number | undefined, now: number) =>
      limiter.take(writeAlias, every, 1, now)
    assert.deepStrictEqual([takes("a", 1000, 0), takes("b", 200, 0), takes("never", undefined, 0)], [true, true, false])
    assert.deepStrictEqual([takes("a", 1000, 200), takes("b", 200, 200)], [false, true])
  })

  it("not for ten minutes after one was not taken", () => {
    const limiter = new RefreshLimiter()
    assert.isTrue(limiter.take("w", every, 1, 0))
    limiter.pause(1)
    for (let now = 1; now < 10 * minutes; now += every) assert.isFalse(limiter.take("w", every, 1, now))
    assert.isTrue(limiter.take("w", every, 1, 10 * minutes + 1))
  })
})

it.each([
  [undefined, 1000],
  ["1s", 1000],
  ["200ms", 200],
  ["1.5s", 1500],
  ["2m", 2 * minutes],
  ["-1", undefined],
  ["-1ms", undefined],
  ["0s", undefined],
  ["500000micros", undefined]
])("the interval %s is %s ms", (setting, millis) => assert.strictEqual(intervalMillis(setting), millis))
