/** A table of orders on a real DynamoDB, with the example's definition for the commands that read it. */
import type { Servers } from "../servers/servers.ts"
import { exampleTable } from "./program.ts"
import * as RealTable from "./RealTable.ts"

type Row = RealTable.Row

/** The row that makes an order exist. */
export const details = (order: number): Row => ({
  PK: { S: `ORDER#${order}` },
  SK: { S: "DETAILS" },
  customerId: { S: "c" },
  status: { S: "paid" },
  totalAmount: { N: "9.5" },
  orderDate: { S: "2026-01-01" },
  shippingAddress: { M: { street: { S: "a" }, city: { S: "b" }, zipCode: { S: "c" } } }
})

export const item = (order: number, n: number, fields: Row = {}): Row => ({
  PK: { S: `ORDER#${order}` },
  SK: { S: `ITEM#${n}` },
  itemId: { S: `${n}` },
  productName: { S: "secret tea" },
  quantity: { N: `${n}` },
  unitPrice: { N: "2.5" },
  ...fields
})

export interface OrdersTable extends Omit<RealTable.RealTable, "remove"> {
  readonly remove: (order: number, SK: string) => Promise<void>
}

/** Makes the table, with a stream and empty. */
export const make = async (name: string, servers: Servers): Promise<OrdersTable> => {
  const table = await RealTable.make(name, servers, exampleTable, "NEW_IMAGE")
  return { ...table, remove: (order, SK) => table.remove(`ORDER#${order}`, SK) }
}
