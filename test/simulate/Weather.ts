/** What happens to OpenSearch itself while everything runs: indices lost, aliases moved, shards promoted, doors locked. */
import { Effect } from "effect"
import type { Dice } from "./Dice.ts"
import type { Journal } from "./Journal.ts"
import type { Network } from "./Network.ts"
import type { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"

export const events = [
  "index lost",
  "alias removed",
  "alias moved",
  "write alias removed",
  "promoted",
  "locked out"
] as const

export type Event = (typeof events)[number]

export class Weather {
  /** When each index was lost last, by its name. */
  readonly lostAt = new Map<string, number>()
  private readonly likely: ReadonlyArray<Event>
  private readonly pauseMax: number
  private readonly server: SimulatedOpenSearch
  private readonly network: Network
  private readonly dice: Dice
  private readonly journal: Journal
  private readonly now: () => number

  constructor(
    server: SimulatedOpenSearch,
    network: Network,
    dice: Dice,
    journal: Journal,
    now: () => number,
    sure: ReadonlyArray<Event>
  ) {
    this.server = server
    this.network = network
    this.dice = dice
    this.journal = journal
    this.now = now
    this.likely = events.filter((event) => dice.chance(event === "index lost" ? 0.2 : 0.4) || sure.includes(event))
    this.pauseMax = Math.round(dice.wild(2000, 60_000))
  }

  /** One thing after the other, for as long as it is let. */
  get happen(): Effect.Effect<void> {
    if (this.likely.length === 0) return Effect.void
    const step = Effect.gen({ self: this }, function* () {
      yield* Effect.sleep(this.dice.below(this.pauseMax))
      if (this.network.isCalm) return
      const event = this.dice.pick(this.likely)
      this.journal.count(`weather: ${event}`)
      this.journal.say(`weather ${event}`)
      yield* this.strike(event)
    })
    return Effect.repeat(step, { until: () => this.network.isCalm })
  }

  private strike(event: Event): Effect.Effect<void> {
    if (event === "promoted") return Effect.sync(() => this.server.promote())
    if (event === "locked out") {
      this.network.isLockedOut = true
      return Effect.map(Effect.sleep(this.dice.below(10_000)), () => void (this.network.isLockedOut = false))
    }
    const own = [...this.server.indices].filter(([, { mappings }]) => mappings["_meta"] !== undefined)
    if (own.length === 0) return Effect.void
    const [name, index] = this.dice.pick(own)
    if (event === "index lost") {
      this.lostAt.set(name, this.now())
      return Effect.sync(() => void this.server.indices.delete(name))
    }
    const isWriteAlias = event === "write alias removed"
    const taken = [...index.aliases].find(([alias]) => alias.includes("-write-") === isWriteAlias)
    if (taken === undefined) return Effect.void
    const [alias, options] = taken
    index.aliases.delete(alias)
    if (event === "alias moved") this.foreign().aliases.set(alias, options)
    return Effect.map(Effect.sleep(this.dice.below(20_000)), () => {
      this.foreign().aliases.delete(alias)
      index.aliases.set(alias, options)
      this.journal.say(`weather alias ${alias} is back`)
    })
  }

  /** An index of somebody else's. */
  private foreign() {
    const known = this.server.indices.get("somebody-elses")
    if (known !== undefined) return known
    this.server.handle({ method: "PUT", path: "/somebody-elses", body: "{}" })
    return this.server.indices.get("somebody-elses")!
  }
}
