/** The parts of a walk against a model that remembers when each place of the line was last read. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Proof from "../../../src/sink/opensearch/Proof.ts"
import { often } from "../../often.ts"

const places = 12
const upTo = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))
/** Reads some places more, or all there are; a line may have become longer or shorter with the next round. */
const Step = Schema.Struct({ width: upTo(4), pause: upTo(9), compared: upTo(3), isLast: Schema.Boolean })
const Steps = Schema.Array(Step).check(Schema.isMinLength(5), Schema.isMaxLength(60))

/** The walk, and the time at which each place was last read; `undefined` for never. */
const walked = (steps: typeof Steps.Type, widthMax: number) => {
  let now = 100
  let walk = Proof.initial(now).table
  const times: Array<number | undefined> = Array.from({ length: places + 1 })
  const counts: Array<number> = Array.from({ length: places + 1 }, () => 0)
  const rounds: Array<typeof walk> = []
  for (const { compared, isLast, pause, width } of steps) {
    now += 1 + pause
    if (walk.position === 0) walk = { ...walk, begunAt: now }
    const from = walk.position
    const to = isLast && from > places / 2 ? places : Math.min(places, from + width)
    // All after the last place is one part: what is written later.
    const isEnd = from === places
    walk = Proof.advance(walk, { upTo: isEnd ? Proof.end : to, at: now, compared, refused: 0, widthMax })
    for (let place = from; place < (isEnd ? places + 1 : to); place++) times[place] = now
    if (!isEnd && to > from) counts[from] = compared
    rounds.push(walk)
  }
  return { walk, times, rounds }
}

describe("a walk", () => {
  it.prop(
    "knows how old the oldest part is, and that it came round",
    [Steps],
    ([steps]) => {
      const { times, walk } = walked(steps, 1)
      const isWhole = times.every((time) => time !== undefined)
      assert.strictEqual(Proof.isWhole(walk), isWhole)
      const read = times.filter((time) => time !== undefined)
      assert.strictEqual(Proof.oldest(walk, 100), Math.min(isWhole ? Number.POSITIVE_INFINITY : 100, ...read))
    },
    { arbitrary: { runs: often(500) } }
  )

  it.prop(
    "never says that a part is newer than it is, however parts are joined",
    [Steps, upTo(places)],
    ([steps, widthMax]) => {
      const { rounds, times, walk } = walked(steps, widthMax)
      assert.isAtMost(Proof.oldest(walk, 100), Math.min(...times.map((time) => time ?? 100)))
      for (const { parts, position } of rounds) {
        const ends = parts.map(({ upTo }) => upTo)
        assert.deepStrictEqual(
          ends,
          [...new Set(ends)].toSorted((a, b) => a - b)
        )
        assert.isTrue(position === 0 || ends.includes(position))
      }
    },
    { arbitrary: { runs: often(500) } }
  )

  it("counts what is compared again once", () => {
    const read = { compared: 5, refused: 1, widthMax: 4 }
    let walk = Proof.initial(0).table
    for (const round of [1, 2]) {
      walk = { ...walk, begunAt: round }
      for (const upTo of [2, 4, 6, 8, Proof.end]) walk = Proof.advance(walk, { ...read, upTo, at: round })
    }
    assert.deepStrictEqual(
      walk.parts.map(({ compared, refused, upTo }) => [upTo, compared, refused]),
      [
        [4, 10, 2],
        [8, 10, 2],
        [Proof.end, 5, 1]
      ]
    )
    const summary = Proof.summarize({ ...Proof.initial(0), table: walk, index: walk })
    assert.include(summary, { documents: 25, refused: 5, isWhole: true, provenAt: 2 })
  })

  it("goes on where the oldest part is, and rests until its next round is due", () => {
    const fresh = { walk: Proof.initial(0).table, since: 0 }
    const done = { walk: Proof.advance({ ...fresh.walk, begunAt: 5 }, part(Proof.end, 5)), since: 0 }
    const half = { walk: Proof.advance({ ...done.walk, begunAt: 7 }, part(3, 7)), since: 0 }
    assert.strictEqual(Proof.next([done, half], 8, 10), half)
    assert.strictEqual(Proof.next([done, fresh], 8, 10), fresh)
    assert.isUndefined(Proof.next([done], 14, 10))
    assert.strictEqual(Proof.next([done], 15, 10), done)
  })
})

const part = (upTo: number, at: number) => ({ upTo, at, compared: 1, refused: 0, widthMax: 1 })

describe("a difference", () => {
  const of = { id: "1" }
  const sighting = (basis: string, at: number) => ({ basis, kinds: ["wrong row"], at })
  const first = Proof.judge(undefined, of, sighting("a", 10), () => true)!

  it("is not wrong at the first look, nor before the stream was seen past that", () => {
    assert.include(first, { since: 10, isWrong: false })
    const isSeen = (seen: number) => (time: number) => time < seen
    const waiting = Proof.judge(first, of, sighting("a", 20), isSeen(10))!
    assert.include(waiting, { since: 10, isWrong: false })
    assert.include(Proof.judge(waiting, of, sighting("a", 30), isSeen(11)), { since: 10, isWrong: true })
  })

  it("is another one where it rests on something else, and none where nothing differs", () => {
    const wrong = Proof.judge(first, of, sighting("a", 20), () => true)!
    assert.isTrue(wrong.isWrong)
    assert.include(
      Proof.judge(wrong, of, sighting("b", 30), () => true),
      { since: 30, isWrong: false }
    )
    assert.isUndefined(Proof.judge(wrong, of, undefined, () => true))
  })
})
