/** A destination for dead letters that is away at times, answers late, and may have taken what it says it has not. */
import { Effect, Layer } from "effect"
import * as DeadLetters from "../../src/sink/deadletter/DeadLetters.ts"
import type { Dice } from "./Dice.ts"
import type { Journal } from "./Journal.ts"
import type { Network } from "./Network.ts"

export class LetterBox {
  readonly letters = new Map<string, DeadLetters.Letter>()
  private readonly failing: number
  private readonly network: Network
  private readonly dice: Dice
  private readonly journal: Journal

  constructor(network: Network, dice: Dice, journal: Journal) {
    this.network = network
    this.dice = dice
    this.journal = journal
    this.failing = dice.pick([0, 0.1, 0.5])
  }

  readonly layer: Layer.Layer<DeadLetters.DeadLetters> = Layer.succeed(
    DeadLetters.DeadLetters,
    DeadLetters.DeadLetters.of({ withData: false, put: (letters) => this.put(letters) })
  )

  private put(letters: ReadonlyArray<DeadLetters.Letter>): Effect.Effect<ReadonlyMap<string, string>> {
    return Effect.gen({ self: this }, function* () {
      yield* Effect.sleep(this.dice.below(this.network.isCalm ? 10 : 500))
      const left = new Map<string, string>()
      for (const letter of letters) {
        const fails = !this.network.isCalm && this.dice.chance(this.failing)
        if (fails) left.set(letter.id, "the queue is away")
        if (fails && this.dice.chance(0.5)) continue
        this.letters.set(letter.id, DeadLetters.merge(this.letters.get(letter.id), letter))
        const rows = letter.rows.map(({ key, sequenceNumber }) => `${key} @${sequenceNumber ?? "scan"}`)
        this.journal.count("dead letters")
        this.journal.say(`letters ${fails ? "takes, and denies," : "takes"} ${rows.join(", ")}: ${letter.reason}`)
      }
      return left
    })
  }
}
