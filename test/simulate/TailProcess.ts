/** One process of `tail`: the real following over the real sink, with a clock, a cache and a death of its own. */
import { type Duration, Effect, Exit, Layer, Logger } from "effect"
import { Budget } from "../../src/Budget.ts"
import * as following from "../../src/pipeline/following.ts"
import type { Answer } from "../../src/pipeline/joined.ts"
import { isRetryable, type SourceError } from "../../src/pipeline/Pipeline.ts"
import { Sink, type SinkError } from "../../src/sink/Sink.ts"
import type { Batch } from "../../src/source/Batch.ts"
import type { ReadRecord } from "../../src/source/record/streamRecord.ts"
import { retryForever } from "../../src/source/retryForever.ts"
import { Checkpoints } from "../../src/source/stream/Checkpoints.ts"
import { log, type Progress, Reporter } from "../../src/source/stream/Progress.ts"
import type { Place } from "../../src/source/stream/shards.ts"
import { StreamApi } from "../../src/source/stream/StreamApi.ts"
import { follow, sequenceNumberOf } from "../source/stream/tailWorld.ts"
import type { Process } from "./Network.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import type { StreamReading } from "./StreamReading.ts"
import { clockAheadOf, type Delivery, platform, randomOf, sinkLayer, type Surroundings } from "./Worker.ts"

type Batches = ReadonlyArray<Batch<Place>>

type Until = "interrupted" | "caught-up"

export class TailProcess implements Process {
  readonly name: string
  readonly clockAhead: number
  isDead = false
  /** Deliveries under way. */
  private readonly open = new Set<{ -readonly [K in keyof Delivery]: Delivery[K] }>()
  private readonly around: Surroundings
  private readonly reading: StreamReading
  private readonly random: SeededRandom

  constructor(name: string, around: Surroundings, reading: StreamReading, random: SeededRandom) {
    this.name = name
    this.around = around
    this.reading = reading
    this.random = random
    this.clockAhead = clockAheadOf(around, random)
    around.journal.count("tails begun")
    around.journal.say(`${name} begins`)
  }

  kill(): void {
    this.isDead = true
    this.around.journal.count("tails killed")
    this.around.journal.say(`${this.name} is killed`)
  }

  /** Nobody waits any more for what is under way. */
  end(): void {
    for (const delivery of this.open) delivery.endedAt = this.around.clock.currentTimeMillisUnsafe()
    this.open.clear()
    this.reading.forget()
  }

  /** Follows as the command does, a delivery taking so long at most. `onGap` is told that changes may be missing. */
  follow(until: Until, budget: Duration.Duration, onGap: () => void): Effect.Effect<void, Error> {
    const { around, random, reading } = this
    const following = Effect.gen({ self: this }, function* () {
      const sink = yield* Sink
      const note = (gap: string) => Effect.provideService(this.note(gap), Sink, sink)
      const reporter = (event: Progress) =>
        Effect.andThen(
          log(event),
          event._tag === "Gap" ? Effect.andThen(Effect.sync(onGap), note(event.message)) : Effect.void
        )
      yield* followTable(reading.tableName, until, (batches) => this.deliver(batches)).pipe(
        Effect.provideService(Reporter, reporter),
        Effect.provideService(Budget, budget)
      )
    })
    const layer = Layer.mergeAll(
      sinkLayer(around, this),
      around.deadLetterBox?.layer ?? Layer.empty,
      Layer.succeed(StreamApi, reading.api(this)),
      Layer.succeed(Checkpoints, reading.checkpoints(this)),
      Logger.layer([Logger.consoleJson])
    )
    const below = platform(around, this, around.parts.random ?? randomOf(random.fork()))
    return Effect.provide(following, Layer.provideMerge(layer, below), { local: true })
  }

  private deliver(batches: Batches) {
    const { parts, table } = this.around
    const kept = this.keep(batches, (changes) => following.deliver(table, changes))
    return parts.tail?.(kept) ?? kept
  }

  /** Keeps a delivery as the fleet does: what of it was settled comes first. */
  private keep<E, R>(
    batches: Batches,
    deliver: (changes: ReadonlyArray<ReadRecord>) => Effect.Effect<Answer, E, R>
  ): Effect.Effect<Answer, E, R> {
    return Effect.suspend(() => {
      const { clock, deliveries, journal } = this.around
      const records = batches.flatMap(({ changes, position: { shardId } }) =>
        changes.map((read) => this.reading.record(shardId, sequenceNumberOf(read)))
      )
      const delivery = {
        beganAt: clock.currentTimeMillisUnsafe(),
        endedAt: Number.POSITIVE_INFINITY,
        records,
        settled: 0,
        worker: this.name,
        releases: [],
        written: new Set<string>()
      }
      deliveries.push(delivery)
      this.open.add(delivery)
      journal.count("deliveries of tails")
      if (batches.length > 1) journal.count("batches joined by tails", batches.length)
      journal.say(`${this.name} takes ${records.map(({ label }) => label).join(", ")}`)
      return Effect.onExit(deliver(batches.flatMap(({ changes }) => changes)), (exit) =>
        Effect.sync(() => {
          if (!this.open.delete(delivery)) return
          const left = Exit.isSuccess(exit) ? new Set(exit.value.unacknowledged.map(({ index }) => index)) : undefined
          const settled = records.filter((_, index) => left?.has(index) === false)
          delivery.endedAt = clock.currentTimeMillisUnsafe()
          delivery.records = [...settled, ...records.filter((record) => !settled.includes(record))]
          delivery.settled = settled.length
          journal.say(`${this.name} settles ${settled.length} of ${records.length}`)
        })
      )
    })
  }

  /** Notes in the indices that changes may be missing; until then nothing more is acknowledged. */
  private note(gap: string): Effect.Effect<void, never, Sink> {
    const { journal, table } = this.around
    journal.count("gaps told by tails")
    const noting = following.report(table, { tableArn: this.reading.tableArn, gap })
    return Effect.orDie(retryForever("noting a gap", () => true)(noting))
  }
}

/** All that is asked of the following itself. */
const followTable = <R>(
  tableName: string,
  until: Until,
  deliver: (batches: Batches) => Effect.Effect<Answer, SourceError | SinkError, R>
) => follow({ tableName, from: "checkpoint", until }, deliver, isRetryable)
