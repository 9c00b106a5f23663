/**
 * Deployments and an operator: definitions deployed and replaced, one index made in the place of another, in an order
 * that is mostly sensible and never to be relied on.
 */
import { Effect } from "effect"
import type { SeededRandom } from "./SeededRandom.ts"
import type { Fleet } from "./Fleet.ts"
import type { Network } from "./Network.ts"
import { type Operator, type Step, steps } from "./Operator.ts"
import { type Deployment, deployments, type Release, releases } from "./releases.ts"
import { isWrite } from "./requests.ts"
import type { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"
import { currentIn } from "./state.ts"

/** A sensible order of things. */
const way = ["deploy both", "make", "backfill", "verify", "verify", "promote", "deploy", "drop"] as const

type Move = Step | (typeof way)[number]

const isOrders = (index: string): boolean => index.startsWith("orders-")

export class Rollout {
  private readonly fleets: ReadonlyArray<Fleet>
  private readonly operator: Operator
  private readonly server: SimulatedOpenSearch
  private readonly network: Network
  private readonly random: SeededRandom
  /** How often what comes next is anything. */
  private readonly disorder: number
  private readonly pauseMax: number
  private readonly way: ReadonlyArray<Move>
  /** How likely an index that readers don't see takes no documents until the next move. */
  private readonly failing: number
  private target: Release
  private refusing: string | undefined
  private at = 0

  constructor(
    fleets: ReadonlyArray<Fleet>,
    operator: Operator,
    server: SimulatedOpenSearch,
    network: Network,
    random: SeededRandom
  ) {
    this.fleets = fleets
    this.operator = operator
    this.server = server
    this.network = network
    this.random = random
    this.disorder = random.pick([0, 0.2, 0.6])
    this.pauseMax = Math.round(random.wild(2000, 30_000))
    // Some lead readers over before anything is deployed, which is to be refused.
    this.way = random.chance(0.3) ? way.filter((move) => move !== "deploy both") : way
    this.failing = random.pick([0, 0, 0.3, 0.7])
    this.target = this.next()
    this.refuseSome()
  }

  /** One thing after the other, for as long as it is let. */
  get happen(): Effect.Effect<void> {
    const step = Effect.gen({ self: this }, function* () {
      const others = [...this.server.indices].filter(([name, { aliases }]) => isOrders(name) && !aliases.has("orders"))
      const [failing] = this.random.chance(this.failing) && others.length > 0 ? this.random.pick(others) : []
      this.refusing = failing
      yield* Effect.sleep(this.random.below(this.pauseMax))
      if (!this.network.isCalm) yield* this.move()
    })
    return Effect.repeat(step, { until: () => this.network.isCalm })
  }

  private move(): Effect.Effect<void> {
    const { random } = this
    if (random.chance(this.disorder)) {
      const move = random.pick([...steps, "deploy", "deploy both"] as const)
      return Effect.asVoid(this.make(move, random.chance(0.5) ? this.target : random.pick(releases)))
    }
    return Effect.map(this.make(this.way[this.at]!, this.target), (isDone) => {
      if (!isDone && random.chance(0.8)) return
      this.at = (this.at + 1) % this.way.length
      if (this.at === 0) this.target = this.next()
    })
  }

  /** A release that readers don't see yet: mostly one that never was. */
  private next(): Release {
    const at = releases.findIndex(({ hash }) => hash === this.current())
    const after = releases.slice(at + 1)
    return this.random.pick(after.length === 0 || this.random.chance(0.2) ? releases : after.slice(0, 3))
  }

  private make(move: Move, release: Release): Effect.Effect<boolean> {
    if (move === "deploy") return this.deploy((found) => found.length === 1 && found[0] === release)
    if (move !== "deploy both") return this.operator.run(move, release)
    const previous = this.current()
    return this.deploy((found) => found[0] === release && found[1]?.hash === previous)
  }

  /** Puts one such deployment in the place of what a fleet runs; now and then any. */
  private deploy(isMeant: (releases: Deployment["releases"]) => boolean): Effect.Effect<boolean> {
    const { random } = this
    const meant = deployments.filter(({ releases }) => isMeant(releases))
    const deployment = random.pick(meant.length === 0 || random.chance(this.disorder) ? deployments : meant)
    return Effect.sync(() => (random.pick(this.fleets).deploy(deployment), true))
  }

  /** Documents find no room in an index that fails, while its state does: what is left out of it is to be marked. */
  private refuseSome(): void {
    const handle = this.server.handle.bind(this.server)
    this.server.handle = (request) => {
      const fails = this.refusing !== undefined && !this.network.isCalm && isWrite(request)
      return fails && request.path.startsWith(`/${this.refusing}-write-`) ? { status: 503, text: "" } : handle(request)
    }
  }

  /** Has all of the table read by definitions of which one is that of the index that readers see. */
  settle(): void {
    const current = releases.find(({ hash }) => hash === this.current())!
    // A field that one of them adds would leave the other with a definition that is no longer current.
    const isOther = (release: Release) => release === current || release.pieces !== current.pieces
    const fitting = deployments.filter(({ releases }) => releases.includes(current) && releases.every(isOther))
    for (const fleet of this.fleets) fleet.replace(this.random.pick(fitting))
  }

  /** The hash of the definition that writes the index which readers see. */
  private current(): string | undefined {
    const live = [...this.server.indices.values()].find(({ aliases }) => aliases.has("orders"))
    return live === undefined ? releases[0]!.hash : currentIn(live)
  }
}
