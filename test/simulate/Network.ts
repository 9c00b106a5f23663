/**
 * The way from a worker to OpenSearch. Requests are under way for a time, overtake each other, and are carried out even
 * if whoever sent them has given up or died meanwhile; answers may never come.
 */
import { Deferred, Effect, Layer } from "effect"
import { type Request, type Response, Transport, type TransportError } from "../../src/sink/opensearch/Transport.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import { type Fate, faults, Mix, outcome } from "./faults.ts"
import type { Journal } from "./Journal.ts"
import { brief, handle } from "./requests.ts"
import type { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"
import type { WorkerParts } from "./Worker.ts"

/** A process that can be dead: what it sends after that goes nowhere, what comes back reaches nobody. */
export interface Process {
  readonly name: string
  /** How far its clock is ahead of the simulation's, in milliseconds; below zero where it is behind. */
  readonly clockAhead: number
  isDead: boolean
}

export class Network {
  /** No more faults: what is sent arrives, and is answered. */
  isCalm = false
  /** The credentials are refused. */
  isLockedOut = false
  private readonly mix: Mix
  private readonly slowMax: number
  private readonly server: SimulatedOpenSearch
  private readonly random: SeededRandom
  private readonly journal: Journal
  private readonly parts: WorkerParts

  constructor(server: SimulatedOpenSearch, random: SeededRandom, journal: Journal, parts: WorkerParts) {
    this.server = server
    this.random = random
    this.journal = journal
    this.parts = parts
    this.mix = new Mix(random)
    this.slowMax = Math.round(random.wild(2, 3000))
    for (const [kind, weight] of this.mix.weights) journal.say(`network ${kind}: weight ${weight.toFixed(3)}`)
  }

  /** The transport of one process. */
  layer(process: Process): Layer.Layer<Transport> {
    return Layer.succeed(
      Transport,
      Transport.of({
        node: "http://simulated:9200",
        request: (request) => (process.isDead ? Effect.never : this.altered(process, request))
      })
    )
  }

  /** What a canary makes of a request and of its answer. */
  private altered(process: Process, request: Request): Effect.Effect<Response, TransportError> {
    const { answer = (_, response) => response, request: alter = (request) => request } = this.parts
    const sent = alter(request)
    return Effect.map(this.send(process, sent), (response) => answer(sent, response))
  }

  private send(process: Process, request: Request): Effect.Effect<Response, TransportError> {
    return Effect.gen({ self: this }, function* () {
      const arrived = yield* Deferred.make<Fate>()
      const [there, back] = [this.delay(), this.delay()]
      yield* Effect.forkDetach(
        Effect.gen({ self: this }, function* () {
          yield* Effect.sleep(there)
          const fate = this.carryOut(process, request)
          yield* Deferred.succeed(arrived, fate)
          if (fate._tag !== "Late") return
          yield* Effect.sleep(fate.after)
          this.journal.say(`network carries out at last: ${process.name} ${brief(request)}`)
          handle(this.server, request)
        })
      )
      const fate = yield* Deferred.await(arrived)
      yield* Effect.sleep(back)
      return yield* process.isDead ? Effect.never : outcome(fate, this.random)
    })
  }

  private carryOut(process: Process, request: Request): Fate {
    const who = `${process.name} ${brief(request)}`
    if (this.isLockedOut && !this.isCalm) {
      this.journal.count("fault: 401")
      this.journal.say(`network 401 for ${who}`)
      return { _tag: "Answered", response: { status: 401, text: "Unauthorized" } }
    }
    const kind = this.isCalm ? undefined : this.mix.draw(this.random)
    const fate: Fate =
      kind === undefined
        ? { _tag: "Answered", response: handle(this.server, request) }
        : faults[kind](this.server, request, this.random)
    if (kind !== undefined) this.journal.count(`fault: ${kind}`)
    this.journal.say(`network ${kind ?? "carries out"}: ${who} -> ${briefly(fate)}`)
    return fate
  }

  private delay(): number {
    return this.isCalm ? 1 : 1 + this.random.below(this.random.chance(0.8) ? 10 : this.slowMax)
  }
}

const briefly = (fate: Fate): string => {
  if (fate._tag !== "Answered") return fate._tag
  const { status, text } = fate.response
  const conflicts = text.split('"status":409').length - 1
  return `${status}${conflicts > 0 ? `, ${conflicts} conflicts` : ""}`
}
