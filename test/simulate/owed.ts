/**
 * The rule where definitions and indices come and go: what was acknowledged is in the index that readers see, or that
 * index is marked. Left aside is what only a definition wrote that has another index: that is what the product warns
 * of.
 */
import { Duration, Effect } from "effect"
import { reservedId } from "../../src/decode/rowKey.ts"
import type { Mapping } from "./EventSource.ts"
import type { History } from "./History.ts"
import { inWords } from "./inWords.ts"
import * as Losses from "./losses.ts"
import type { Operator } from "./Operator.ts"
import { type Difference, differences, type Reading, type Stored } from "./oracle.ts"
import type { Delivered } from "./records.ts"
import { type Release, releases } from "./releases.ts"
import type { Index } from "./SimulatedIndex.ts"
import type { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"
import { currentIn, stateIn } from "./state.ts"
import { type StateLaws, uuidOf } from "./stateLaws.ts"
import type { Delivery, Surroundings } from "./Worker.ts"

export interface World {
  readonly around: Surroundings
  readonly mapping: Mapping
  readonly history: History
  readonly server: SimulatedOpenSearch
  readonly operator: Operator
  readonly laws: StateLaws
}

/** The index that readers of orders see, and the definition that writes it. */
interface Live {
  readonly name: string
  readonly index: Index
  readonly release: Release
}

const liveOf = ({ server }: World): Live | string => {
  const found = [...server.indices].filter(([, { aliases }]) => aliases.has("orders"))
  const [only, ...others] = found
  if (only === undefined || others.length > 0) return `the alias leads to ${found.map(([name]) => name).join(", ")}.`
  const [name, index] = only
  const current = currentIn(index)
  const release = releases.find(({ hash }) => hash === current)
  return release === undefined ? `${name} is of no release` : { name, index, release }
}

/** The others: whoever writes one acknowledges nothing without it, but by a mark on it. */
const othersOf = ({ server }: World, live: Live): ReadonlyArray<Live> =>
  [...server.indices].flatMap(([name, index]) => {
    if (!name.startsWith("orders-") || index === live.index) return []
    const release = releases.find(({ hash }) => hash === stateIn(index)?.current)
    return release === undefined ? [] : [{ name, index, release }]
  })

/** Breaches once all was delivered, in words. */
export const breaches = (world: World): ReadonlyArray<string> => {
  const live = liveOf(world)
  if (typeof live === "string") return [live]
  const gift = (id: string) => {
    if (!live.release.hasGift) return "not shown"
    return isGiftOwed(world, live, id) ? "shown" : "either"
  }
  const notSeen = ({ release }: Live) => (release.hasGift ? "either" : "not shown")
  return [
    ...world.operator.problems,
    ...world.around.deliveries.flatMap((delivery) => acknowledgedUnwritten(world, delivery)),
    ...missing(world, live, gift, () => world.laws.madeAt(live.index)),
    ...othersOf(world, live).flatMap((other) =>
      missing(
        world,
        other,
        () => notSeen(other),
        (hash) => world.laws.acceptedSince(other.index, hash)
      )
    )
  ]
}

/**
 * Documents of an index that are owed to it and wrong, where it has no mark. What was acknowledged by a definition
 * counts from some time on.
 */
const missing = (world: World, own: Live, gift: Reading["gift"], from: (hash: string) => number) => {
  const { incomplete, verificationDue } = stateIn(own.index)!
  const isMarked = incomplete !== undefined || verificationDue !== undefined
  return compare(world, own, gift).flatMap((difference) => {
    const rows = Losses.rowsOf(world.history, "orders", difference.id)
    const isOwed = rows.every(([key]) => isRowOwed(world, own, key, from))
    if (isOwed && !isMarked) return [`${own.name} of ${own.release.name}: ${inWords(difference)}`]
    world.around.journal.count(isOwed ? "wrong orders in a marked index" : "wrong orders that nobody wrote there")
    return []
  })
}

/**
 * Where documents differ from the table after a verification with repair. It leaves rows of which the document says
 * that a state was refused.
 */
export const afterRepair = (world: World, repair: (release: Release) => Effect.Effect<void>) =>
  Effect.suspend(() => {
    const live = liveOf(world)
    if (typeof live === "string") return Effect.succeed([])
    return Effect.map(repair(live.release), () =>
      compare(world, live, () => (live.release.hasGift ? "shown" : "not shown"))
        .filter(({ id }) => !hasRefused(world, id))
        .map((wrong) => `repaired, ${inWords(wrong)}`)
    )
  })

const hasRefused = ({ history }: World, id: string): boolean =>
  Losses.rowsOf(history, "orders", id).some(([, { states }]) => states.some(({ isRefused }) => isRefused))

const compare = ({ history, server }: World, { index, release }: Live, gift: Reading["gift"]) => {
  server.handle({ method: "POST", path: "/_all/_refresh" })
  const found = server.search("orders")
  const isSeen = index.aliases.has("orders")
  const stored = [...index.documents].flatMap(([id, { text }]): Stored | [] => {
    const source = JSON.parse(text)
    return id === reservedId ? [] : { id, source, isFound: isSeen ? found.get(id) === text : source._sync.live }
  })
  const reading = { pieces: release.pieces, gift }
  return differences("orders", history, stored, true, reading) satisfies ReadonlyArray<Difference>
}

/**
 * Tells whether the newest change of a row was acknowledged by a worker that writes the index, or was there to be
 * verified. What was acknowledged while the index was incomplete may have been left out of it.
 */
const isRowOwed = (
  { around, laws, mapping, operator }: World,
  { index }: Live,
  key: string,
  from: (hash: string) => number
): boolean => {
  const last = Losses.newest(mapping, key)
  if (last === undefined) return false
  const { accepts } = stateIn(index)!
  const own = around.deliveries.filter(({ beganAt, releases }) =>
    releases.some(({ hash }) => accepts.includes(hash) && beganAt >= from(hash))
  )
  const isWritten = own.some(
    ({ beganAt, endedAt, records, settled }) =>
      records.slice(0, settled).some(({ place }) => place === last.place) &&
      !laws.wasIncomplete(index, beganAt, endedAt)
  )
  if (isWritten) return true
  // A record is newer than any scan of its stream: one that comes late beats what a scan read after it.
  const verifiedFrom = operator.verifiedFrom.get(uuidOf(index)) ?? 0
  const isBeaten = own.some(
    ({ endedAt, records }) =>
      endedAt >= verifiedFrom && records.some((record) => record.key === key && record.place < last.place)
  )
  return changedAt(last) < verifiedFrom && !isBeaten
}

/**
 * Tells whether a document must show its gift: nobody who does not know of it wrote the document since its root
 * changed. A writer that was at work before may go on for as long as its look at the index holds.
 */
const isGiftOwed = (world: World, { index, release }: Live, id: string): boolean => {
  const { around, history, laws, mapping, operator } = world
  const rows = Losses.rowsOf(history, "orders", id)
  const root = rows.find(([, { row }]) => row.field === "")
  const last = root === undefined ? undefined : Losses.newest(mapping, root[0])
  if (last === undefined || last.isRefused) return false
  const until = laws.acceptedSince(index, release.hash) + Duration.toMillis(around.sinkOptions.checkEvery!) + 1000
  const mayHide = (releases: ReadonlyArray<Release>, beganAt: number, endedAt: number) =>
    releases.some(({ hasGift }) => !hasGift) && endedAt >= changedAt(last) && beganAt <= until
  if (operator.ran.some(({ beganAt, endedAt, release }) => mayHide([release], beganAt, endedAt))) return false
  const keys = new Set(rows.map(([key]) => key))
  return !around.deliveries.some(
    ({ beganAt, endedAt, records, releases }) =>
      mayHide(releases, beganAt, endedAt) && records.some(({ key }) => keys.has(key))
  )
}

const changedAt = ({ event }: Delivered): number =>
  (event as { readonly dynamodb: { readonly ApproximateCreationDateTime: number } }).dynamodb
    .ApproximateCreationDateTime * 1000

/** Orders that were acknowledged while no index was written by any definition of the worker. */
const acknowledgedUnwritten = (world: World, delivery: Delivery): ReadonlyArray<string> => {
  const { around, history, laws } = world
  const { beganAt, records, releases, settled, worker, written } = delivery
  if (releases.length === 0 || releases.some(({ hash }) => written.has(hash))) return []
  const lookHolds = Duration.toMillis(around.sinkOptions.checkEvery!) + 1000
  if (releases.some(({ hash }) => beganAt <= laws.supersededAt(hash) + lookHolds)) return []
  const wrong = records
    .slice(0, settled)
    .filter(({ isRefused, key }) => !isRefused && history.rows.get(key)?.row.aggregate === "orders")
  const names = releases.map(({ name }) => name).join(", ")
  return wrong.map(({ label }) => `${worker} (${names}) acknowledged ${label}, though no index is its own`)
}

/**
 * Workers that wrote in calm times, and only an index that readers see no more or have seen before, without a word of
 * it. Each looks once a minute, and reports once a minute.
 */
export const unsaid = (world: World, calmFrom: number): ReadonlyArray<string> => {
  const live = liveOf(world)
  if (typeof live === "string") return []
  const { around, server } = world
  const left = new Set(
    [...server.indices].flatMap(([name, index]) => {
      const state = name.startsWith("orders-") ? stateIn(index) : undefined
      const isLeft = state !== undefined && (name < live.name || state.promotedAt !== undefined)
      return isLeft && index !== live.index ? [state.current] : []
    })
  )
  const silent = around.deliveries.filter(
    ({ beganAt, releases, settled, worker }) =>
      beganAt > calmFrom + 125_000 &&
      settled > 0 &&
      releases.some(({ hash }) => left.has(hash)) &&
      !releases.some(({ hash }) => hash === live.release.hash) &&
      !around.journal.isSaidUnseen(worker, live.name)
  )
  return [...new Set(silent.map(({ worker }) => worker))].map(
    (worker) => `${worker} does not write ${live.name}, which readers see, and says nothing`
  )
}
