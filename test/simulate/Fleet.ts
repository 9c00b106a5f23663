/**
 * The function's containers: a batch goes to a free one, a new one is started where none is free, and at any moment a
 * container may be killed. What was delivered, when, is kept: an index lost meanwhile makes old deliveries matter.
 */
import { Effect } from "effect"
import type { SeededRandom } from "./SeededRandom.ts"
import type { Delivered } from "./records.ts"
import { type Deployment, first } from "./releases.ts"
import { settledOf } from "./settledOf.ts"
import { type Answer, type Surroundings, Worker } from "./Worker.ts"

export interface FleetPlan {
  readonly workersMax: number
  /** The function's time, in milliseconds. */
  readonly timeout: number
  /** How likely an invocation is not to survive. */
  readonly deaths: number
}

/** A handler with dead letters keeps three seconds of its time for them. */
export const fleetPlanOf = (random: SeededRandom, hasDeadLetters: boolean): FleetPlan => ({
  workersMax: random.between(1, 6),
  timeout: random.pick([hasDeadLetters ? 5000 : 3000, 10_000, 60_000]),
  deaths: random.pick([0, 0, 0.05, 0.3])
})

export class Fleet {
  private readonly workers: Array<Worker> = []
  private readonly waiting: Array<() => void> = []
  private started = 0
  private readonly around: Surroundings
  private readonly random: SeededRandom
  private readonly plan: FleetPlan
  private readonly written: () => ReadonlySet<string>
  private readonly name: string
  private deployment: Deployment
  /** Until when containers of deployments before go on. */
  private overlapsUntil = 0

  constructor(around: Surroundings, random: SeededRandom, written: () => ReadonlySet<string>, name = "") {
    this.around = around
    this.deployment = { ...first, table: around.table }
    this.random = random
    this.written = written
    this.name = name
    this.plan = fleetPlanOf(random, around.deadLetterBox !== undefined)
    around.journal.say(`fleet   ${JSON.stringify(this.plan)}`)
  }

  /** New containers have this deployment; those there are may go on for a while. */
  deploy(deployment: Deployment): void {
    this.deployment = deployment
    this.overlapsUntil = this.around.clock.currentTimeMillisUnsafe() + this.random.wild(100, 120_000)
    this.around.journal.count("deployments")
    this.around.journal.say(`fleet${this.name}   deploys ${deployment.name}`)
  }

  /** All containers have this deployment. */
  replace(deployment: Deployment): void {
    this.deploy(deployment)
    this.overlapsUntil = 0
  }

  /** Invokes the function with these records, once a container is free. */
  invoke(records: ReadonlyArray<Delivered>): Effect.Effect<Answer> {
    return Effect.gen({ self: this }, function* () {
      const { random } = this
      const { clock, journal, network } = this.around
      const worker = yield* this.free()
      const dies = !network.isCalm && random.chance(this.plan.deaths)
      const diesAfter = dies ? Math.round(random.wild(1, this.plan.timeout)) : undefined
      journal.count("invocations")
      journal.say(`${worker.name} takes ${records.map(({ label }) => label).join(", ")}`)
      const beganAt = clock.currentTimeMillisUnsafe()
      const writtenBefore = this.written()
      const answer = yield* worker.invoke({ Records: records.map(({ event }) => event) }, this.plan.timeout, diesAfter)
      const settled = settledOf(records, answer) ?? 0
      const { releases } = worker.deployment
      const written = new Set([...writtenBefore, ...this.written()])
      const endedAt = clock.currentTimeMillisUnsafe()
      this.around.deliveries.push({ beganAt, endedAt, records, settled, worker: worker.name, releases, written })
      if (answer._tag === "Died") {
        this.workers.splice(this.workers.indexOf(worker), 1)
        journal.count(dies ? "workers killed" : "workers out of time")
      }
      journal.say(`${worker.name} ${told(answer)}`)
      for (const wake of this.waiting.splice(0)) wake()
      return answer
    })
  }

  /** Idle containers of deployments before are gone. */
  private retire(): void {
    const kept = this.workers.filter(({ deployment, isBusy }) => isBusy || deployment === this.deployment)
    this.workers.splice(0, this.workers.length, ...kept)
  }

  private free(): Effect.Effect<Worker> {
    return Effect.gen({ self: this }, function* () {
      for (;;) {
        if (this.around.clock.currentTimeMillisUnsafe() >= this.overlapsUntil) this.retire()
        const idle = this.workers.filter(({ isBusy }) => !isBusy)
        const mayStart = this.workers.length < this.plan.workersMax
        if (idle.length > 0 && !(mayStart && this.random.chance(0.05))) return reserve(this.random.pick(idle))
        if (mayStart) {
          const worker = new Worker(
            `worker${this.name}${++this.started}`,
            this.around,
            this.deployment,
            this.random.fork()
          )
          this.workers.push(worker)
          return reserve(worker)
        }
        yield* Effect.callback<void>((resume) => void this.waiting.push(() => resume(Effect.void)))
      }
    })
  }
}

const reserve = (worker: Worker): Worker => {
  worker.isBusy = true
  return worker
}

const told = (answer: Answer): string => {
  if (answer._tag === "Died") return "dies"
  if (answer._tag === "Failed") return `fails: ${answer.message}`
  const [failure] = answer.response.batchItemFailures
  return failure === undefined ? "settles all" : `names ${failure.itemIdentifier}`
}
