/**
 * `tail` in the place of Lambda: one process after the other follows the table's stream from the checkpoint that was
 * saved, joins what comes while it writes, and is stopped or killed, between a write and its checkpoint too.
 */
import { Duration, Effect, Fiber, Result } from "effect"
import type { MemoryTable } from "../../src/testing/MemoryTable.ts"
import { type Mapping, pausedFor } from "./EventSource.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import type { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"
import { type Unread, unreadKeys } from "./standstill.ts"
import { stateIn } from "./state.ts"
import { uuidOf } from "./stateLaws.ts"
import { StreamReading } from "./StreamReading.ts"
import { TailProcess } from "./TailProcess.ts"
import type { Surroundings } from "./Worker.ts"

/** In calm times the stream is read to its end in so much time, by so many processes at most. */
const calmMax = "30 minutes"
const calmTriesMax = 20

export class Tail {
  /** The indices that had documents when a process said that changes may be missing. */
  private readonly marked = new Set<string>()
  private hasGap = false
  private started = 0
  private readonly reading: StreamReading
  private readonly budget: Duration.Duration
  private readonly lifeMax: number
  private readonly around: Surroundings
  private readonly mapping: Mapping
  private readonly table: MemoryTable
  private readonly server: SimulatedOpenSearch
  private readonly random: SeededRandom

  constructor(
    around: Surroundings,
    mapping: Mapping,
    table: MemoryTable,
    server: SimulatedOpenSearch,
    random: SeededRandom
  ) {
    this.around = around
    this.mapping = mapping
    this.table = table
    this.server = server
    this.random = random
    this.reading = new StreamReading(around, mapping, table, random.fork())
    this.budget = Duration.millis(random.pick([500, 2000, 10_000]))
    this.lifeMax = random.pick([3000, 30_000, 300_000])
  }

  /** Follows until changes have ended and all of them are acknowledged. */
  get run(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const { mapping } = this
      while (!mapping.isEnding) {
        if (mapping.isPaused) yield* Effect.sleep(pausedFor)
        else yield* this.live()
        if (!mapping.isEnding) yield* Effect.sleep(this.random.below(3000))
      }
      yield* this.catchUp()
    })
  }

  /**
   * To be run when all is acknowledged: adds to what nobody read the streams that came and went before the first process
   * began, or while an older one was read. Of the latter a process has said that changes may be missing, and so do the
   * indices that had documents then.
   */
  get conclude(): Effect.Effect<(missed: Unread) => Unread> {
    return Effect.gen({ self: this }, function* () {
      const { mapping, reading, table } = this
      const begunIn = reading.begunIn ?? ""
      const streams = new Set([...mapping.streams].filter((streamArn) => streamArn >= begunIn))
      const skipped = yield* unreadKeys({ ...mapping, streams }, table)
      if (skipped.size > 0 && !this.hasGap) {
        mapping.problems.push(`tail never read ${[...skipped].join(", ")}, and says nothing`)
      }
      for (const [name, index] of this.server.indices) {
        if (!this.marked.has(uuidOf(index)) || stateIn(index)?.verificationDue !== undefined) continue
        mapping.problems.push(`tail said that changes may be missing, and nothing says so in ${name}`)
      }
      const keys = yield* unreadKeys(mapping, table)
      return (missed) => ({ ...missed, keys: new Set([...missed.keys, ...keys]) })
    })
  }

  private begin(): TailProcess {
    return new TailProcess(`tail${++this.started}`, this.around, this.reading, this.random.fork())
  }

  private follow(process: TailProcess, until: "interrupted" | "caught-up") {
    return Effect.result(process.follow(until, this.budget, () => this.noteGap()))
  }

  /** One process, until it ends, is stopped, or is killed. */
  private live(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const { clock, journal, network } = this.around
      const { mapping, random } = this
      const process = this.begin()
      const fiber = yield* Effect.forkDetach(this.follow(process, "interrupted"))
      const dies = clock.currentTimeMillisUnsafe() + random.wild(1, this.lifeMax)
      const isOver = () => fiber.pollUnsafe() !== undefined || process.isDead
      while (!isOver() && !mapping.isEnding && !mapping.isPaused) {
        yield* Effect.sleep(250)
        if (!network.isCalm && clock.currentTimeMillisUnsafe() > dies) break
      }
      if (!isOver() && !network.isCalm && random.chance(0.5)) process.kill()
      if (process.isDead) yield* Effect.forkDetach(Fiber.interrupt(fiber))
      else {
        yield* Fiber.interrupt(fiber)
        journal.say(`${process.name} ends`)
      }
      process.end()
    })
  }

  private catchUp(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      let why = "it does not end"
      for (let tries = 0; tries < calmTriesMax; tries++) {
        const process = this.begin()
        const ended = yield* Effect.timeoutOption(this.follow(process, "caught-up"), calmMax)
        if (ended._tag === "Some" && Result.isSuccess(ended.value)) return
        if (ended._tag === "Some" && Result.isFailure(ended.value)) why = ended.value.failure.message
        process.end()
        yield* Effect.sleep(1000)
      }
      this.mapping.problems.push(`tail is not caught up after ${calmTriesMax} calm tries: ${why}`)
    })
  }

  private noteGap(): void {
    this.hasGap = true
    for (const index of this.server.indices.values()) if (index.documents.size > 1) this.marked.add(uuidOf(index))
  }
}
