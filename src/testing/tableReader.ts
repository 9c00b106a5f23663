/** Reading rows of tables in memory by their keys, as `TableReader` does it in DynamoDB. */
import { Effect, Layer, Option } from "effect"
import { TableReader, TableReadError } from "../source/TableReader.ts"
import type { MemoryTable } from "./MemoryTable.ts"

export const layerTableReader = (...tables: ReadonlyArray<MemoryTable>): Layer.Layer<TableReader> =>
  Layer.succeed(TableReader, {
    rows: (tableArn, keys) => {
      const table = tables.find((table) => table.tableArn === tableArn)
      if (table === undefined) {
        return Effect.fail(new TableReadError({ isRetryable: false, message: `there is no table ${tableArn}` }))
      }
      return Effect.forEach(keys, (key) => Effect.map(table.get(key), Option.getOrUndefined))
    }
  })
