/**
 * Compares the names of a table's keys, as DynamoDB describes them, with the definition's. Where they differ, rows are
 * taken for nobody's or for one another. Stream records don't even say which of two keys is the partition key.
 */
import { Effect } from "effect"
import * as Table from "../define/Table.ts"
import { SourceError } from "../Pipeline.ts"
import type { TableDescription } from "../source/ScanApi.ts"

export const checkKeyNames = (
  table: Table.Table,
  { partitionKey, sortKey, tableArn }: TableDescription
): Effect.Effect<void, SourceError> => {
  const names = [partitionKey, ...(sortKey === undefined ? [] : [sortKey])].map(({ name }) => name)
  if (names.length === table.keyNames.length && names.every((name, i) => name === table.keyNames[i])) return Effect.void
  const message =
    `the keys of ${tableArn} are ${Table.otherKeyNames(table, names)}; correct partitionKey and sortKey in ` +
    "Table.make, or name the table that it describes"
  return Effect.fail(new SourceError({ message }))
}
