/**
 * The function's containers: a batch goes to a free one, a new one is started where none is free, and at any moment a
 * container may be killed. What was delivered, when, is kept: an index lost meanwhile makes old deliveries matter.
 */
import { Effect } from "effect"
import type { Dice } from "./Dice.ts"
import type { Delivered } from "./records.ts"
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
export const fleetPlanOf = (dice: Dice, hasLetters: boolean): FleetPlan => ({
  workersMax: dice.between(1, 6),
  timeout: dice.pick([hasLetters ? 5000 : 3000, 10_000, 60_000]),
  deaths: dice.pick([0, 0, 0.05, 0.3])
})

export class Fleet {
  private readonly workers: Array<Worker> = []
  private readonly waiting: Array<() => void> = []
  private started = 0
  private readonly around: Surroundings
  private readonly dice: Dice
  private readonly plan: FleetPlan

  constructor(around: Surroundings, dice: Dice) {
    this.around = around
    this.dice = dice
    this.plan = fleetPlanOf(dice, around.letterBox !== undefined)
    around.journal.say(`fleet   ${JSON.stringify(this.plan)}`)
  }

  /** Invokes the function with these records, once a container is free. */
  invoke(records: ReadonlyArray<Delivered>): Effect.Effect<Answer> {
    return Effect.gen({ self: this }, function* () {
      const { dice } = this
      const { clock, journal, network } = this.around
      const worker = yield* this.free()
      const dies = !network.isCalm && dice.chance(this.plan.deaths)
      const diesAfter = dies ? Math.round(dice.wild(1, this.plan.timeout)) : undefined
      journal.count("invocations")
      journal.say(`${worker.name} takes ${records.map(({ label }) => label).join(", ")}`)
      const beganAt = clock.currentTimeMillisUnsafe()
      const answer = yield* worker.invoke({ Records: records.map(({ event }) => event) }, this.plan.timeout, diesAfter)
      const settled = settledOf(records, answer) ?? 0
      this.around.deliveries.push({ beganAt, endedAt: clock.currentTimeMillisUnsafe(), records, settled })
      if (answer._tag === "Died") {
        this.workers.splice(this.workers.indexOf(worker), 1)
        journal.count(dies ? "workers killed" : "workers out of time")
      }
      journal.say(`${worker.name} ${told(answer)}`)
      for (const wake of this.waiting.splice(0)) wake()
      return answer
    })
  }

  private free(): Effect.Effect<Worker> {
    return Effect.gen({ self: this }, function* () {
      for (;;) {
        const idle = this.workers.filter(({ isBusy }) => !isBusy)
        const mayStart = this.workers.length < this.plan.workersMax
        if (idle.length > 0 && !(mayStart && this.dice.chance(0.05))) return reserve(this.dice.pick(idle))
        if (mayStart) {
          const worker = new Worker(`worker${++this.started}`, this.around, this.dice.fork())
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
