/** Kinds inside kinds: rows whose sort keys go on after those of others, which the sample has. */
import { groupBy } from "../groupBy.ts"
import { goesOn, type Group } from "./groups.ts"
import type { Sampled } from "./Sampled.ts"

/** A kind, and the kinds inside each of its rows. */
export interface Nest {
  readonly group: Group
  readonly inner: ReadonlyArray<Nest>
}

/** The kinds in each other, as deep as they go; or side by side. In the order in which they are given. */
export const nestsOf = (groups: ReadonlyArray<Group>, isNested: boolean): ReadonlyArray<Nest> => {
  if (!isNested) return groups.map((group) => ({ group, inner: [] }))
  const outers = new Map(groups.map((group) => [group, outerOf(group, groups)]))
  const within = (outer: Group | undefined): ReadonlyArray<Nest> =>
    groups.filter((group) => outers.get(group) === outer).map((group): Nest => ({ group, inner: within(group) }))
  return within(undefined)
}

/** The nearest kind around another, if half of the rows inside have their outer row in the sample. */
const outerOf = (group: Group, groups: ReadonlyArray<Group>): Group | undefined => {
  const around = groups.filter((other) => goesOn(group, other) && other.type === undefined && !other.isOwn)
  const [nearest] = around.toSorted((a, b) => b.sort!.text.length - a.sort!.text.length)
  if (nearest === undefined || groups.some((other) => other !== nearest && other.sort!.text === nearest.sort!.text))
    return
  const there = new Set(nearest.rows.map(({ partition, sort }) => JSON.stringify([partition, sort])))
  const found = group.rows.filter((row) => there.has(outerKeyOf(row, nearest))).length
  return found * 2 >= group.rows.length ? nearest : undefined
}

/** The key of the row around a row. */
const outerKeyOf = ({ partition, sortPlace }: Sampled, { sort }: Group): string => {
  const pieces = sort!.text.split("{}")
  const text = pieces.map((piece, i) => piece + (i < pieces.length - 1 ? sortPlace!.values[i]! : "")).join("")
  return JSON.stringify([partition, text])
}

/** The kind as it is inside the rows of another, each of which counts as a partition. */
export const inside = (group: Group, outer: Group): Group => {
  const counts = [...groupBy(group.rows, (row) => outerKeyOf(row, outer)).values()].map(({ length }) => length)
  const isFixed = group.sort!.labels.length === outer.sort!.labels.length
  return { ...group, isFixed, partitions: counts.length, most: Math.max(...counts) }
}
