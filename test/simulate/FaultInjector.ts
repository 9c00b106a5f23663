/**
 * What happens to OpenSearch itself while everything runs: indices lost and restored, closed and blocked, templates and
 * pipelines put in the way, aliases moved, shards promoted, doors locked.
 */
import { Effect } from "effect"
import { reservedId } from "../../src/decode/rowKey.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import { pausedFor } from "./EventSource.ts"
import type { Journal } from "./Journal.ts"
import type { Network } from "./Network.ts"
import type { Index } from "./SimulatedIndex.ts"
import type { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"
import type { Restore, Snapshot } from "./snapshots.ts"

/** The share of seeds in which each thing happens. */
const events = {
  "index lost": 0.15,
  "restored over closed": 0.15,
  "restored after delete": 0.15,
  "made under a template": 0.15,
  "dropping pipeline": 0.2,
  closed: 0.3,
  blocked: 0.3,
  "alias removed": 0.3,
  "alias moved": 0.3,
  "write alias removed": 0.3,
  promoted: 0.4,
  "locked out": 0.3
} satisfies { readonly [event: string]: number }

export type Event = keyof typeof events

/** What is left to others where readers' alias is moved and indices are made and dropped on purpose. */
export const ofOperators: ReadonlyArray<Event> = [
  "index lost",
  "restored over closed",
  "restored after delete",
  "made under a template",
  "alias removed",
  "alias moved"
]

/** How an index was bereft of what it had, the last time. */
export interface Taken {
  readonly at: number
  readonly how: "lost" | Restore
  /** Tells whether writes from now on may get the very numbers and term that writes before had. */
  readonly mayRepeat: boolean
}

const snapshotsMax = 4
const dropping = "injected-drops"
const blocks = ["write", "read_only", "read_only_allow_delete", "read", "metadata"]

/** What a cluster's template may bring that would take documents, or parts of them, away. */
const templates: ReadonlyArray<object> = [
  { settings: { index: { default_pipeline: dropping } } },
  { settings: { index: { final_pipeline: dropping } } },
  { mappings: { _source: { excludes: ["_sync"] } } },
  { mappings: { _source: { excludes: ["orderItems", "addresses.city", "lines"] } } },
  { mappings: { _routing: { required: true } } },
  { settings: { index: { translog: { durability: "async" } } } }
]

export class FaultInjector {
  /** By the index's name. */
  readonly taken = new Map<string, Taken>()
  /** What somebody may do who has restored a snapshot. */
  whenRestored: Effect.Effect<void> = Effect.void
  /** Nothing happens meanwhile. */
  isPaused = false
  private readonly likely: ReadonlyArray<Event>
  private readonly pauseMax: number
  private readonly snapshots: Array<Snapshot> = []
  private readonly server: SimulatedOpenSearch
  private readonly network: Network
  private readonly random: SeededRandom
  private readonly journal: Journal
  private readonly now: () => number

  constructor(
    server: SimulatedOpenSearch,
    network: Network,
    random: SeededRandom,
    journal: Journal,
    now: () => number,
    sure: ReadonlyArray<string>,
    never: ReadonlyArray<Event> = []
  ) {
    this.server = server
    this.network = network
    this.random = random
    this.journal = journal
    this.now = now
    const all = Object.keys(events) as Array<Event>
    const likely = all.filter((event) => random.chance(events[event]) || sure.includes(event))
    this.likely = likely.filter((event) => !never.includes(event))
    this.pauseMax = Math.round(random.wild(2000, 60_000))
    this.send("PUT", `/_ingest/pipeline/${dropping}`, { processors: [{ drop: {} }] })
  }

  /** One thing after the other, for as long as it is let. */
  get happen(): Effect.Effect<void> {
    if (this.likely.length === 0) return Effect.void
    const step = Effect.gen({ self: this }, function* () {
      yield* Effect.sleep(this.isPaused ? pausedFor : this.random.below(this.pauseMax))
      if (this.network.isCalm || this.isPaused) return
      this.takeSnapshot()
      const event = this.random.pick(this.likely)
      this.journal.count(`fault: index: ${event}`)
      this.journal.say(`faults ${event}`)
      yield* this.strike(event)
    })
    return Effect.repeat(step, { until: () => this.network.isCalm })
  }

  private strike(event: Event): Effect.Effect<void> {
    if (event === "promoted") return Effect.sync(() => this.server.promote())
    if (event === "locked out") {
      this.network.isLockedOut = true
      return this.later(10_000, () => void (this.network.isLockedOut = false))
    }
    const own = this.own()
    if (event === "restored over closed") return this.restore("over closed")
    if (event === "restored after delete") return this.restore("after delete")
    if (own.length === 0) return Effect.void
    const [name, index] = this.random.pick(own)
    if (event === "index lost") return Effect.sync(() => this.lose(name))
    if (event === "closed") {
      this.send("POST", `/${name}/_close`)
      return this.later(20_000, () => this.send("POST", `/${name}/_open`))
    }
    if (event === "blocked") return this.set(name, `index.blocks.${this.random.pick(blocks)}`, true, null)
    if (event === "dropping pipeline") {
      return this.set(name, this.random.pick(["index.default_pipeline", "index.final_pipeline"]), dropping, "_none")
    }
    if (event === "made under a template") return this.template(name)
    return this.moveAlias(event, index)
  }

  /** Tells whether an index may lose what it has. */
  get mayTake(): boolean {
    const taking: ReadonlyArray<Event> = ["index lost", "made under a template"]
    return this.likely.some((event) => event.startsWith("restored") || taking.includes(event))
  }

  private own(): ReadonlyArray<readonly [string, Index]> {
    return [...this.server.indices].filter(([, { mappings }]) => mappings["_meta"] !== undefined)
  }

  private lose(name: string): void {
    this.taken.set(name, { at: this.now(), how: "lost", mayRepeat: false })
    this.server.indices.delete(name)
  }

  private takeSnapshot(): void {
    // The moment between an index and its state is told by a writer only after some minutes, and is left out here.
    const own = this.own().filter(([, { documents }]) => documents.has(reservedId))
    if (own.length === 0 || !this.likely.some((event) => event.startsWith("restored"))) return
    this.snapshots.push(this.server.snapshot(this.random.pick(own)[0]))
    if (this.snapshots.length > snapshotsMax) this.snapshots.shift()
  }

  /** Restores one of the snapshots taken so far, and for a moment there is no index to write to. */
  private restore(how: Restore): Effect.Effect<void> {
    if (this.snapshots.length === 0) return Effect.void
    const snapshot = this.random.pick(this.snapshots)
    if (how === "over closed") this.send("POST", `/${snapshot.name}/_close`)
    const restored = this.later(5000, () => {
      const term = this.server.indices.get(snapshot.name)?.primaryTerm ?? Number.POSITIVE_INFINITY
      const mayRepeat = how === "after delete" && term > snapshot.index.primaryTerm
      this.taken.set(snapshot.name, { at: this.now(), how, mayRepeat })
      this.server.restore(snapshot, how)
      this.journal.say(`faults ${snapshot.name} is restored ${how}`)
    })
    return Effect.andThen(restored, () => (this.random.chance(0.8) ? this.whenRestored : Effect.void))
  }

  private set(name: string, setting: string, value: unknown, after: unknown): Effect.Effect<void> {
    this.journal.say(`faults ${setting} of ${name} is ${String(value)}`)
    this.send("PUT", `/${name}/_settings`, { [setting]: value })
    return this.later(20_000, () => this.send("PUT", `/${name}/_settings`, { [setting]: after }))
  }

  /** An index is lost while a template waits for the one that is made in its place. */
  private template(name: string): Effect.Effect<void> {
    const path = "/_index_template/faults"
    const template = this.random.pick(templates)
    this.journal.say(`faults template ${JSON.stringify(template)}`)
    this.send("PUT", path, { index_patterns: ["*"], priority: 1, template })
    this.lose(name)
    return this.later(20_000, () => this.send("DELETE", path))
  }

  private moveAlias(event: Event, index: Index): Effect.Effect<void> {
    const isWriteAlias = event === "write alias removed"
    const taken = [...index.aliases].find(([alias]) => alias.includes("-write-") === isWriteAlias)
    if (taken === undefined) return Effect.void
    const [alias, options] = taken
    index.aliases.delete(alias)
    if (event === "alias moved") this.foreign().aliases.set(alias, options)
    return this.later(20_000, () => {
      this.foreign().aliases.delete(alias)
      index.aliases.set(alias, options)
      this.journal.say(`faults alias ${alias} is back`)
    })
  }

  private later(delayMax: number, then: () => void): Effect.Effect<void> {
    return Effect.map(Effect.sleep(this.random.below(delayMax)), then)
  }

  private send(method: "PUT" | "POST" | "DELETE", path: string, body: object = {}): void {
    this.server.handle({ method, path, body: JSON.stringify(body) })
  }

  /** An index of somebody else's. */
  private foreign(): Index {
    if (!this.server.indices.has("somebody-elses")) this.send("PUT", "/somebody-elses")
    return this.server.indices.get("somebody-elses")!
  }
}
