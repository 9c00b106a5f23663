/** The key attributes of a table: their names as DynamoDB has them and as a definition has them, and a row's. Pure. */
import type { Attributes } from "./Change.ts"

export interface KeyNames {
  readonly partitionKey: string
  /** Absent in a table without one. */
  readonly sortKey: string | undefined
}

/**
 * The sentence about a definition whose key names are not the table's. With a wrong name rows would be taken for
 * another aggregate's or nobody's, and without the sort key for one another.
 */
export const keyProblem = (tableName: string, found: KeyNames, defined: KeyNames): string | undefined => {
  if (found.partitionKey === defined.partitionKey && found.sortKey === defined.sortKey) return undefined
  return (
    `the table ${tableName} has the ${found.sortKey === undefined ? "key" : "keys"} ${text(found)}; ` +
    `the definition's ${defined.sortKey === undefined ? "is" : "are"} ${text(defined)}; ` +
    "correct partitionKey and sortKey in Table.make"
  )
}

const text = ({ partitionKey, sortKey }: KeyNames): string =>
  sortKey === undefined ? `${partitionKey} and no sort key` : `${partitionKey}, ${sortKey}`

/** The key attributes out of a row; one that the row lacks is left out, and decoding refuses the row. */
export const keysOf = ({ partitionKey, sortKey }: KeyNames, row: Attributes): Attributes => {
  const names = sortKey === undefined ? [partitionKey] : [partitionKey, sortKey]
  return Object.fromEntries(names.flatMap((name) => (Object.hasOwn(row, name) ? [[name, row[name]!]] : [])))
}
