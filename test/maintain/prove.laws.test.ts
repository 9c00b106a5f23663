/**
 * Proof beside a table that lives: its stream is live, late in one of two shards, or stands still for hours, and runs of
 * proof go on all the time. Whatever is planted meanwhile (documents edited, removed, made by hand; rows whose records
 * were lost) is found within one round, and nothing that is right is ever called wrong.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Result } from "effect"
import { TestClock } from "effect/testing"
import { prove, type Report } from "../../src/maintain/prove.ts"
import * as following from "../../src/pipeline/following.ts"
import { Sink } from "../../src/sink/Sink.ts"
import type { ReadRecord } from "../../src/source/record/streamRecord.ts"
import { often } from "../often.ts"
import { SeededRandom } from "../simulate/SeededRandom.ts"
import { sink } from "../simulate/transport.ts"
import * as shop from "./shop.ts"
import { atOnce, makeWorld, visible, type World } from "./world.ts"

const { details, index, item, keysOf, table } = shop
const minutes = (n: number) => n * 60_000

/** Orders that change all the time, and those that only drift is planted in. */
const lively = 6
const quiet = 12

interface Waiting {
  readonly record: ReadRecord
  readonly at: number
}

/** One of two shards, read by a function of its own: how far it is behind is said with each batch, as Lambda's is. */
class Shard {
  waiting: Array<Waiting> = []
  private readonly worker: Sink["Service"]
  private readonly world: World

  constructor(world: World, worker: Sink["Service"]) {
    this.world = world
    this.worker = worker
  }

  /** Delivers what is older than it is behind, if its function is mapped at all. */
  readonly read = Effect.fnUntraced({ self: this as Shard }, function* (this: Shard, behind: number | undefined) {
    const [oldest] = this.waiting
    if (behind === undefined || oldest === undefined) return
    const now = yield* Clock.currentTimeMillis
    const provide = Effect.provideService(Sink, this.worker)
    // A batch is at hand while it is worked on.
    const news = { tableArn: this.world.table.tableArn, oldestAt: oldest.at }
    yield* Effect.orDie(provide(following.report(table, news)))
    const due = this.waiting.filter(({ at }) => now - at >= behind)
    this.waiting = this.waiting.filter(({ at }) => now - at < behind)
    const records = due.map(({ record }) => record)
    if (records.length > 0) yield* Effect.orDie(provide(following.deliver(table, records)))
  })
}

const orderOf = (record: ReadRecord): number => {
  const { PK } = Result.getOrThrow(record).keys
  return Number((PK as { readonly S: string }).S.slice("ORDER#".length))
}

class Life {
  readonly planted = new Set<string>()
  readonly said: Array<string> = []
  private readonly world: World
  private readonly random: SeededRandom
  private readonly shards: ReadonlyArray<Shard>

  constructor(world: World, random: SeededRandom, shards: ReadonlyArray<Shard>) {
    this.world = world
    this.random = random
    this.shards = shards
  }

  readonly change = Effect.fnUntraced({ self: this as Life }, function* (this: Life) {
    const { random, world } = this
    const n = random.below(lively)
    const row = random.pick([details(n, String(random.below(9))), item(n, random.below(3), random.below(9))])
    if (random.chance(0.2)) yield* world.table.remove(keysOf(row))
    else yield* world.table.put(row)
  })

  readonly take = Effect.fnUntraced({ self: this as Life }, function* (this: Life) {
    const at = yield* Clock.currentTimeMillis
    for (const record of yield* this.world.take(1000)) this.shards[orderOf(record) % 2]!.waiting.push({ record, at })
  })

  /** Makes a document of one of the quiet orders wrong. */
  readonly plant = Effect.fnUntraced({ self: this as Life }, function* (this: Life) {
    const n = lively + this.planted.size
    const { server, table: rows } = this.world
    yield* this.take()
    const how = this.random.pick(["edit", "remove", "make", "lose", "lose a removal", "lose all"])
    if (how === "edit") shop.spoil(server, String(n), (source) => ({ ...source, pieces: 99 }))
    if (how === "remove") shop.spoil(server, String(n), () => undefined)
    if (how === "make") shop.spoil(server, String(n), (source) => source, String(1000 + n))
    if (how === "lose") yield* rows.put(item(n, 1, 77))
    if (how === "lose a removal") yield* rows.remove(keysOf(item(n, 1, 0)))
    if (how === "lose all") {
      yield* Effect.forEach([details(n, ""), item(n, 1, 0), item(n, 2, 0)], (row) => rows.remove(keysOf(row)))
    }
    yield* this.world.take(1000)
    this.planted.add(String(how === "make" ? 1000 + n : n))
    this.said.push(`${how} ${n}`)
  })

  /** Two minutes of it; `behind` says for each shard how far it is behind, if it is read. */
  readonly step = Effect.fnUntraced(
    { self: this as Life },
    function* (this: Life, changes: number, behind: ReadonlyArray<number | undefined>) {
      yield* TestClock.adjust("2 minutes")
      for (let i = 0; i < changes; i++) yield* this.change()
      yield* this.take()
      for (const [i, shard] of this.shards.entries()) yield* shard.read(behind[i])
    }
  )
}

const run = Effect.fnUntraced(function* (world: World, unitsMax: number, repairsMax = 0) {
  const options = {
    tableName: world.table.tableName,
    time: "1 hour",
    unitsMax,
    repairsMax,
    settle: "1 second"
  } as const
  const running = yield* Effect.forkChild(Effect.provide(prove(table, options), world.layer))
  while (running.pollUnsafe() === undefined) yield* TestClock.adjust("1 second")
  return (yield* Fiber.join(running)).aggregates[0]!
})

type Known = Report["aggregates"][number]
const idsOf = (differences: Known["wrong"]) => differences.map(({ id }) => id)

const makeLife = Effect.fnUntraced(function* (random: SeededRandom) {
  const world = yield* makeWorld({ table: { pageRowsMax: random.pick([2, 1000]) } })
  const workers = yield* Effect.forEach([0, 1], () =>
    Effect.provide(Sink, sink(world.server, undefined, { retry: atOnce }))
  )
  const shards = workers.map((worker) => new Shard(world, worker))
  const life = new Life(world, random, shards)
  for (let n = 0; n < lively + quiet; n++) {
    yield* Effect.forEach([details(n, "Ada"), item(n, 1, n), item(n, 2, n)], (row) => world.table.put(row))
  }
  yield* life.take()
  for (const shard of shards) yield* shard.read(0)
  return { world, life }
})

/** Nothing but what was planted is called wrong, whatever the stream does. */
const live = Effect.fnUntraced(function* (seed: number) {
  const random = new SeededRandom(seed)
  const { life, world } = yield* makeLife(random)
  const unitsMax = random.pick([3, 20, 20_000])
  const noFalseAlarm = ({ wrong }: Known) =>
    assert.deepStrictEqual(
      idsOf(wrong).filter((id) => !life.planted.has(id)),
      [],
      `seed ${seed}`
    )
  for (let phases = 2 + random.below(4); phases > 0; phases--) {
    const late = minutes(10 + random.below(120))
    const behind = random.pick([
      [0, 0],
      [0, late],
      [late, 0],
      [minutes(3), late],
      [undefined, undefined]
    ] as const)
    const changes = random.pick([0, 1, 3])
    for (let steps = 5 + random.below(90); steps > 0; steps--) {
      yield* life.step(random.below(changes + 1), behind)
      if (life.planted.size < quiet - 1 && random.chance(0.02)) yield* life.plant()
      if (random.chance(0.3)) noFalseAlarm(yield* run(world, unitsMax))
    }
  }
  return { life, world, noFalseAlarm }
})

const law = Effect.fnUntraced(function* (seed: number) {
  const { life, noFalseAlarm, world } = yield* live(seed)
  if (life.planted.size === 0) yield* life.plant()
  yield* life.step(0, [0, 0])
  yield* life.step(0, [0, 0])
  // A round that began after all of it.
  yield* TestClock.adjust("1 day")
  let found = yield* run(world, 20_000)
  const seen = new Set([...idsOf(found.wrong), ...idsOf(found.waiting)])
  assert.deepStrictEqual(
    [...life.planted].filter((id) => !seen.has(id)),
    [],
    `seed ${seed}: ${life.said.join()}`
  )
  noFalseAlarm(found)
  yield* TestClock.adjust(Duration.hours(26))
  found = yield* run(world, 20_000)
  assert.deepStrictEqual(new Set(idsOf(found.wrong)), life.planted, `seed ${seed}: ${life.said.join()}`)
  yield* run(world, 20_000, 100)
  yield* TestClock.adjust("1 day")
  found = yield* run(world, 20_000)
  assert.deepInclude(found, { wrong: [], waiting: [] }, `seed ${seed}`)
  assert.deepEqual(visible(world.server, index), yield* shop.expected(world.table), `seed ${seed}`)
})

describe("proof beside a stream that is live, late, or stands still", () => {
  for (let seed = 1; seed <= often(50); seed++) {
    it.effect(`finds all that is wrong and nothing else, with seed ${seed}`, () => law(seed))
  }
})
