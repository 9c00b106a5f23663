/** The demonstration's table in memory. */
import { Effect } from "effect"
import * as MemoryTable from "../../testing/MemoryTable.ts"
import type { Write } from "./day.ts"
import { toAttributes } from "./row.ts"
import type { Rows } from "./Rows.ts"

export const memoryRows: Effect.Effect<Rows> = Effect.map(MemoryTable.make({ tableName: "shop" }), (table) => ({
  title: "memory",
  tableName: table.tableName,
  endpoint: undefined,
  write: (write: Write) => {
    if (write._tag === "Put") return table.put(toAttributes(write.row))
    const key = toAttributes({ ...write.key })
    return write._tag === "Remove" ? table.remove(key) : table.update(key, toAttributes(write.attributes))
  },
  get: (key) => table.get(toAttributes({ ...key })),
  scan: table.scan,
  streamApi: MemoryTable.layerStreamApi(table)
}))
