/**
 * What happens to the table: rows inserted, changed, removed and made again, rows that nobody declared, and now and
 * then a row that can't be taken. Remembers each row's states, so that the oracle knows what readers must see in the
 * end.
 */
import { Effect } from "effect"
import type { MemoryTable } from "../../src/testing/MemoryTable.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import type { Journal } from "./Journal.ts"
import { attributes, type Json, type Place, type RowKind, type Shop, shop as plain } from "./shop.ts"

export interface State {
  /** The row as its document must show it; `undefined` when it is removed. */
  readonly json: Json | undefined
  /** Tells whether its schema or the server will not take it. */
  readonly isRefused: boolean
  /** Tells whether a stream told of it; otherwise only a scan can. */
  readonly isTold: boolean
}

export interface RowHistory {
  readonly row: RowKind
  readonly place: Place
  readonly states: Array<State>
}

/** The attribute that marks what must be refused; nobody declares it, so it goes nowhere. */
export const refusedMark = "mustBeRefused"

/** How much happens, and of what. */
export interface Plan {
  readonly changes: number
  readonly documents: number
  readonly pauseMax: number
  readonly removals: number
  readonly refusals: number
  readonly splits: number
  readonly replacements: number
  readonly gap: number
}

export const planOf = (random: SeededRandom): Plan => ({
  changes: random.between(15, 120),
  documents: random.between(1, 4),
  pauseMax: Math.round(random.wild(1, 4000)),
  removals: random.pick([0, 0.15, 0.4]),
  refusals: random.pick([0, 0, 0.03, 0.1]),
  splits: random.pick([0, 0, 0.02, 0.06]),
  replacements: random.pick([0, 0, 0.01, 0.03]),
  gap: random.pick([0, 3])
})

export class History {
  readonly rows = new Map<string, RowHistory>()
  readonly shop: Shop
  /** How many streams the table had so far. */
  streams = 1
  private readonly table: MemoryTable
  private readonly random: SeededRandom
  private readonly journal: Journal
  private readonly plan: Plan

  constructor(
    table: MemoryTable,
    random: SeededRandom,
    journal: Journal,
    { shop = plain, ...plan }: Partial<Plan> & { readonly shop?: Shop } = {}
  ) {
    this.shop = shop
    this.table = table
    this.random = random
    this.journal = journal
    this.plan = { ...planOf(random), ...plan }
  }

  /** The rows with their keys, each as the documents of one aggregate have it: some more than once, in several fields. */
  get shown(): ReadonlyArray<readonly [key: string, history: RowHistory]> {
    return [...this.rows].flatMap(([key, history]) => shownAs(history).map((shown) => [key, shown] as const))
  }

  /** Lets it all happen. `streamReplaced` is run after each new stream: its event source mapping, and a backfill. */
  happen(streamReplaced: () => Effect.Effect<void>): Effect.Effect<void> {
    const { changes, pauseMax, replacements, splits } = this.plan
    const step = Effect.gen({ self: this }, function* () {
      yield* Effect.sleep(this.random.below(pauseMax))
      if (this.random.chance(splits)) yield* this.split()
      if (this.random.chance(replacements)) {
        yield* this.replaceStream()
        yield* streamReplaced()
      }
      yield* this.change(true)
    })
    return Effect.repeat(step, { times: changes - 1 })
  }

  /** Some changes one after the other, told by the stream. */
  changes(count: number): Effect.Effect<void> {
    const step = Effect.andThen(Effect.sleep(this.random.below(this.plan.pauseMax)), () => this.change(true))
    return Effect.repeat(step, { times: count - 1 })
  }

  private change(isTold: boolean): Effect.Effect<void> {
    const { random, table } = this
    if (random.chance(0.05)) {
      this.journal.count("undeclared rows")
      const sk = random.pick(["LOCK", "COUNTER#1", "_unique#email"])
      return table.put(attributes({ PK: `ORDER#${random.below(3)}`, SK: sk, n: random.below(1000) }))
    }
    const row = random.pick(this.shop.kinds)
    const place = row.place(random.below(this.plan.documents), random.below(6))
    if (isTold && random.chance(this.plan.removals)) return this.remove(row, place)
    return this.put(row, place, isTold, isTold && random.chance(this.plan.refusals))
  }

  /** Puts a row of each aggregate, so that whoever follows the stream has something to write to each. */
  get touchAll(): Effect.Effect<void> {
    const first = new Map(this.shop.kinds.toReversed().map((row) => [row.aggregate, row]))
    return Effect.forEach(first.values(), (row) => this.put(row, row.place(0, 0), true, false), { discard: true })
  }

  private remove(row: RowKind, place: Place): Effect.Effect<void> {
    this.statesOf(row, place).push({ json: undefined, isRefused: false, isTold: true })
    this.journal.say(`table   removes ${place.pk} / ${place.sk}`)
    return this.table.remove(attributes({ PK: place.pk, SK: place.sk }))
  }

  private put(row: RowKind, place: Place, isTold: boolean, isRefused: boolean): Effect.Effect<void> {
    const { random } = this
    const { named, pk, sk } = place
    const value = isRefused ? row.spoilt(random) : row.value(random)
    const isNamed = row.views === undefined && (row.aggregate === "users" || row.field === "")
    const shown = isNamed ? { ...named, ...value } : value
    this.statesOf(row, place).push({ json: shown, isRefused, isTold })
    this.journal.say(`table   puts ${pk} / ${sk} ${JSON.stringify(value)}${isTold ? "" : " untold"}`)
    if (isRefused) this.journal.count("rows that must be refused")
    const mark = isRefused ? { [refusedMark]: true } : { seen: random.below(1e9) }
    return this.table.put(attributes({ PK: pk, SK: sk, ...value, ...mark }))
  }

  private statesOf(row: RowKind, place: Place): Array<State> {
    const key = `${place.pk} / ${place.sk}`
    const history: RowHistory = this.rows.get(key) ?? { row, place, states: [] }
    this.rows.set(key, history)
    return history.states
  }

  private split(): Effect.Effect<void> {
    this.journal.count("shards split")
    return Effect.map(this.table.splitShard(), (made) => this.journal.say(`table   splits a shard: ${made.join(", ")}`))
  }

  /** Off and on again; what is written in between no stream tells. */
  private replaceStream() {
    return Effect.gen({ self: this }, function* () {
      this.journal.count("streams replaced")
      this.journal.say("table   gets a new stream")
      this.streams++
      yield* this.table.disableStream
      for (let i = 0; i < this.plan.gap; i++) {
        yield* Effect.sleep(this.random.below(1000))
        yield* this.change(false)
      }
      yield* this.table.replaceStream()
    })
  }
}

const shownAs = (history: RowHistory): ReadonlyArray<RowHistory> => {
  const { place, row, states } = history
  const { views = [] } = row
  if (views.length === 0) return [history]
  return views.map(({ aggregate, field, id, kind, show }) => {
    const beside = views.filter((view) => view.aggregate === aggregate)
    const seen = states.map(({ isRefused, isTold, json }): State => {
      const isTaken = json !== undefined && beside.some((view) => view.show(json, place) !== undefined)
      return { json: json && show(json, place), isRefused: isRefused && isTaken, isTold }
    })
    return { row: { ...row, aggregate, field, kind }, place: { ...place, id: id(place) }, states: seen }
  })
}
