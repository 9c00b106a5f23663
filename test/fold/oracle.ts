/**
 * What documents must be, told from the final rows alone, by plain loops that share nothing with `src/fold`: a second
 * opinion on every law. Knows the derived fields of `test/definitions.ts`.
 */
import type { RowEvent } from "../../src/decode/RowEvent.ts"

type Parts = RowEvent["shape"]["aggregate"]["parts"]
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
  const { parts, root } = events[0]!.shape.aggregate
  const document: Json = {}
  const makesIt = rows.filter(({ row }) => (root === undefined ? Object.hasOwn(parts, row.field) : row.kind === "root"))
  if (makesIt.length === 0) return undefined
  for (const row of rows) if (row.row.kind === "root") Object.assign(document, JSON.parse(row.json!))
  const whole = { ...document }
  addParts(document, parts, "", "", rows, false)
  addParts(whole, parts, "", "", rows, true)
  if (name === "orders")
    document["pieces"] = whole["orderItems"].reduce((sum: number, i: Json) => sum + i["quantity"], 0)
  if (name === "payments") document["account"] = document["kind"] === "card" ? document["last4"] : document["iban"]
  if (name === "tasks") {
    document["visited"] = {}
    for (const [i, visit] of whole["visits"].entries())
      document["visited"][i] = visit["seconds"] + visit["pages"].length
  }
  return document
}

/** Adds the parts whose rows' keys begin with an outer row's key and go on as their template does. */
const addParts = (to: Json, parts: Parts, path: string, above: string, rows: Array<RowEvent>, withHidden: boolean) => {
  for (const [name, part] of Object.entries(parts)) {
    if (part.hidden && !withHidden) continue
    const field = path + name
    const begin = path === "" ? "" : above + part.template!.split("{")[0]!
    const own: Array<Json> = []
    for (const row of rows) {
      if (row.row.field !== field || !row.rowKey.startsWith(begin)) continue
      const element = JSON.parse(row.json!)
      addParts(element, part.parts, `${field}.`, row.rowKey, rows, withHidden)
      own.push(element)
    }
    if (part.kind === "many") to[name] = own
    else if (own.length > 0) to[name] = own[own.length - 1]
  }
}
