/** A table that can be read, and whose keys are the definition's, before a command begins. */
import { Effect } from "effect"
import type { Table } from "../define/Table.ts"
import { keyNamesOf, ScanApi } from "../source/scan/ScanApi.ts"
import * as KeyNames from "../KeyNames.ts"
import { Failure } from "./Failure.ts"

/** Fails where a table's key names are not the definition's. */
export const haveKeys = (tableName: string, found: KeyNames.KeyNames, table: Table): Effect.Effect<void, Failure> => {
  const message = KeyNames.problem(tableName, found, table)
  return message === undefined ? Effect.void : Effect.fail(new Failure({ message }))
}

/** Later on DynamoDB is asked without end, as what passes must stop no scan; an address that is wrong never passes. */
export const reached = Effect.fnUntraced(function* (tableName: string, table: Table) {
  const described = yield* (yield* ScanApi).describe(tableName)
  yield* haveKeys(tableName, keyNamesOf(described), table)
  return described
})
