/** The small table that the tests of verification share, its documents told by plain loops, and ways to spoil one. */
import { Effect, Result, Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Shape from "../../src/define/Shape.ts"
import * as Table from "../../src/define/Table.ts"
import type { Document } from "../../src/fold/Document.ts"
import * as source from "../../src/fold/source.ts"
import type { Attributes } from "../../src/source/Change.ts"
import type { MemoryTable } from "../../src/testing/MemoryTable.ts"
import type { SimulatedOpenSearch } from "../simulate/SimulatedOpenSearch.ts"

export const Order = Aggregate.make("orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", { orderId: Schema.String, customer: Schema.String }),
  parts: { items: Aggregate.many("ITEM#{n}", { quantity: Schema.Int }) }
}).pipe(
  Aggregate.derive({ pieces: Schema.Int }, ({ items }) => ({
    pieces: items.reduce((sum, { quantity }) => sum + quantity, 0)
  }))
)
export const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Order] })
export const index = "orders-000001"

export const details = (n: number, customer: string): Attributes => ({
  PK: { S: `ORDER#${n}` },
  SK: { S: "DETAILS" },
  customer: { S: customer }
})
export const item = (n: number, i: number, quantity: number): Attributes => ({
  PK: { S: `ORDER#${n}` },
  SK: { S: `ITEM#${i}` },
  quantity: { N: String(quantity) }
})
export const keysOf = ({ PK, SK }: Attributes): Attributes => ({ PK: PK!, SK: SK! })

/** What readers must see, by id. */
export const expected = ({ scan }: MemoryTable) =>
  Effect.map(scan, (rows) => {
    const text = (row: Attributes, name: string) => (row[name] as { readonly S: string }).S
    const quantityOf = (row: Attributes) => Number((row["quantity"] as { readonly N: string }).N)
    const documents: { [id: string]: unknown } = {}
    for (const root of rows) {
      if (text(root, "SK") !== "DETAILS") continue
      const items = rows
        .filter((row) => text(row, "PK") === text(root, "PK") && text(row, "SK") !== "DETAILS")
        .toSorted((a, b) => (text(a, "SK") < text(b, "SK") ? -1 : 1))
        .map((row) => ({ quantity: quantityOf(row) }))
      const orderId = text(root, "PK").slice("ORDER#".length)
      const pieces = items.reduce((sum, { quantity }) => sum + quantity, 0)
      documents[orderId] = { customer: text(root, "customer"), items, orderId, pieces }
    }
    return documents
  })

/** Changes what is stored under an id behind everybody's back; `undefined` removes it. */
export const spoil = (
  server: SimulatedOpenSearch,
  id: string,
  change: (source: any) => unknown,
  as: string = id
): void => {
  const stored = server.indices.get(index)!
  const changed = change(JSON.parse(stored.documents.get(id)!.text))
  if (changed === undefined) stored.documents.delete(as)
  else {
    const text = typeof changed === "string" ? changed : JSON.stringify(changed)
    stored.documents.set(as, { seqNo: stored.seqNo++, primaryTerm: stored.primaryTerm, text })
  }
}

/** The same with the rows of the document, whose fields and sync state are made anew. */
export const spoilRows = (
  server: SimulatedOpenSearch,
  id: string,
  change: (rows: Document["rows"]) => Document["rows"]
): void =>
  spoil(server, id, (stored) => {
    const document = Result.getOrThrow(source.parse(Shape.of(Order), id, stored))
    return source.render({ ...document, rows: change(document.rows) }).text
  })
