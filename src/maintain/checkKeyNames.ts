/** Compares the names of a table's keys, as DynamoDB describes them, with the definition's. */
import { Effect } from "effect"
import * as KeyNames from "../KeyNames.ts"
import type * as Table from "../define/Table.ts"
import { SourceError } from "../pipeline/Pipeline.ts"
import { keyNamesOf, type ScanApi, type ScanApiError, type TableDescription } from "../source/scan/ScanApi.ts"
import * as TableScan from "../source/scan/TableScan.ts"

export const checkKeyNames = (table: Table.Table, described: TableDescription): Effect.Effect<void, SourceError> => {
  const message = KeyNames.problem(described.tableArn, keyNamesOf(described), table)
  return message === undefined ? Effect.void : Effect.fail(new SourceError({ message }))
}

/** Describes the table, once the names of its keys are found to be the definition's. */
export const describe = (
  table: Table.Table,
  tableName: string
): Effect.Effect<TableDescription, SourceError | ScanApiError, ScanApi> =>
  Effect.tap(TableScan.describe(tableName), (described) => checkKeyNames(table, described))
