/** The names of a table's key attributes, as DynamoDB or a record has them and as a definition has them. Pure. */
import type { Attributes } from "./source/Change.ts"

export interface KeyNames {
  readonly partitionKey: string
  /** Absent in a table without one. */
  readonly sortKey?: string | undefined
}

export const equal = (a: KeyNames, b: KeyNames): boolean => a.partitionKey === b.partitionKey && a.sortKey === b.sortKey

/**
 * The sentence about a definition whose key names are not the table's; `undefined` where they are. With a wrong name
 * rows would be taken for another aggregate's or nobody's, and without the sort key for one another.
 */
export const problem = (table: string, found: KeyNames, defined: KeyNames): string | undefined =>
  equal(found, defined)
    ? undefined
    : `the table ${table} has the ${inWords(found)}; the definition has the ${inWords(defined)}; ` +
      "correct partitionKey and sortKey in Table.make"

export const inWords = ({ partitionKey, sortKey }: KeyNames): string =>
  sortKey === undefined ? `key ${partitionKey} and no sort key` : `keys ${partitionKey}, ${sortKey}`

/** The key attributes out of a row; one that the row lacks is left out, and decoding refuses the row. */
export const keysOf = ({ partitionKey, sortKey }: KeyNames, row: Attributes): Attributes => {
  const names = sortKey === undefined ? [partitionKey] : [partitionKey, sortKey]
  return Object.fromEntries(names.flatMap((name) => (Object.hasOwn(row, name) ? [[name, row[name]!]] : [])))
}
