/** Reading rows of tables in memory by their keys, as `TableReader` does it in DynamoDB. */
import { Effect, Layer, Option } from "effect"
import type { Attributes } from "../source/Change.ts"
import { keyNamesOf } from "../source/scan/ScanApi.ts"
import { TableReader, TableReadError } from "../source/scan/TableReader.ts"
import type { MemoryTable } from "./MemoryTable.ts"

export const layerTableReader = (...tables: ReadonlyArray<MemoryTable>): Layer.Layer<TableReader> =>
  Layer.sync(TableReader, () => {
    const find = Effect.fnUntraced(function* (tableArn: string) {
      const table = tables.find((table) => table.tableArn === tableArn)
      if (table !== undefined) return table
      return yield* new TableReadError({ isRetryable: false, message: `there is no table ${tableArn}` })
    })
    const rows = (tableArn: string, keys: ReadonlyArray<Attributes>) =>
      Effect.flatMap(find(tableArn), (table) =>
        Effect.forEach(keys, (key) => Effect.map(table.get(key), Option.getOrUndefined))
      )
    return TableReader.of({
      keyNames: (tableArn) =>
        Effect.flatMap(find(tableArn), ({ scanApi, tableName }) =>
          Effect.map(Effect.orDie(scanApi.describe(tableName)), keyNamesOf)
        ),
      rows,
      has: (tableArn, keys) => Effect.map(rows(tableArn, keys), (found) => found.map((row) => row !== undefined))
    })
  })
