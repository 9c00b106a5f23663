/** Rows of a sample in groups: those of one aggregate, and of these the kinds. */
import { groupBy } from "../groupBy.ts"
import type { Pattern } from "./patterns.ts"
import type { Sample, Sampled } from "./Sampled.ts"

/** Rows of one kind. */
export interface Group {
  readonly sort: Pattern | undefined
  /** True where both keys are equal, in a table that has such rows. */
  readonly isOwn: boolean
  /** True where the partition key says the sort key: no value in it is its own. */
  readonly isFixed: boolean
  /** The text of the type attribute, where it alone tells these rows from others. */
  readonly type: string | undefined
  readonly rows: ReadonlyArray<Sampled>
  readonly partitions: number
  /** The most rows that one partition has. */
  readonly most: number
}

/** The rows of one aggregate. */
export interface Family {
  readonly partition: Pattern
  readonly groups: ReadonlyArray<Group>
  readonly partitions: number
  /** True where a value of the partition key that stands in sort keys again is found to do so. */
  readonly areSame: boolean
}

/**
 * The aggregates of a sample, the largest first: one for each pattern of partition keys, or one for each type where
 * types that share no partition share the pattern.
 */
export const familiesOf = ({ rows }: Sample, areSame: boolean): ReadonlyArray<Family> =>
  [...groupBy(rows, ({ partitionPlace }) => partitionPlace.pattern.text).values()]
    .flatMap((own) => {
      const parts = separated(own)
      return parts.map((some) => familyOf(some, parts.length > 1, areSame))
    })
    .toSorted((a, b) => sizeOf(b) - sizeOf(a))

const sizeOf = ({ groups }: Family): number => groups.reduce((sum, { rows }) => sum + rows.length, 0)

/** Rows whose types never stand in one partition. */
const separated = (rows: ReadonlyArray<Sampled>): ReadonlyArray<ReadonlyArray<Sampled>> => {
  if (rows.some(({ type }) => type === undefined)) return [rows]
  const homes = new Map<string, string>()
  const homeOf = (type: string): string => {
    const home = homes.get(type) ?? type
    return home === type ? type : homeOf(home)
  }
  for (const some of groupBy(rows, ({ partition }) => partition).values()) {
    for (const { type } of some) homes.set(homeOf(type!), homeOf(some[0]!.type!))
  }
  return [...groupBy(rows, ({ type }) => homeOf(type!)).values()]
}

const familyOf = (rows: ReadonlyArray<Sampled>, isTold: boolean, areSame: boolean): Family => {
  const byKeys = groupBy(rows, (row) => JSON.stringify([row.sortPlace?.pattern.text, areSame && isOwn(row)]))
  const groups = [...byKeys.values()].flatMap((alike) => {
    const types = new Set(alike.map(({ type }) => type))
    if (!isTold && (types.size === 1 || types.has(undefined))) return [groupOf(alike, undefined, areSame)]
    return [...groupBy(alike, ({ type }) => type)].map(([type, some]) => groupOf(some, type, areSame))
  })
  return {
    partition: rows[0]!.partitionPlace.pattern,
    groups: groups.toSorted((a, b) => b.rows.length - a.rows.length),
    partitions: new Set(rows.map(({ partition }) => partition)).size,
    areSame
  }
}

const isOwn = ({ partition, partitionPlace, sort }: Sampled): boolean =>
  partition === sort && partitionPlace.values.length > 0

const groupOf = (rows: ReadonlyArray<Sampled>, type: string | undefined, areSame: boolean): Group => {
  const counts = [...groupBy(rows, ({ partition }) => partition).values()].map(({ length }) => length)
  return {
    sort: rows[0]!.sortPlace?.pattern,
    isOwn: areSame && isOwn(rows[0]!),
    isFixed: isFixed(rows, areSame && counts.length > 1),
    type,
    rows,
    partitions: counts.length,
    most: Math.max(...counts)
  }
}

/** Values that are those of the partition key in one partition alone may be so by chance. */
const isFixed = (rows: ReadonlyArray<Sampled>, maybeSame: boolean): boolean =>
  rows.every(({ partitionPlace, sortPlace }) => {
    const values = sortPlace?.values ?? []
    return values.length === 0 || (maybeSame && values.every((value) => partitionPlace.values.includes(value)))
  })

/** The rows that make a document exist, and where the aggregate's key ends. */
export interface Head {
  readonly root: Group | undefined
  /** True where the root's sort key is part of the aggregate's key. */
  readonly isPair: boolean
}

const rootNames = /^[#@$*_]*(DETAILS?|META(DATA)?|PROFILE|INFO|ROOT|HEADER|SUMMARY|A|RECORD)$/i

/**
 * The root: the row whose keys are equal; else the one without a value of its own that most partitions have; else, of
 * several kinds, the one of which each of nearly all partitions has one. Where no row is like that and all sort keys
 * begin alike, each such beginning is a document.
 */
export const headOf = ({ groups, partition, partitions }: Family): Head => {
  const own = groups.find(({ isOwn, type }) => isOwn && type === undefined) ?? groups.find(({ isOwn }) => isOwn)
  if (own !== undefined) return { root: own, isPair: false }
  const isLike = ({ sort }: Group) => sort?.label !== "" && sort?.label === partition.label
  const fixed = groups
    .filter(({ isFixed, most }) => most === 1 && isFixed)
    .map((group) => ({
      group,
      score: group.partitions + (rootNames.test(group.sort?.label ?? "") || isLike(group) ? partitions / 2 : 0)
    }))
    .toSorted((a, b) => b.score - a.score)
  if (fixed[0] !== undefined) return { root: fixed[0].group, isPair: false }
  const [top, ...others] = groups.filter((group) => !groups.some((other) => goesOn(group, other)))
  const isPair = top !== undefined && others.length === 0 && (top.sort?.text.endsWith("}") ?? false)
  if (isPair && top.type === undefined) return { root: top, isPair }
  const single = groups.find((group) => group.most === 1 && partitions >= 3 && group.partitions >= partitions * 0.9)
  return { root: groups.length > 1 ? single : undefined, isPair: false }
}

/** Tells whether a group's sort keys are those of another with more behind. */
export const goesOn = (group: Group, other: Group): boolean => {
  const [text = "", begin = ""] = [group.sort?.text, other.sort?.text]
  return (
    text.length > begin.length && text.startsWith(begin) && begin.endsWith("}") && text.charAt(begin.length) !== "{"
  )
}

/** So many partitions with one row each say that there is one. */
const onesMin = 5

/** Tells whether a partition has one row of a kind, as far as the sample says. */
export const isOne = ({ isFixed, most, partitions }: Group): boolean => most === 1 && (isFixed || partitions >= onesMin)
