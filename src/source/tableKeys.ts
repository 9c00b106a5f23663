import type { KeyNames } from "../define/keyNames.ts"
import type { Attributes } from "./Change.ts"

/** The key attributes out of a row; one that the row lacks is left out, and decoding refuses the row. */
export const keysOf = ({ partitionKey, sortKey }: KeyNames, row: Attributes): Attributes => {
  const names = sortKey === undefined ? [partitionKey] : [partitionKey, sortKey]
  return Object.fromEntries(names.flatMap((name) => (Object.hasOwn(row, name) ? [[name, row[name]!]] : [])))
}
