/** Names for the values in keys: those of the attributes that hold them, or made from the label before them. */
import { textOf } from "../decode/rowKey.ts"
import type { Family, Group } from "./groups.ts"
import { camel, singular, unique } from "./names.ts"
import { isGeneric, type Pattern } from "./patterns.ts"
import type { Sample, Sampled } from "./Sampled.ts"

/** The names of both templates of a kind, in order. */
export interface Named {
  readonly partition: ReadonlyArray<string>
  readonly sort: (group: Group) => ReadonlyArray<string>
}

/** The template with its names. */
export const templateOf = (pattern: Pattern, names: ReadonlyArray<string>): string => {
  const pieces = pattern.text.split("{}")
  return pieces.map((piece, i) => (i === 0 ? piece : `{${names[i - 1]}}${piece}`)).join("")
}

/** Names the values of a family's keys. A value that stands at the same place of several kinds has one name. */
export const namedOf = ({ areSame, groups, partition }: Family, root: Group | undefined, { names }: Sample): Named => {
  const rows = groups.flatMap(({ rows }) => rows)
  const choose = (
    label: string,
    keyName: string | undefined,
    valueOf: (row: Sampled) => string | undefined,
    first: ReadonlyArray<Sampled>,
    taken: Set<string>
  ) => {
    const isFree = (name: string) => !taken.has(name) && !isGeneric(name)
    const wanted = defaultOf(label, keyName)
    const found = attributeFor(valueOf, first, rows, wanted, isFree)
    if (found !== undefined) taken.add(found)
    if (found !== undefined) return found
    // An attribute of that name which holds something else would stand in the value's place.
    const others = new Set([...taken, ...rows.flatMap(({ image }) => Object.keys(image))])
    const name = unique(others.has(wanted) ? `${wanted}InKey` : wanted, others)
    taken.add(name)
    return name
  }
  const taken = new Set<string>()
  const partitionNames = partition.labels.map((label, i) =>
    choose(label, names.partitionKey, ({ partitionPlace }) => partitionPlace.values[i], root?.rows ?? rows, taken)
  )
  const known = new Map<string, string>()
  const sortNames = new Map<Group, ReadonlyArray<string>>()
  const ordered = groups.toSorted((a, b) => (a.sort?.text.length ?? 0) - (b.sort?.text.length ?? 0))
  for (const group of ordered) {
    const { rows, sort } = group
    if (sort === undefined) continue
    const own = new Set<string>()
    const named = sort.labels.map((label, i) => {
      const valueOf = ({ sortPlace }: Sampled) => sortPlace?.values[i]
      const same = partitionNames.find((name, at) => areSame && !own.has(name) && isSame(group, at, i))
      const place =
        sort.text
          .split("{}")
          .slice(0, i + 1)
          .join("{}") + (group.isOwn ? " own" : "")
      const shared = known.get(place)
      const name =
        same ??
        (shared !== undefined && !own.has(shared) && holds(rows, shared, valueOf)
          ? shared
          : choose(label || (group.type ?? ""), names.sortKey, valueOf, rows, new Set([...partitionNames, ...own])))
      own.add(name)
      if (same === undefined) known.set(place, name)
      return name
    })
    sortNames.set(group, named)
  }
  return { partition: partitionNames, sort: (group) => sortNames.get(group) ?? [] }
}

/** Tells whether a value of the sort key is one of the partition key in all rows, and in two partitions at least. */
const isSame = ({ isOwn, rows }: Group, partitionAt: number, sortAt: number): boolean => {
  const isEqual = rows.every(
    ({ partitionPlace, sortPlace }) => partitionPlace.values[partitionAt] === sortPlace?.values[sortAt]
  )
  if (isOwn) return partitionAt === sortAt
  return isEqual && new Set(rows.map(({ partitionPlace }) => partitionPlace.values[partitionAt])).size > 1
}

const defaultOf = (label: string, keyName = ""): string => {
  const word = camel(singular(label), "")
  if (word !== "") return `${word}Id`
  return isGeneric(keyName) ? "id" : camel(keyName, "id")
}

/** The attribute that holds the value wherever it is there, and in all of the first rows. */
const attributeFor = (
  valueOf: (row: Sampled) => string | undefined,
  first: ReadonlyArray<Sampled>,
  rows: ReadonlyArray<Sampled>,
  wanted: string,
  isFree: (name: string) => boolean
): string | undefined => {
  const names = Object.keys(first[0]?.image ?? {}).filter((name) => isFree(name) && /^[A-Za-z_]\w*$/.test(name))
  const found = names.filter(
    (name) =>
      first.every((row) => Object.hasOwn(row.image, name) && textOf(row.image[name]) === valueOf(row)) &&
      holds(rows.length === first.length ? first : rows.filter((row) => isOfFirst(row, first)), name, valueOf)
  )
  const isId = (name: string) => /id$/i.test(name)
  // A small number may be equal to another by chance.
  const isTelling = (name: string) =>
    first.filter(({ image }) => "S" in image[name]! && image[name].S.length > 2).length > 2
  return found.find((name) => name === wanted) ?? found.find(isId) ?? found.find(isTelling)
}

const isOfFirst = (row: Sampled, [first]: ReadonlyArray<Sampled>): boolean =>
  row.partitionPlace.pattern.text === first?.partitionPlace.pattern.text

/** Tells whether an attribute, wherever rows have it, holds the value. */
const holds = (rows: ReadonlyArray<Sampled>, name: string, valueOf: (row: Sampled) => string | undefined): boolean =>
  rows.every((row) => !Object.hasOwn(row.image, name) || textOf(row.image[name]) === valueOf(row))
