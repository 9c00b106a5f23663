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
import { stateOf } from "./state.ts"
import type { Taken, Weather } from "./Weather.ts"
import type { Surroundings } from "./Worker.ts"

export interface World {
  readonly around: Surroundings
  readonly mapping: Mapping
  readonly history: History
  readonly server: SimulatedOpenSearch
  readonly weather: Weather
  /** The keys of rows whose changes the event source never read. */
  readonly unread: ReadonlySet<string>
}

export const indexOf = (aggregate: string): string => `${aggregate}-000001`

/** Breaches of the rule, in words. */
export const breaches = (world: World, differences: ReadonlyArray<Difference>): ReadonlyArray<string> => {
  const problems: Array<string> = []
  for (const [aggregate, wrong] of Map.groupBy(differences, ({ aggregate }) => aggregate)) {
    const taken = world.weather.taken.get(indexOf(aggregate))
    const isUnread = wrong.some((difference) => hasUnread(world, difference))
    if (isUnread && !isMarked(world.server, aggregate)) {
      problems.push(`nothing says that a verification of ${aggregate} is due, of which changes were never read`)
    }
    if (taken === undefined) continue
    const kept = wrong.filter(({ id }) => isAcknowledgedSince(world, taken, aggregate, id))
    problems.push(...kept.map(({ id, what }) => `acknowledged since ${aggregate} was ${taken.how}: ${id} ${what}`))
    if (taken.how !== "lost" && !isMarked(world.server, aggregate)) {
      problems.push(`nothing says that a verification of ${aggregate} is due, which was restored ${taken.how}`)
    }
  }
  return problems
}

/** Whether changes of a document's rows were never read. */
export const hasUnread = ({ history, unread }: World, { aggregate, id }: Difference): boolean =>
  rowsOf(history, aggregate, id).some(([key]) => unread.has(key))

export const rowsOf = ({ rows }: History, aggregate: string, id: string) =>
  [...rows].filter(([, { place, row }]) => row.aggregate === aggregate && place.id === id)

/** Whether the generation that readers see says that a verification is due. */
const isMarked = (server: SimulatedOpenSearch, aggregate: string): boolean => {
  const index = indexOf(aggregate)
  return (
    server.indices.get(index)?.documents.has(reservedId) === true &&
    stateOf(server, index).verificationDue !== undefined
  )
}

/** Whether the newest change of each of a document's rows was acknowledged by a delivery that began after the loss. */
const isAcknowledgedSince = (world: World, taken: Taken, aggregate: string, id: string): boolean => {
  const since = sureFrom(world, taken)
  return rowsOf(world.history, aggregate, id).every(([key, { states }]) => {
    if (world.unread.has(key)) return false
    const last = newest(world.mapping, key)
    if (last === undefined) return states.at(-1)?.json === undefined
    if (states.at(-1)?.isTold !== true || last.isRefused) return false
    return world.around.deliveries.some(
      ({ beganAt, records, settled }) => beganAt >= since && records.slice(0, settled).includes(last)
    )
  })
}

/**
 * An index deleted and restored twice from one snapshot numbers its writes twice alike, under one name and one term;
 * until a writer looks at it again, its condition may hold by accident. The mark covers that.
 */
const sureFrom = ({ around }: World, { at, how }: Taken): number =>
  how === "after delete" ? at + Duration.toMillis(around.sinkOptions.checkEvery!) : at

/** The newest change of a row that any stream told. */
export const newest = ({ seen }: Mapping, key: string): Delivered | undefined =>
  seen
    .filter((record) => record.key === key)
    .toSorted((a, b) => (a.place < b.place ? -1 : 1))
    .at(-1)
