/** A destination for dead letters that is away at times, answers late, and may have taken what it says it has not. */
import { Effect, Layer } from "effect"
import * as DeadLetters from "../../src/sink/deadletter/DeadLetters.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import type { Journal } from "./Journal.ts"
import type { Network } from "./Network.ts"

export class DeadLetterBox {
  readonly deadLetters = new Map<string, DeadLetters.DeadLetter>()
  private readonly failing: number
  private readonly network: Network
  private readonly random: SeededRandom
  private readonly journal: Journal

  constructor(network: Network, random: SeededRandom, journal: Journal) {
    this.network = network
    this.random = random
    this.journal = journal
    this.failing = random.pick([0, 0.1, 0.5])
  }

  readonly layer: Layer.Layer<DeadLetters.DeadLetters> = Layer.succeed(
    DeadLetters.DeadLetters,
    DeadLetters.DeadLetters.of({ withData: false, put: (deadLetters) => this.put(deadLetters) })
  )

  private put(deadLetters: ReadonlyArray<DeadLetters.DeadLetter>): Effect.Effect<ReadonlyMap<string, string>> {
    return Effect.gen({ self: this }, function* () {
      yield* Effect.sleep(this.random.below(this.network.isCalm ? 10 : 500))
      const left = new Map<string, string>()
      for (const deadLetter of deadLetters) {
        const fails = !this.network.isCalm && this.random.chance(this.failing)
        if (fails) left.set(deadLetter.id, "the queue is away")
        if (fails && this.random.chance(0.5)) continue
        this.deadLetters.set(deadLetter.id, DeadLetters.merge(this.deadLetters.get(deadLetter.id), deadLetter))
        const rows = deadLetter.rows.map(({ key, sequenceNumber }) => `${key} @${sequenceNumber ?? "scan"}`)
        this.journal.count("dead letters")
        this.journal.say(
          `dead letters ${fails ? "takes, and denies," : "takes"} ${rows.join(", ")}: ${deadLetter.reason}`
        )
      }
      return left
    })
  }
}
