/** Who writes a generation, as programs that follow the stream report it, and which gaps they give away. */
import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { isSeenPast, type Report, report, succession } from "../../../src/sink/opensearch/following.ts"
import type { Source } from "../../../src/sink/opensearch/Meta.ts"
import * as State from "../../../src/sink/opensearch/State.ts"

const hours = (n: number): number => Duration.toMillis(Duration.hours(n))
const start = Date.parse("2026-08-01T00:00:00Z")
const meta = { format: 1, hash: "h", description: {}, writeAlias: "w", createdAt: start } as const
const state = State.initial(meta, "uuid")

const at = (now: number, news: Report["news"] = {}, newest = 1): Report => ({
  hash: "h",
  now: start + now,
  newest,
  news: news.oldestAt === undefined ? news : { ...news, oldestAt: start + news.oldestAt }
})
const run = (from: State.State, ...reports: ReadonlyArray<Report>) => reports.reduce(report, from)
const due = (state: State.State): string | undefined => state.verificationDue?.reason

describe("report", () => {
  it("is written once a minute, by however many containers, and when a newer generation was noticed", () => {
    const first = run(state, at(0))
    assert.strictEqual(report(first, at(30_000)), first)
    assert.notStrictEqual(report(first, at(61_000)), first)
    assert.strictEqual(report(first, at(30_000, {}, 2)).writers["h"]?.newest, 2)
  })

  it("a first record after a silence, older than 20 hours, may have had others before it", () => {
    const followed = run(state, at(0))
    assert.include(due(run(followed, at(hours(30), { oldestAt: hours(7) }))), "2026-08-01T00:00:00.000Z")
    assert.isUndefined(due(run(followed, at(hours(30), { oldestAt: hours(12) }))))
    assert.isUndefined(due(run(followed, at(hours(30)))))
  })

  it("so may those of other shards that come just after it", () => {
    const resumed = run(state, at(0), at(hours(30), { oldestAt: hours(29) }))
    assert.isUndefined(due(resumed))
    assert.isDefined(due(run(resumed, at(hours(30) + 5000, { oldestAt: hours(7) }))))
    assert.isUndefined(due(run(resumed, at(hours(30.9)), at(hours(31.5), { oldestAt: hours(8) }))))
  })

  it("one that lags all the time is read without a gap", () => {
    const lagging = Array.from({ length: 40 }, (_, i) => at(hours(i / 2), { oldestAt: hours(i / 2 - 23) }))
    assert.isUndefined(due(run(state, ...lagging)))
  })

  it("a generation that has rows and no report counts as silent, an empty one does not", () => {
    const old = at(hours(30), { oldestAt: hours(7) })
    assert.isUndefined(due(run(state, old)))
    assert.isDefined(due(run({ ...state, filled: true }, old)))
    const source = { kind: "stream", tableArn: "arn", epoch: start } as const
    assert.isDefined(due(run({ ...state, source }, old)))
  })

  it("a gap that is told marks anew each time, as a verification may be under way", () => {
    const twice = run(state, at(0, { gap: "records were trimmed" }), at(1000, { gap: "records were trimmed" }))
    assert.deepInclude(twice.verificationDue, { number: 2, at: start })
  })
})

describe("the stream is seen past a time", () => {
  const minutes = (n: number): number => n * 60_000
  const seen = (state: State.State, time: number, now: number) => isSeenPast(state, start + time, start + now)
  /** Reports every minute up to a time, each with a change as old. */
  const followed = (from: number, to: number, age: number) =>
    Array.from({ length: (to - from) / minutes(1) + 1 }, (_, i) => {
      const now = from + minutes(i)
      return at(now, { oldestAt: now - age })
    })

  it("where somebody followed it for some minutes since, and was not late", () => {
    const state5 = run(state, ...followed(0, minutes(15), 1000))
    assert.isTrue(seen(state5, minutes(9), minutes(15)))
    assert.isFalse(seen(state5, minutes(11), minutes(15)))
    assert.isFalse(seen(state5, minutes(11), minutes(60)), "nobody follows it any more")
    assert.isFalse(seen(state, 0, minutes(60)), "nobody ever did")
  })

  it("not while one shard is behind, however many others are not", () => {
    const mixed = followed(0, minutes(60), 1000).flatMap((report, i) => {
      const late = at(minutes(i) + 1000, { oldestAt: -minutes(3) })
      return i <= 40 ? [report, late] : [report]
    })
    const upTo = (minute: number) => run(state, ...mixed.filter(({ now }) => now <= start + minutes(minute)))
    assert.isFalse(seen(upTo(40), minutes(0), minutes(40)))
    assert.isFalse(seen(upTo(44), minutes(0), minutes(44)))
    assert.isTrue(seen(upTo(47), minutes(0), minutes(47)))
    assert.isTrue(seen(upTo(40), -minutes(4), minutes(40)), "what changed before the oldest one came through")
  })

  it("not because nobody follows it any more that was late, nor at once when somebody does again", () => {
    const late = run(state, ...followed(0, minutes(10), 1000), ...followed(minutes(11), minutes(20), minutes(15)))
    assert.isFalse(seen(late, minutes(12), minutes(60)))
    const again = run(late, at(minutes(60)))
    assert.isFalse(seen(again, minutes(12), minutes(60)), "the shard that is late may not have reported yet")
    assert.isFalse(seen(again, minutes(40), minutes(60)), "nothing of that time was read yet")
    assert.isTrue(seen(run(again, ...followed(minutes(61), minutes(67), 1000)), minutes(40), minutes(67)))
  })

  it("of a table where little happens, by the third report since", () => {
    const quiet = run(state, at(0), at(minutes(30)), at(minutes(60)), at(minutes(90)), at(minutes(120)))
    assert.isTrue(seen(quiet, minutes(50), minutes(120)))
    assert.isFalse(seen(quiet, minutes(70), minutes(120)))
  })

  it("once all shards are past it, though all are late all the time", () => {
    const behind = run(state, ...followed(0, minutes(10), minutes(90)), ...followed(minutes(11), hours(2), minutes(2)))
    assert.isTrue(seen(behind, hours(2) - minutes(13), hours(2)))
    assert.isFalse(seen(behind, hours(2) - minutes(1), hours(2)))
  })

  it("when the stream does not keep it any more, whoever followed it", () => {
    assert.isFalse(seen(state, 0, hours(24)))
    assert.isTrue(seen(state, 0, hours(25) + 1))
  })
})

describe("succession", () => {
  const of = (state: State.State, source?: Source) => ({
    meta: source === undefined ? meta : { ...meta, source },
    state
  })
  const successor = { ...state, current: "v2" }
  it("is unknown until somebody reported who knows of the successor", () => {
    assert.strictEqual(succession(of(run(state, at(0))), of(successor), 2), "unknown")
    assert.strictEqual(succession(of(run(state, at(0), at(5000, {}, 2))), of(successor), 2), "left out")
    assert.strictEqual(succession(of(run(state, at(0, {}, 2))), of(run(successor, at(0, {}, 2))), 2), "written")
    const hours = (n: number) => at(n * 3_600_000, {}, 2)
    const before = of(run(successor, at(0, {}, 2)))
    assert.strictEqual(succession(of(run(state, hours(0.9))), before, 2), "written")
    assert.strictEqual(succession(of(run(state, hours(1.1))), before, 2), "left out", "for an hour by now")
  })

  it("of one for another table is told by that table's followers alone", () => {
    const [shop, restored] = ["shop", "restored"].map((name) => ({ kind: "stream", tableArn: name, epoch: 1 }) as const)
    const live = of(run(state, at(0), at(5000, {}, 2)), shop)
    assert.strictEqual(succession(live, of(successor, shop), 2), "left out")
    assert.strictEqual(succession(live, of(successor, restored), 2), "unknown")
    assert.strictEqual(succession(live, of(run(successor, at(0, {}, 2)), restored), 2), "written")
  })
})
