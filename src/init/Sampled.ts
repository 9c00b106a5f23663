/** Rows of a sample with their keys read, and the attribute that tells their kinds where there is one. */
import { textOf } from "../decode/rowKey.ts"
import { groupBy } from "../groupBy.ts"
import type { KeyNames } from "../KeyNames.ts"
import type { Attributes } from "../source/Change.ts"
import { type KeyText, patternsOf, type Placed, styleOf } from "./patterns.ts"

export interface Sampled {
  readonly image: Attributes
  readonly partition: string
  readonly sort: string | undefined
  readonly partitionPlace: Placed
  readonly sortPlace: Placed | undefined
  /** The text of the type attribute. */
  readonly type: string | undefined
}

export interface Sample {
  readonly names: KeyNames
  readonly rows: ReadonlyArray<Sampled>
  readonly typeAttribute: string | undefined
}

/** Reads the keys of rows and finds the patterns of both; a row without its keys is left out. */
export const sampleOf = (names: KeyNames, images: ReadonlyArray<Attributes>): Sample => {
  const { partitionKey, sortKey } = names
  const keyed = images.flatMap((image) => {
    const partition = textOf(image[partitionKey])
    const sort = sortKey === undefined ? undefined : textOf(image[sortKey])
    const isWhole = partition !== undefined && (sortKey === undefined || sort !== undefined)
    return isWhole ? [{ image, partition, sort }] : []
  })
  const sorts = keyed.flatMap(({ sort }) => sort ?? [])
  const style = styleOf(
    { name: partitionKey, texts: new Set(keyed.map(({ partition }) => partition)) },
    { name: sortKey, texts: new Set(sorts) }
  )
  const partitions = patternsOf(
    [...new Set(keyed.map(({ partition }) => partition))].map((text) => ({ text, partitions: new Set([text]) })),
    style,
    "partition"
  )
  const typeAttribute = typeAttributeOf(images)
  const byPattern = groupBy(keyed, ({ partition }) => partitions.get(partition)!.pattern.text)
  const rows = [...byPattern.values()].flatMap((some) => {
    const others = some.filter(({ partition, sort }) => sort !== partition)
    const sortPlaces = patternsOf(sortTextsOf(others), style, "sort")
    return some.map(({ image, partition, sort }): Sampled => ({
      image,
      partition,
      sort,
      partitionPlace: partitions.get(partition)!,
      sortPlace: sort === partition ? partitions.get(partition) : sortPlaces.get(sort ?? ""),
      type: typeAttribute === undefined ? undefined : stringOf(image, typeAttribute)
    }))
  })
  return { names, rows, typeAttribute }
}

const sortTextsOf = (
  rows: ReadonlyArray<{ readonly partition: string; readonly sort: string | undefined }>
): ReadonlyArray<KeyText> =>
  [...groupBy(rows, ({ sort }) => sort)].flatMap(([text, some]) =>
    text === undefined ? [] : [{ text, partitions: new Set(some.map(({ partition }) => partition)) }]
  )

/** Attributes by which libraries and people tell the kind of a row, the surest first. */
const typeNames = [
  "_et",
  "__edb_e__",
  "__typename",
  "_type",
  "_entity",
  "entity",
  "entityType",
  "entity_type",
  "recordType",
  "itemType",
  "kind",
  "type"
]

const typesMax = 60

/** The attribute that nine of ten rows have, with texts that look like names of kinds. */
const typeAttributeOf = (images: ReadonlyArray<Attributes>): string | undefined => {
  const names = [...new Set(images.flatMap((image) => Object.keys(image)))]
  const known = typeNames.flatMap((type) => names.filter((name) => name.toLowerCase() === type.toLowerCase()))
  return known.find((name) => {
    const texts = images.flatMap((image) => stringOf(image, name) ?? [])
    const distinct = new Set(texts)
    const areNames = [...distinct].every((text) => /^[A-Za-z][\w .:-]*$/.test(text))
    return areNames && distinct.size > 1 && distinct.size <= typesMax && texts.length >= images.length * 0.9
  })
}

const stringOf = (image: Attributes, name: string): string | undefined => {
  const value = Object.hasOwn(image, name) ? image[name] : undefined
  return value !== undefined && "S" in value ? value.S : undefined
}
