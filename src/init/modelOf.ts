/** From a sample to a definition: its aggregates, their roots and parts, and the fields of each. */
import { codePoints } from "../decode/codePoints.ts"
import { type Field, fieldsOf, finite, text } from "./fields.ts"
import { type Family, familiesOf, type Group, type Head, headOf, isOne } from "./groups.ts"
import { type Named, namedOf, templateOf } from "./holes.ts"
import type { AggregateModel, Kind, Model } from "./Model.ts"
import { camel, kebab, pascal, plural, singular, unique } from "./names.ts"
import type { Sample } from "./Sampled.ts"

/** Kinds of rows that one definition holds; a sample that has more is of another sort of table. */
const kindsMax = 80

/** Infers a definition from a sample. `tableName` names what nothing else does. */
export const modelOf = (sample: Sample, tableName: string): Model => {
  let left = kindsMax
  const exports = new Set(["table", "Schema", "Aggregate", "Mapping", "Table"])
  const indices = new Set<string>()
  const aggregates = familiesOf(sample).flatMap((family): AggregateModel | [] => {
    const groups = family.groups.slice(0, left)
    left -= groups.length
    if (groups.length === 0) return []
    return aggregateOf(sample, { ...family, groups }, tableName, exports, indices)
  })
  const hasTypes = aggregates.some(({ kinds }) => kinds.some(({ type }) => type !== undefined))
  return { names: sample.names, typeAttribute: hasTypes ? sample.typeAttribute : undefined, aggregates }
}

const aggregateOf = (
  sample: Sample,
  family: Family,
  tableName: string,
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
  const ordered = [...(head.root === undefined ? [] : [head.root]), ...inOrder]
  const taken = new Set(["_sync"])
  const kinds = ordered.map((group) => kindOf(sample, family, group, head, named, taken))
  return {
    name: unique(plural(kebab(word)), indices),
    exported: unique(pascal(singular(word)), exports),
    key: prefix === undefined ? partition : [partition, prefix],
    kinds,
    notes: notesOf(family, head)
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

const kindOf = (
  { names, rows: all, typeAttribute }: Sample,
  family: Family,
  group: Group,
  { isPair, root }: Head,
  named: Named,
  taken: Set<string>
): Kind => {
  const { rows, sort, type } = group
  const isRoot = group === root
  const left: Array<string> = []
  const images = rows.map(({ image }) => image)
  const isWanted = (name: string): boolean => {
    if (name === names.partitionKey || name === names.sortKey) return false
    if (name === typeAttribute && (type !== undefined || new Set(rows.map((row) => row.type)).size === 1)) return false
    if (indexKey.test(name)) left.push(name)
    return !indexKey.test(name)
  }
  const found = fieldsOf(images, isWanted, (name) => left.push(name))
  const sortNames = named.sort(group)
  const inKey = isPair ? named.sort(root!).length : 0
  const own = isRoot ? [...named.partition, ...sortNames] : sortNames.slice(inKey)
  const missing = [...new Set(own)].filter(
    (name) => (isRoot || !named.partition.includes(name)) && !found.some((field) => field.name === name)
  )
  const isNumber = (name: string) =>
    sortNames.includes(name)
      ? sort!.text === "{}" && isNumeric(all, names.sortKey)
      : family.partition.text === "{}" && isNumeric(all, names.partitionKey)
  const fields = [...missing.map((name) => keyField(name, isNumber(name))), ...found]
  const whole = sort === undefined ? undefined : templateOf(sort, sortNames)
  const template =
    isPair && whole !== undefined ? whole.slice(templateOf(root!.sort!, named.sort(root!)).length) : whole
  const one = isOne(group)
  if (isRoot) for (const { name } of fields) taken.add(name)
  return {
    kind: isRoot ? "root" : one ? "one" : "many",
    field: isRoot ? "" : unique(fieldName(group, one), taken),
    template: template === "" ? undefined : template,
    type,
    fields,
    rows: rows.length,
    notes: [
      ...(!isRoot && one && !group.isFixed
        ? [`One row in each of ${group.partitions} partitions; Aggregate.many where there may be more.`]
        : []),
      ...(rows.length < fewRows ? [`${rows.length === 1 ? "One row" : `${rows.length} rows`} seen.`] : []),
      ...(left.length > 0 ? [`Left out: ${[...new Set(left)].join(", ")}.`] : [])
    ]
  }
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
