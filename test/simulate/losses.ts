/**
 * What the rule says of indices that lost what they had, before anything is healed: a change acknowledged since is
 * there, and for what was acknowledged before, the generation's state says that a verification is due.
 */
import { Duration } from "effect"
import { reservedId } from "../../src/decode/rowKey.ts"
import type { Mapping } from "./EventSource.ts"
import type { History } from "./History.ts"
import type { Difference } from "./oracle.ts"
import type { Delivered } from "./records.ts"
import type { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"
import type { Unread } from "./standstill.ts"
import { stateOf } from "./state.ts"
import type { Taken, FaultInjector } from "./FaultInjector.ts"
import type { Surroundings } from "./Worker.ts"

export interface World {
  readonly around: Surroundings
  readonly mapping: Mapping
  readonly history: History
  readonly server: SimulatedOpenSearch
  readonly faults: FaultInjector
  readonly unread: Unread
}

export const indexOf = (aggregate: string): string => `${aggregate}-000001`

/** Breaches of the rule, in words. */
export const breaches = (world: World, differences: ReadonlyArray<Difference>): ReadonlyArray<string> => {
  const problems: Array<string> = []
  for (const [aggregate, wrong] of Map.groupBy(differences, ({ aggregate }) => aggregate)) {
    const taken = world.faults.taken.get(indexOf(aggregate))
    const isUnread = wrong.some((difference) => hasUnread(world, difference))
    if (isUnread && isOlder(world, aggregate) && !isMarked(world.server, aggregate)) {
      problems.push(`nothing says that a verification of ${aggregate} is due, of which changes were never read`)
    }
    if (taken === undefined) continue
    const kept = wrong.filter(({ id }) => isAcknowledgedSince(world, taken, aggregate, id))
    problems.push(...kept.map(({ id, what }) => `acknowledged since ${aggregate} was ${inWords(taken)}: ${id} ${what}`))
    if (taken.how !== "lost" && !isMarked(world.server, aggregate)) {
      problems.push(`nothing says that a verification of ${aggregate} is due, which was ${inWords(taken)}`)
    }
  }
  return problems
}

const inWords = ({ how }: Taken): string => (how === "lost" ? how : `restored ${how}`)

/** Tells whether changes of a document's rows were never read. */
export const hasUnread = ({ history, unread }: World, { aggregate, id }: Difference): boolean =>
  rowsOf(history, aggregate, id).some(([key]) => unread.keys.has(key))

export const rowsOf = ({ shown }: History, aggregate: string, id: string) =>
  shown.filter(([, { place, row }]) => row.aggregate === aggregate && place.id === id)

/**
 * Tells whether the index had documents when changes were missed: of any other, the log says that a backfill is due.
 */
const isOlder = ({ server, unread }: World, aggregate: string): boolean =>
  unread.written.has(indexOf(aggregate)) &&
  server.indices.get(indexOf(aggregate))?.mappings["_meta"].tablefold.createdAt < unread.at

/** Tells whether the generation that readers see says that a verification is due. */
const isMarked = (server: SimulatedOpenSearch, aggregate: string): boolean => isMarkedIndex(server, indexOf(aggregate))

export const isMarkedIndex = (server: SimulatedOpenSearch, index: string): boolean =>
  server.indices.get(index)?.documents.has(reservedId) === true && stateOf(server, index).verificationDue !== undefined

/**
 * Tells whether the newest change of each of a document's rows was acknowledged by a delivery that began after the
 * loss.
 */
const isAcknowledgedSince = (world: World, taken: Taken, aggregate: string, id: string): boolean => {
  const since = sureFrom(world, taken)
  return rowsOf(world.history, aggregate, id).every(([key, { states }]) => {
    if (world.unread.keys.has(key)) return false
    const last = newest(world.mapping, key)
    if (last === undefined) return states.at(-1)?.json === undefined
    if (states.at(-1)?.isTold !== true || last.isRefused) return false
    return world.around.deliveries.some(
      ({ beganAt, records, settled }) => beganAt >= since && records.slice(0, settled).includes(last)
    )
  })
}

/**
 * An index restored in the place of a deleted one writes under the term after the snapshot's. Where the deleted one had
 * got there too, a condition from before may hold by accident, until its writer looks at the index again; the mark
 * covers that.
 */
const sureFrom = ({ around }: World, { at, mayRepeat }: Taken): number =>
  mayRepeat ? at + Duration.toMillis(around.sinkOptions.checkEvery!) : at

/** The newest change of a row that any stream told. */
export const newest = ({ seen }: Mapping, key: string): Delivered | undefined =>
  seen
    .filter((record) => record.key === key)
    .toSorted((a, b) => (a.place < b.place ? -1 : 1))
    .at(-1)
