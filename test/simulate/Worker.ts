/**
 * One container of the Lambda function: the real handler over the real sink, with a cache, a runtime and a death of its
 * own. Its promises run on the simulation's clock, because the layer it is made with brings that clock along.
 */
import { Clock, Console, type Duration, Effect, Layer, Random, Scheduler } from "effect"
import type * as Table from "../../src/define/Table.ts"
import { make } from "../../src/lambda/Lambda.ts"
import type { Response } from "../../src/lambda/respond.ts"
import * as OpenSearchSink from "../../src/sink/opensearch/OpenSearchSink.ts"
import type { Request, Response as ServerResponse } from "../../src/sink/opensearch/Transport.ts"
import type { Sink, SinkError } from "../../src/sink/Sink.ts"
import type { Answer as Settled } from "../../src/pipeline/joined.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import type { Journal } from "./Journal.ts"
import { shifted } from "./shifted.ts"
import type { DeadLetterBox } from "./deadLetterBox.ts"
import type { Network, Process } from "./Network.ts"
import type { Delivered } from "./records.ts"
import type { Deployment, Release } from "./releases.ts"

export type Answer =
  | { readonly _tag: "Answered"; readonly response: Response }
  | { readonly _tag: "Failed"; readonly message: string }
  | { readonly _tag: "Died" }

/** Records that were delivered, and how many of the first of them were settled. */
export interface Delivery {
  readonly beganAt: number
  readonly endedAt: number
  readonly records: ReadonlyArray<Delivered>
  readonly settled: number
  /** The worker, and the definitions of orders that it has; none for a scan. */
  readonly worker: string
  readonly releases: ReadonlyArray<Release>
  /** The definitions that some index was current for, when it began or when it ended. */
  readonly written: ReadonlySet<string>
}

/** What a canary puts in place of the real thing. */
export interface WorkerParts {
  readonly random?: Random.Random
  readonly sink?: (layer: Layer.Layer<Sink, SinkError>) => Layer.Layer<Sink, SinkError>
  readonly response?: (response: Response) => Response
  /** On its way to the server. */
  readonly request?: (request: Request) => Request
  /** On its way back. */
  readonly answer?: (request: Request, response: ServerResponse) => ServerResponse
  /** A delivery of `tail`, which gives what is open. */
  readonly tail?: <E, R>(delivery: TailDelivery<E, R>) => TailDelivery<E, R>
  /** The label of a stream: what the pipeline takes for the time of its making. */
  readonly label?: (label: string) => string
}

export type TailDelivery<E, R> = Effect.Effect<Settled, E, R>

export interface Surroundings {
  readonly network: Network
  readonly journal: Journal
  readonly clock: Clock.Clock
  readonly scheduler: Scheduler.Scheduler
  /** How far a process's clock may be ahead or behind, in milliseconds. */
  readonly clocksApart: number
  readonly table: Table.Table
  readonly sinkOptions: OpenSearchSink.Options
  /** Where dead letters go; `undefined` where there is no destination, so that what is refused stays unacknowledged. */
  readonly deadLetterBox: DeadLetterBox | undefined
  readonly onNothingSettled: "throw" | "answer"
  /** The time that a page of a scan is tried for. */
  readonly scanBudget: Duration.Duration
  /** Where deliveries are kept. */
  readonly deliveries: Array<Delivery>
  readonly parts: WorkerParts
}

/** How far a new process's clock is ahead. */
export const clockAheadOf = ({ clocksApart }: Surroundings, random: SeededRandom): number =>
  clocksApart === 0 ? 0 : random.between(-clocksApart, clocksApart)

/** What the simulation's code runs on: a clock, its order of fibers, its chance, and its journal as the console. */
export const platform = ({ clock, journal, scheduler }: Surroundings, process: Process, random: Random.Random) =>
  Layer.mergeAll(
    Layer.succeed(Clock.Clock, shifted(clock, process.clockAhead)),
    Layer.succeed(Scheduler.Scheduler, scheduler),
    Layer.succeed(Random.Random, random),
    Layer.succeed(Console.Console, recording(journal, process))
  )

export const randomOf = (random: SeededRandom): Random.Random => ({
  nextDoubleUnsafe: () => random.next(),
  nextIntUnsafe: () => Math.floor((random.next() - 0.5) * 2 ** 52)
})

export const sinkLayer = (around: Surroundings, process: Process): Layer.Layer<Sink, SinkError> => {
  const layer = Layer.provide(OpenSearchSink.layerTransport(around.sinkOptions), around.network.layer(process))
  return around.parts.sink === undefined ? layer : around.parts.sink(layer)
}

export class Worker implements Process {
  readonly name: string
  readonly clockAhead: number
  isDead = false
  isBusy = false
  private readonly around: Surroundings
  private readonly handler: ReturnType<typeof make>

  readonly deployment: Deployment

  constructor(name: string, around: Surroundings, deployment: Deployment, random: SeededRandom) {
    this.name = name
    this.deployment = deployment
    this.around = around
    this.clockAhead = clockAheadOf(around, random)
    const below = platform(around, this, around.parts.random ?? randomOf(random))
    this.handler = make(deployment.table, {
      layer: Layer.provideMerge(sinkLayer(around, this), below),
      ...(around.deadLetterBox === undefined ? {} : { deadLetters: around.deadLetterBox.layer }),
      onNothingSettled: around.onNothingSettled
    })
  }

  /** Handles an event within the function's time; after `diesAfter` milliseconds, if given, the container is gone. */
  invoke(event: unknown, timeout: number, diesAfter: number | undefined): Effect.Effect<Answer> {
    const { clock, parts } = this.around
    return Effect.gen({ self: this }, function* () {
      this.isBusy = true
      // The test clock waits for what it wakes, so that no time passes while the handler gets under way.
      yield* Effect.sleep(1)
      const ends = (yield* Clock.currentTimeMillis) + timeout
      const context = { getRemainingTimeInMillis: () => ends - clock.currentTimeMillisUnsafe() }
      const answer = Effect.tryPromise({
        try: () => this.handler(event, context),
        catch: (error) => (error instanceof Error ? error.message : String(error))
      }).pipe(
        Effect.match({
          onFailure: (message): Answer => ({ _tag: "Failed", message }),
          onSuccess: (response): Answer => ({ _tag: "Answered", response: parts.response?.(response) ?? response })
        })
      )
      const death = Effect.map(Effect.sleep(Math.min(diesAfter ?? timeout, timeout)), (): Answer => {
        this.isDead = true
        return { _tag: "Died" }
      })
      const result = yield* Effect.raceFirst(answer, death)
      this.isBusy = false
      return result
    })
  }
}

/** The function's log, into the journal; what a batch came to is counted. */
const recording = (journal: Journal, process: Process): Console.Console => {
  const log = (text: unknown) => {
    if (process.isDead) return
    const { level, message, ...counts } = JSON.parse(String(text))
    if (message === "batch") {
      for (const count of ["conflicts", "written", "refused", "unclaimed"]) journal.count(count, counts[count])
      return
    }
    const [, index, madeAt] = /index (\S+) .*was made at (\S+);.*backfill is due/.exec(String(message)) ?? []
    if (index !== undefined && madeAt !== undefined) journal.sayDue(index, Date.parse(madeAt))
    const [, seen] = /^readers of "orders" see (\S+), but this deployment/.exec(String(message)) ?? []
    if (/ is incomplete from now on/.test(String(message))) journal.count("said that an index is incomplete")
    if (seen !== undefined && level === "ERROR") journal.sayUnseen(process.name, seen)
    journal.say(`${process.name} ${level}: ${message}`)
  }
  return { ...globalThis.console, log, error: log, warn: log, info: log, debug: log }
}
