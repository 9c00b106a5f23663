/**
 * Days in the life of a tail: it follows, is stopped, can't read, or can't deliver, each for hours, while the table is
 * written or quiet, its shards are split, and what is older than 24 hours is removed. Two laws: what was removed unread
 * is told, with the time it is of; and nothing is told where no such stretch lasted for 24 hours.
 */
import { assert, it } from "@effect/vitest"
import { Clock, Duration, Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Unavailable } from "../../../src/source/stream/StreamApi.ts"
import { advance, gaps, inStream, makeWorld, once, toEnd, whileFollowing } from "./tailWorld.ts"
import { often } from "../../often.ts"

const Stretch = Schema.Struct({
  tail: Schema.Literals(["follows", "stopped", "unread", "undelivered"]),
  hours: Schema.Literals([1, 9, 20, 30]),
  /** Orders written at its beginning. */
  orders: Schema.Literals([0, 0, 1, 5]),
  isSplit: Schema.Boolean
})
type Stretch = typeof Stretch.Type

const Days = Schema.Array(Stretch).check(Schema.isMinLength(1), Schema.isMaxLength(4))

const keptMillis = Duration.toMillis("24 hours")
const slowly = { pollEvery: "15 minutes", listEvery: "1 hour" } as const

const live = Effect.fnUntraced(function* (days: ReadonlyArray<Stretch>) {
  yield* TestClock.setTime(Date.UTC(2026, 0, 1))
  const world = yield* makeWorld()
  const { delivered, faults, table, tail } = world
  const writtenAt = new Map<string, number>()
  const lost = new Set<string>()
  let lastWrite = yield* Clock.currentTimeMillis
  const seen = Effect.gen(function* () {
    const numbers = (yield* inStream(table)).flat()
    for (const number of numbers) if (!writtenAt.has(number)) writtenAt.set(number, lastWrite)
    return numbers
  })
  yield* toEnd(tail(once))
  for (const { hours, isSplit, orders, tail: state } of days) {
    faults.request = (operation) => (state === "unread" && operation === "GetRecords" ? new Unavailable() : undefined)
    faults.deliver = () => (state === "undelivered" ? "away" : undefined)
    const passing = Effect.gen(function* () {
      // A moment, for a tail that was just begun.
      yield* advance("3 hours")
      if (isSplit || orders > 0) lastWrite = yield* Clock.currentTimeMillis
      if (isSplit) yield* table.splitShard()
      for (let n = 0; n < orders; n++)
        yield* table.put({ PK: { S: `ORDER#${n}` }, SK: { S: "X" }, n: { N: `${lastWrite}` } })
      yield* seen
      yield* advance(Duration.hours(hours))
    })
    yield* state === "stopped" ? passing : whileFollowing(tail(slowly), passing)
    if ((yield* Clock.currentTimeMillis) - lastWrite <= keptMillis) continue
    for (const number of yield* seen) if (!delivered.includes(number)) lost.add(number)
    yield* table.trim()
  }
  faults.request = faults.deliver = () => undefined
  yield* toEnd(tail(once))
  yield* seen
  const told = gaps(world.world.progress).map((message) => {
    const [, from = "", to = ""] = /between (\S+) and (\S+) may be missing/.exec(message) ?? []
    return { message, from: Date.parse(from), to: Date.parse(to) }
  })
  return { told, lost, writtenAt, missing: [...writtenAt.keys()].filter((number) => !delivered.includes(number)) }
})

/** The longest stretch in which nothing was read and delivered. */
const longest = (days: ReadonlyArray<Stretch>): number => {
  let hours = 0
  let max = 0
  for (const stretch of days) {
    hours = stretch.tail === "follows" ? 0 : hours + stretch.hours + 3
    max = Math.max(max, hours)
  }
  return max
}

it.effect.prop(
  "what is removed unread is told with its time, and nothing without need",
  [Days],
  ([days]) =>
    Effect.gen(function* () {
      const { lost, missing, told, writtenAt } = yield* live(days)
      for (const number of missing) {
        assert.isTrue(lost.has(number), `${number} was neither delivered nor removed`)
        const at = writtenAt.get(number)!
        const isTold = told.some(({ from, message, to }) => (from <= at && at < to) || message.includes(" shard "))
        assert.isTrue(isTold, `${new Date(at).toISOString()} is not told: ${told.map(({ message }) => message).join()}`)
      }
      if (longest(days) < 23) assert.deepStrictEqual(told, [])
    }),
  { arbitrary: { runs: often(20) } }
)
