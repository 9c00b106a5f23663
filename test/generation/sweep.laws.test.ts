/**
 * Sweeping against everything that may happen meanwhile: while a sweep has documents in its hand rows come, go and are
 * told late and twice, and weeks pass. No row is lost by it, and none comes back.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { sweep } from "../../src/generation/sweep.ts"
import { Sink } from "../../src/sink/Sink.ts"
import type { ReadRecord } from "../../src/source/record/streamRecord.ts"
import { SimulatedOpenSearch } from "../simulate/SimulatedOpenSearch.ts"
import { isWrite } from "../simulate/requests.ts"
import { sink } from "../simulate/transport.ts"
import * as shop from "../maintain/shop.ts"
import { atOnce, deliver, makeWorld, stored, visible } from "../maintain/world.ts"
import { often } from "../often.ts"

const { details, index, item, keysOf, table } = shop

const upTo = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))
const Step = Schema.Struct({
  what: Schema.Literals(["put", "root", "remove", "remove-root", "clear", "again", "again", "weeks"]),
  order: upTo(1),
  item: upTo(1),
  value: upTo(4),
  /** Tells whether the stream tells it, and all before, at once. */
  isTold: Schema.Boolean,
  /** Tells whether it happens while the sweep before it is under way. */
  isAmidst: Schema.Boolean
})
type Step = typeof Step.Type
const Steps = Schema.Array(Step).check(Schema.isMinLength(16), Schema.isMaxLength(40))

/** A world whose documents are swept after each step; steps that are amidst happen before a sweep's deletions. */
const makeSwept = Effect.fnUntraced(function* () {
  const server = new SimulatedOpenSearch()
  const worker = yield* Effect.provide(Sink, sink(server, undefined, { retry: atOnce }))
  let amidst: Effect.Effect<void> = Effect.void
  const world = yield* makeWorld({
    server,
    intercept: (request, next) =>
      isWrite(request)
        ? Effect.suspend(() => {
            const happening = amidst
            amidst = Effect.void
            return Effect.andThen(happening, next)
          })
        : next
  })
  const past: Array<ReadRecord> = []
  const tell = (records: ReadonlyArray<ReadRecord>) =>
    deliver(table, records).pipe(Effect.provideService(Sink, worker), Effect.provide(world.layer), Effect.orDie)
  const tellAll = Effect.gen(function* () {
    const fresh = yield* world.take(1000)
    past.push(...fresh)
    yield* tell(fresh)
  })
  const run = Effect.fnUntraced(function* ({ isTold, item: i, order: n, value, what }: Step) {
    const rows = world.table
    yield* TestClock.adjust("7 millis")
    if (what === "put") yield* rows.put(item(n, i, value))
    if (what === "root") yield* rows.put(details(n, `${value}`))
    if (what === "remove" || what === "clear") yield* rows.remove(keysOf(item(n, i, 0)))
    if (what === "remove-root" || what === "clear") yield* rows.remove(keysOf(details(n, "")))
    if (what === "clear") yield* rows.remove(keysOf(item(n, 1 - i, 0)))
    if (isTold) yield* tellAll
    if (what === "again") yield* tell(past.slice(-1 - value).slice(0, 1))
    // A stream keeps a record for a day, so what has not been told for weeks never will be.
    if (what === "weeks") yield* Effect.andThen(tellAll, TestClock.adjust(value < 2 ? "16 days" : "32 days"))
  })
  const sweepDuring = (happening: Effect.Effect<void>) => {
    amidst = happening
    return Effect.andThen(
      Effect.suspend(() => sweep("orders", { aliasPrefix: "" })),
      // Where there was nothing to delete it has not happened yet.
      (swept) =>
        Effect.as(
          Effect.suspend(() => amidst),
          swept
        )
    ).pipe(Effect.provide(world.layer), Effect.orDie)
  }
  return { ...world, tellAll, run, sweepDuring }
})

describe("a sweep", () => {
  it.effect.prop(
    "loses no row and brings none back, whatever happens meanwhile",
    [Steps],
    ([steps]) =>
      Effect.gen(function* () {
        const world = yield* makeSwept()
        yield* world.table.put(details(0, "first"))
        yield* world.tellAll
        // A generation younger than its tombstones are kept for has nothing to sweep.
        yield* TestClock.adjust("40 days")
        for (const step of steps) {
          if (!step.isAmidst) yield* world.run(step)
          yield* world.sweepDuring(step.isAmidst ? world.run(step) : Effect.void)
        }
        yield* world.tellAll
        assert.deepEqual(visible(world.server, index), yield* shop.expected(world.table))

        yield* TestClock.adjust("32 days")
        yield* world.sweepDuring(Effect.void)
        assert.deepEqual(visible(world.server, index), yield* shop.expected(world.table))
        const rows = yield* world.table.scan
        const left = new Set(rows.map(({ PK }) => (PK as { readonly S: string }).S.slice("ORDER#".length)))
        assert.deepEqual(new Set(stored(world.server, index).keys()), left)
      }),
    { arbitrary: { runs: often(250) } }
  )

  it.effect("leaves what was written since it looked, and what was removed a short time ago", () =>
    Effect.gen(function* () {
      const world = yield* makeSwept()
      const remove = (n: number) => Effect.andThen(world.table.remove(keysOf(item(n, 0, 0))), world.tellAll)
      for (const n of [0, 1]) yield* world.table.put(item(n, 0, 1))
      yield* world.tellAll
      yield* remove(0)
      yield* TestClock.adjust("20 days")
      yield* remove(1)
      const none = { index, documents: 0, overtaken: 0 }
      assert.deepStrictEqual(yield* world.sweepDuring(Effect.void), [none])
      yield* TestClock.adjust("12 days")
      const back = Effect.andThen(world.table.put(item(0, 1, 5)), world.tellAll)
      assert.deepStrictEqual(yield* world.sweepDuring(back), [{ ...none, overtaken: 1 }])
      assert.deepStrictEqual([...stored(world.server, index).keys()].toSorted(), ["0", "1"])
      yield* TestClock.adjust("20 days")
      assert.deepStrictEqual(yield* world.sweepDuring(Effect.void), [{ ...none, documents: 1 }])
      assert.deepStrictEqual([...stored(world.server, index).keys()], ["0"])
    })
  )
})
