/** One lane of a shard: its batches go one after the other, each from the first record that is not acknowledged. */
import { Effect, Latch } from "effect"
import { type Mapping, pausedFor } from "./EventSource.ts"
import type { Delivered } from "./records.ts"
import { settledOf } from "./settledOf.ts"
import type { Answer } from "./Worker.ts"

/** In calm times so many tries must do. */
const calmAttemptsMax = 20

export class Lane {
  readonly queue: Array<Delivered> = []
  private isComplete = false
  private readonly news = Latch.makeUnsafe()
  private readonly done: Array<Delivered> = []
  private attempts = 0
  private calmAttempts = 0
  private limit: number
  private readonly mapping: Mapping

  constructor(mapping: Mapping) {
    this.mapping = mapping
    this.limit = mapping.settings.batchSize
  }

  push(record: Delivered): void {
    this.queue.push(record)
    this.news.openUnsafe()
  }

  /** Nothing more is coming. */
  complete(): void {
    this.isComplete = true
    this.news.openUnsafe()
  }

  get run(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const { random, fleet, settings } = this.mapping
      for (;;) {
        while (this.mapping.isPaused) yield* Effect.sleep(pausedFor)
        if (this.queue.length === 0) {
          if (this.isComplete) return
          this.news.closeUnsafe()
          yield* this.news.await
          continue
        }
        if (settings.window > 0 && this.queue.length < settings.batchSize) yield* Effect.sleep(settings.window)
        const batch = this.queue.slice(0, Math.max(1, this.limit))
        if (random.chance(settings.overlapping)) yield* this.again(batch, 2000, "overlapping deliveries")
        const answer = yield* fleet.invoke(batch)
        yield* this.conclude(batch, answer)
        if (this.done.length > 0 && random.chance(settings.repeated)) {
          const from = random.below(this.done.length)
          yield* this.again(this.done.slice(from, from + settings.batchSize), 30_000, "repeated deliveries")
        }
      }
    })
  }

  /** What an answer means: Lambda goes on behind what is settled, or tries again from there. */
  private conclude(batch: ReadonlyArray<Delivered>, answer: Answer): Effect.Effect<void> {
    const { random, isEnding, settings } = this.mapping
    const settled = settledOf(batch, answer)
    const failed = settled === undefined ? batch : batch.slice(settled)
    if (settled !== undefined && settled > 0) {
      this.acknowledge(settled)
      this.startAnew()
    }
    if (failed.length === 0) return Effect.void
    this.attempts++
    if (isEnding) this.calmAttempts++
    const isAlone = settled !== undefined || batch.length === 1
    if (isEnding && isAlone && failed[0]!.isRefused) return Effect.sync(() => this.giveUp(1))
    if (this.calmAttempts > calmAttemptsMax) {
      const why = answer._tag === "Failed" ? answer.message : answer._tag
      this.mapping.problems.push(`not settled in ${this.calmAttempts} calm tries: ${failed[0]!.label} (${why})`)
      return Effect.sync(() => this.giveUp(1))
    }
    if (!isEnding && this.attempts > settings.attemptsMax) return Effect.sync(() => this.giveUp(failed.length))
    // A state that is taken waits for no newer one that is not, once it comes alone.
    if (this.calmAttempts > 2) this.limit = 1
    else if ((settings.bisect || isEnding) && settled === undefined && batch.length > 1) this.limit = batch.length >> 1
    return Effect.sleep(isEnding ? 100 : random.between(100, settings.retryMax))
  }

  private acknowledge(count: number): void {
    for (const record of this.queue.splice(0, count)) {
      this.mapping.acknowledged.add(record)
      this.done.push(record)
    }
  }

  private giveUp(count: number): void {
    this.mapping.journal.count("records set aside", count)
    this.mapping.setAside.push(...this.queue.splice(0, count))
    this.startAnew()
  }

  private startAnew(): void {
    this.attempts = 0
    this.calmAttempts = 0
    this.limit = this.mapping.settings.batchSize
  }

  /** Delivers once more, whatever comes of it. */
  private again(batch: ReadonlyArray<Delivered>, delayMax: number, what: string): Effect.Effect<void> {
    const { background, random, fleet, isEnding, journal } = this.mapping
    if (isEnding) return Effect.void
    journal.count(what)
    const later = Effect.delay(fleet.invoke(batch), random.below(delayMax))
    return Effect.map(Effect.forkDetach(later), (fiber) => void background.push(fiber))
  }
}
