/**
 * What documents must be, told from the final rows alone, by plain loops that share nothing with `src/fold`: a second
 * opinion on every law. Knows the derived field of `Order` in `test/definitions.ts`.
 */
import type { RowEvent } from "../../src/decode/RowEvent.ts"

type Json = { [field: string]: any }

/** The documents of a history in order, by aggregate and id; `undefined` for one that readers do not see. */
export const documentsOf = (inOrder: ReadonlyArray<RowEvent>): Map<string, Json | undefined> => {
  const tables = new Map<string, { name: string; events: Map<string, RowEvent> }>()
  for (const event of inOrder) {
    const name = event.shape.aggregate.name
    const key = `${name} ${event.id}`
    if (!tables.has(key)) tables.set(key, { name, events: new Map() })
    tables.get(key)!.events.set(event.rowKey, event)
  }
  const documents = new Map<string, Json | undefined>()
  for (const [key, { events, name }] of tables) documents.set(key, documentOf(name, [...events.values()]))
  return documents
}

const documentOf = (name: string, events: Array<RowEvent>): Json | undefined => {
  const rows = events.filter((event) => event.json !== undefined)
  rows.sort((a, b) => Buffer.compare(Buffer.from(a.rowKey), Buffer.from(b.rowKey)))
  const aggregate = events[0]!.shape.aggregate
  const document: Json = {}
  if (aggregate.root === undefined ? rows.length === 0 : !rows.some((row) => row.row.kind === "root")) return undefined
  for (const row of rows) if (row.row.kind === "root") Object.assign(document, JSON.parse(row.json!))
  for (const [field, part] of Object.entries(aggregate.parts)) {
    const own = rows.filter((row) => row.row.field === field).map((row) => JSON.parse(row.json!))
    if (part.kind === "many") document[field] = own
    else if (own.length > 0) document[field] = own[own.length - 1]
  }
  if (name === "orders")
    document["pieces"] = document["orderItems"].reduce((sum: number, i: Json) => sum + i["quantity"], 0)
  return document
}
