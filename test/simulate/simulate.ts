/**
 * One seed, one run: a table changes, its streams are delivered by a simulated event source mapping to real handlers
 * over the real sink, before a simulated OpenSearch that misbehaves. Then all faults end, what is not settled is
 * delivered again, and every document must equal the table.
 */
import { Clock, Duration, Effect, Fiber, Scheduler } from "effect"
import { TestClock } from "effect/testing"
import * as MemoryTable from "../../src/testing/MemoryTable.ts"
import { searching } from "../maintain/world.ts"
import { backfill } from "./Backfill.ts"
import { SeededRandom } from "./SeededRandom.ts"
import { follow, type Mapping, pollEveryMax, settingsOf } from "./EventSource.ts"
import { latest } from "./faults.ts"
import { Fleet } from "./Fleet.ts"
import { History } from "./History.ts"
import { Journal } from "./Journal.ts"
import { settleRest, verdict } from "./checker.ts"
import { DeadLetterBox } from "./deadLetterBox.ts"
import { Network } from "./Network.ts"
import { intrude } from "./OtherTable.ts"
import * as Rollouts from "./rollouts.ts"
import { shop } from "./shop.ts"
import { board } from "./board.ts"
import { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"
import { StateLaws } from "./stateLaws.ts"
import { replay } from "./replay.ts"
import { nothing, standStill } from "./standstill.ts"
import { Tail } from "./Tail.ts"
import { repairAll } from "./verification.ts"
import { ofOperators, type Event as FaultEvent, FaultInjector } from "./FaultInjector.ts"
import type { Surroundings, WorkerParts } from "./Worker.ts"

export interface Run {
  readonly seed: number
  /** What went wrong; empty for a run in which nothing is lost and nothing is wrong. */
  readonly problems: ReadonlyArray<string>
  readonly wrongDocuments: number
  readonly unaccounted: number
  readonly counts: ReadonlyMap<string, number>
  readonly lines: ReadonlyArray<string>
}

/** What may happen besides changes and requests that fail. */
export type Happening = FaultEvent | "standstill" | "other table" | "rollout" | "tail" | "board"

/**
 * The run of a seed. `parts` put something broken in the place of something sound: a canary. What is `sure` happens in
 * every seed, and not only in some.
 */
export const simulate = (seed: number, parts: WorkerParts = {}, sure: ReadonlyArray<Happening> = []): Promise<Run> =>
  Effect.runPromise(
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-08-01T00:00:00.000Z"))
      const fiber = yield* Effect.forkChild(run(seed, parts, sure))
      for (let days = 0; fiber.pollUnsafe() === undefined; days++) {
        if (days > 100) return yield* Effect.die(new Error(`seed ${seed} does not end`))
        yield* TestClock.adjust("1 day")
      }
      return yield* Fiber.join(fiber)
    }).pipe(Effect.provide(TestClock.layer({ warningDelay: "1 hour" })))
  )

const run = Effect.fnUntraced(function* (seed: number, parts: WorkerParts, sure: ReadonlyArray<Happening>) {
  const random = new SeededRandom(seed)
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  const journal = new Journal(now)
  const server = new SimulatedOpenSearch()
  const laws = new StateLaws(server, now)
  serveSearches(server)
  const network = new Network(server, random.fork(), journal, parts)
  const common = surroundingsOf(network, journal, clock, yield* Scheduler.Scheduler, random, parts)
  const rollingOut = new SeededRandom(seed + 0x5eed)
  const following = new SeededRandom(seed + 0x7a11)
  const rollsOut = sure.includes("rollout") || (sure.length === 0 && rollingOut.chance(0.1))
  const isFollowed = !rollsOut && (sure.includes("tail") || (sure.length === 0 && following.chance(0.25)))
  const boards = new SeededRandom(seed + 0xb0a2d)
  const isBoard = !rollsOut && (sure.includes("board") || (sure.length === 0 && boards.chance(0.25)))
  const viewType = isBoard ? boards.pick(["NEW_IMAGE", "NEW_AND_OLD_IMAGES"] as const) : "NEW_AND_OLD_IMAGES"
  const made = yield* MemoryTable.make({ tableName: "shop", recordsMax: random.pick([2, 10, 1000]), stream: viewType })
  const table = { ...made, replaceStream: () => made.replaceStream(viewType) }
  const surroundings = { ...common, table: isBoard ? board.table : common.table }
  const around = isFollowed ? withDeadLetters(surroundings, following) : surroundings
  const mapping = mappingOf(around, random, rollsOut ? Rollouts.writtenIn(server) : undefined)
  const slowly = { replacements: 0, pauseMax: rollingOut.pick([4000, 15_000, 30_000]) }
  const history = new History(table, random.fork(), journal, rollsOut ? slowly : isBoard ? { shop: board, gap: 0 } : {})
  const faults = new FaultInjector(server, network, random.fork(), journal, now, sure, rollsOut ? ofOperators : [])

  faults.whenRestored = Effect.map(Effect.forkDetach(replay(mapping)), (fiber) => void mapping.background.push(fiber))
  const running: Array<Fiber.Fiber<void>> = [yield* Effect.forkDetach(faults.happen)]
  if (!faults.mayTake && (random.chance(0.3) || sure.includes("other table"))) {
    running.push(yield* Effect.forkDetach(intrude(mapping, history, random.fork(), () => !network.isCalm)))
  }
  const tail = isFollowed ? new Tail(around, mapping, table, server, following.fork()) : undefined
  if (tail !== undefined) running.push(yield* Effect.forkDetach(tail.run))
  const feed = Effect.gen(function* () {
    const { latest } = yield* Effect.orDie(table.streamApi.findStream(table.tableName))
    mapping.streams.add(latest!.streamArn)
    if (tail === undefined) running.push(yield* Effect.forkDetach(follow(mapping, table, latest!.streamArn)))
  })
  const fill = (name: string) => backfill(around, mapping, table, random.fork(), name)
  yield* feed
  const rollouts = rollsOut
    ? yield* Rollouts.start(around, mapping, history, server, laws, table, rollingOut)
    : undefined
  yield* history.happen(() =>
    Effect.gen(function* () {
      yield* feed
      running.push(yield* Effect.forkDetach(fill(`backfill${history.streams}`)))
    })
  )
  yield* Effect.sleep(random.below(60_000))
  const standsStill = (random.chance(0.06) || sure.includes("standstill")) && !rollsOut
  const missed = standsStill ? yield* standStill(mapping, faults, server, history, table, random.fork()) : nothing
  yield* Effect.sleep(random.below(60_000))

  journal.say("all faults end")
  network.isCalm = true
  yield* Fiber.join(running[0]!)
  if (rollouts !== undefined) yield* Fiber.join(rollouts.running)
  yield* Effect.sleep(latest + 5000)
  if (rollouts !== undefined) yield* rollouts.conclude
  if (faults.taken.size > 0) {
    // No writer holds what it checked before for true any longer, and each index is written to once more.
    yield* Effect.sleep(around.sinkOptions.checkEvery!)
    yield* history.touchAll
    yield* Effect.sleep(2 * pollEveryMax)
  }
  const mappings = [mapping, ...(rollouts?.beside ?? [])]
  for (const one of mappings) one.isEnding = true
  for (const fiber of running) yield* Fiber.join(fiber)
  for (const fiber of mapping.background) yield* Fiber.join(fiber)
  for (const one of mappings) yield* settleRest(one)
  const unread = tail === undefined ? missed : (yield* tail.conclude)(missed)
  const verify = repairAll(around, mapping, table, random.fork())
  const result = yield* verdict({ around, mapping, history, server, faults, unread, fill, verify, rollouts })
  const problems = [...laws.problems, ...result.problems]
  return { seed, counts: journal.counts, lines: journal.lines, ...result, problems } satisfies Run
})

const surroundingsOf = (
  network: Network,
  journal: Journal,
  clock: Clock.Clock,
  scheduler: Scheduler.Scheduler,
  random: SeededRandom,
  parts: WorkerParts
): Surroundings => ({
  network,
  journal,
  clock,
  scheduler,
  table: shop.table,
  clocksApart: random.pick([0, 0, 60_000, 900_000]),
  sinkOptions: {
    checkEvery: random.pick(["1 second", "60 seconds"]),
    cacheBytesMax: random.pick([0, 4000, 64 * 2 ** 20]),
    requestBytesMax: random.pick([1000, 5 * 2 ** 20])
  },
  deadLetterBox: random.chance(0.5) ? new DeadLetterBox(network, random.fork(), journal) : undefined,
  onNothingSettled: random.pick(["throw", "answer"]),
  scanBudget: Duration.seconds(20),
  deliveries: [],
  parts
})

/** Whatever follows by `tail` has dead letters: without, one record that is refused holds its shard up for ever. */
const withDeadLetters = (around: Surroundings, random: SeededRandom): Surroundings => ({
  ...around,
  deadLetterBox: around.deadLetterBox ?? new DeadLetterBox(around.network, random.fork(), around.journal)
})

/** `written` is there where definitions come and go: a batch may then wait long for one that takes it. */
const mappingOf = (
  around: Surroundings,
  random: SeededRandom,
  written: (() => ReadonlySet<string>) | undefined
): Mapping => {
  const { journal, parts } = around
  const settings = { ...settingsOf(random), ...(written === undefined ? {} : { retryMax: 60_000 }) }
  journal.say(`mapping ${JSON.stringify(settings)}`)
  return {
    settings,
    fleet: new Fleet(around, random.fork(), written ?? (() => new Set())),
    random: random.fork(),
    journal,
    nameOf: (streamArn) => streamArn.replace(/[^/]+$/, (label) => parts.label?.(label) ?? label),
    seen: [],
    streams: new Set(),
    acknowledged: new Set(),
    setAside: [],
    background: [],
    isPaused: false,
    isEnding: false,
    problems: []
  }
}

/** Searches of all documents, page by page. */
const serveSearches = (server: SimulatedOpenSearch): void => {
  const search = searching(server)
  const handle = server.handle.bind(server)
  server.handle = (request) => search(request) ?? handle(request)
}
