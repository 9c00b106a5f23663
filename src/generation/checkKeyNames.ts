/** Compares the names of a table's keys, as DynamoDB describes them, with the definition's. */
import { Effect } from "effect"
import * as KeyNames from "../define/keyNames.ts"
import type * as Table from "../define/Table.ts"
import { SourceError } from "../Pipeline.ts"
import { keyNamesOf, type TableDescription } from "../source/ScanApi.ts"

export const checkKeyNames = (table: Table.Table, described: TableDescription): Effect.Effect<void, SourceError> => {
  const message = KeyNames.problem(described.tableArn, keyNamesOf(described), table)
  return message === undefined ? Effect.void : Effect.fail(new SourceError({ message }))
}
