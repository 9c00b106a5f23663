/** From a sample to a definition: its aggregates, their roots and parts, and the fields of each. */
import { codePoints } from "../decode/codePoints.ts"
import { type Field, fieldsOf, finite, text } from "./fields.ts"
import { type Family, familiesOf, type Group, type Head, headOf, isOne } from "./groups.ts"
import { type Named, namedOf, templateOf } from "./holes.ts"
import type { AggregateModel, Kind, Model, Where } from "./Model.ts"
import { inside, type Nest, nestsOf } from "./nesting.ts"
import { camel, kebab, pascal, plural, singular, unique } from "./names.ts"
import type { Sample } from "./Sampled.ts"

/** Kinds of rows that one definition holds; a sample that has more is of another sort of table. */
const kindsMax = 80

export interface Options {
  /** Parts stand in each other, or side by side. */
  readonly isNested: boolean
  /** A value of the partition key that stands in sort keys again has one name in both. */
  readonly areSame: boolean
}

/** Infers a definition. `tableName` names what nothing else does. */
export const modelOf = (sample: Sample, tableName: string, { areSame, isNested }: Options): Model => {
  let left = kindsMax
  const exports = new Set(["table", "Schema", "Aggregate", "Mapping", "Table"])
  const indices = new Set<string>()
  const families = familiesOf(sample, areSame)
  const isTold = ({ groups }: Family) => groups.every(({ type }) => type !== undefined)
  const aggregates = families.flatMap((family): AggregateModel | [] => {
    const groups = family.groups.slice(0, left)
    left -= groups.length
    if (groups.length === 0) return []
    const where = isTold(family) ? undefined : apartFrom(families, family, sample.names.partitionKey)
    return aggregateOf(sample, { ...family, groups }, { isNested, where, tableName }, exports, indices)
  })
  const hasTypes = aggregates.some(({ kinds }) => kinds.some(({ type }) => type !== undefined))
  return { names: sample.names, typeAttribute: hasTypes ? sample.typeAttribute : undefined, aggregates }
}

const aggregateOf = (
  sample: Sample,
  family: Family,
  { isNested, tableName, where }: Pick<Context, "where"> & { isNested: boolean; tableName: string },
  exports: Set<string>,
  indices: Set<string>
): AggregateModel => {
  const head = headOf(family)
  const named = namedOf(family, head.root, sample)
  const word = wordFor(sample, family, head, named, tableName)
  const partition = templateOf(family.partition, named.partition)
  const prefix = head.isPair ? templateOf(head.root!.sort!, named.sort(head.root!)) : undefined
  const parts = family.groups.filter((group) => group !== head.root)
  const inOrder = parts.toSorted((a, b) => codePoints(a.sort?.text ?? "", b.sort?.text ?? ""))
  const taken = new Set(["_sync"])
  const around: Around = { template: prefix ?? "", names: head.isPair ? named.sort(head.root!).length : 0 }
  const context: Context = { sample, family, head, named, where }
  const kinds = [
    ...(head.root === undefined ? [] : [kindOf(context, { group: head.root, inner: [] }, around, taken)]),
    ...nestsOf(inOrder, isNested).map((nest) => kindOf(context, nest, around, taken))
  ]
  return {
    name: unique(plural(kebab(word)), indices),
    exported: unique(pascal(singular(word)), exports),
    key: prefix === undefined ? partition : [partition, prefix],
    kinds,
    notes: [...(where === undefined ? [] : [overlapping]), ...notesOf(family, head)]
  }
}

const wordFor = (
  { rows, typeAttribute }: Sample,
  { groups, partition }: Family,
  { isPair, root }: Head,
  named: Named,
  tableName: string
): string => {
  const own = new Set((root ?? groups[0])?.rows.map(({ type }) => type))
  const [type] = own
  if (typeAttribute !== undefined && own.size === 1 && type !== undefined && rows.length > 0) return camel(type)
  const label = isPair ? (root!.sort?.label ?? "") : partition.label
  if (/[A-Za-z]/.test(label)) return camel(label)
  const [first = ""] = isPair ? named.sort(root!) : named.partition
  const bare = first.replace(/(Id|Name|Key|InKey|_id)$/, "")
  return /^(id|pk|)$/i.test(bare) ? camel(tableName) : camel(bare)
}

const overlapping = "Its key would take the partitions of the others too, so a where keeps them out."

/** Keeps the partitions of others out of a family whose key takes any text. */
const apartFrom = (families: ReadonlyArray<Family>, { partition }: Family, attribute: string): Where | undefined => {
  const begins = families.map((family) => family.partition.text.split("{}")[0]!).filter((begin) => begin !== "")
  if (partition.text !== "{}" || begins.length === 0) return undefined
  return { attribute, pattern: new RegExp(`^(?!${begins.map(escape).join("|")})`) }
}

const escape = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)

const notesOf = ({ groups, partitions }: Family, { isPair, root }: Head): ReadonlyArray<string> => {
  if (root === undefined) return ["No kind of row seems to make the document exist, so it has no root."]
  if (isPair) {
    return groups.length > 1 || root.most > 1
      ? ["No row is the partition's own, so each such row is a document. The rows of a partition may be one, too."]
      : []
  }
  const without = partitions - root.partitions
  const isGuess = !root.isFixed && !root.isOwn
  return [
    ...(isGuess ? ["The root is a guess: each partition of the sample has one such row."] : []),
    ...(without > 0 ? [`${without} of ${partitions} partitions were seen without their root.`] : [])
  ]
}

/** Index keys say nothing that the row's other attributes do not. */
const indexKey = /^[gl]si[-_]?\d*[-_]?(pk|sk|partition|sort|hash|range)[-_]?(key)?\d*$/i

interface Context {
  readonly sample: Sample
  readonly family: Family
  readonly head: Head
  readonly named: Named
  readonly where: Where | undefined
}

/** The keys before a kind's own template: the aggregate's key, or the rows around it. */
interface Around {
  readonly template: string
  /** The number of its names. */
  readonly names: number
  readonly outer?: Group
}

const kindOf = (context: Context, { group: whole, inner }: Nest, around: Around, taken: Set<string>): Kind => {
  const { family, head, named, sample } = context
  const group = around.outer === undefined ? whole : inside(whole, around.outer)
  const { rows, sort, type } = group
  const isRoot = whole === head.root
  const sortNames = named.sort(whole)
  const { found, left } = attributesOf(sample, group)
  const own = isRoot ? [...named.partition, ...sortNames] : sortNames.slice(around.names)
  const missing = [...new Set(own)].filter(
    (name) => (isRoot || !named.partition.includes(name)) && !found.some((field) => field.name === name)
  )
  const isNumber = (name: string) =>
    sortNames.includes(name)
      ? sort!.text === "{}" && isNumeric(sample.rows, sample.names.sortKey)
      : family.partition.text === "{}" && isNumeric(sample.rows, sample.names.partitionKey)
  const [keys, others] = [true, false].map((isKey) => found.filter(({ name }) => own.includes(name) === isKey))
  const fields = [...missing.map((name) => keyField(name, isNumber(name))), ...keys!, ...others!]
  const template = sort === undefined ? "" : templateOf(sort, sortNames)
  // Of rows in rows there are so few each that one says little.
  const one = isOne(group) && (around.outer === undefined || group.isFixed)
  if (isRoot) for (const { name } of fields) taken.add(name)
  const field = isRoot ? "" : unique(fieldName(group, one), taken)
  const within = new Set(["_sync", ...fields.map(({ name }) => name)])
  return {
    kind: isRoot ? "root" : one ? "one" : "many",
    field,
    template: template.slice(around.template.length) || undefined,
    type,
    where: context.where,
    fields,
    parts: inner.map((nest) => kindOf(context, nest, { template, names: sortNames.length, outer: whole }, within)),
    rows: rows.length,
    notes: [
      ...(!isRoot && one && !group.isFixed
        ? [`One row in each of ${group.partitions} seen; Aggregate.many where there may be more.`]
        : []),
      ...(rows.length < fewRows ? [`${rows.length === 1 ? "One row" : `${rows.length} rows`} seen.`] : []),
      ...(left.length > 0 ? [`Left out: ${[...new Set(left)].toSorted().join(", ")}.`] : [])
    ]
  }
}

/** The fields of a kind's attributes, and the attributes that are none of them. */
const attributesOf = ({ names, typeAttribute }: Sample, { rows, type }: Group) => {
  const left: Array<string> = []
  const isWanted = (name: string): boolean => {
    if (name === names.partitionKey || name === names.sortKey) return false
    if (name === typeAttribute && (type !== undefined || new Set(rows.map((row) => row.type)).size === 1)) return false
    if (indexKey.test(name)) left.push(name)
    return !indexKey.test(name)
  }
  const images = rows.map(({ image }) => image)
  return { found: fieldsOf(images, isWanted, (name) => left.push(name)), left }
}

/** Of fewer rows it is better said that they were few. */
const fewRows = 5

const keyField = (name: string, isNumber: boolean): Field => ({
  name,
  isOptional: false,
  type: isNumber ? finite : text
})

const isNumeric = (rows: Sample["rows"], key: string | undefined): boolean =>
  key !== undefined && rows.every(({ image }) => image[key] !== undefined && "N" in image[key])

const fieldName = ({ rows, sort, type }: Group, one: boolean): string => {
  const label = sort?.label ?? ""
  const seen = new Set(rows.map((row) => row.type))
  const word = camel(type ?? (seen.size === 1 ? rows[0]?.type : undefined) ?? label, "row")
  return one ? singular(word) : plural(word)
}
