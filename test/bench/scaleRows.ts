/** Orders of twelve rows for a table of any size: the n-th row is the same in every run. */
import {
  BatchWriteItemCommand,
  CreateTableCommand,
  type AttributeValue,
  DynamoDBClient
} from "@aws-sdk/client-dynamodb"
import { pkSk } from "../../src/example/demo/pkSk.ts"

export const rowsPerOrder = 12

type Row = { [name: string]: AttributeValue }

const row = (n: number): Row => {
  const order = Math.floor(n / rowsPerOrder)
  const place = n % rowsPerOrder
  const [SK, attributes] =
    place === 0
      ? ["DETAILS", details(order)]
      : place === rowsPerOrder - 1
        ? ["SHIPMENT#1", shipment(order)]
        : [`ITEM#${place}`, item(n, place)]
  return { PK: { S: `ORDER#${order}` }, SK: { S: SK }, orderId: { S: String(order) }, ...attributes }
}

const details = (order: number): Row => ({
  customerId: { S: `customer-${order % 997}` },
  status: { S: ["placed", "paid", "packed", "sent"][order % 4]! },
  totalAmount: { N: `${(order % 10_000) / 100}` },
  orderDate: { S: "2026-11-25T08:00:00Z" },
  shippingAddress: { M: { street: { S: "Harbour Street 7" }, city: { S: "Porto" }, zipCode: { S: "4050-262" } } }
})

const item = (n: number, place: number): Row => ({
  itemId: { S: `item-${place}` },
  productName: { S: `Gooseneck kettle, ${place} litres` },
  quantity: { N: String(1 + (n % 9)) },
  unitPrice: { N: `${((n % 5000) + 99) / 100}` }
})

const shipment = (order: number): Row => ({
  shipmentId: { S: "1" },
  status: { S: "packed" },
  carrier: { S: "ACME" },
  trackingNumber: { S: `TRACK-${order}` }
})

/** As much as DynamoDB takes in one request. */
const batchMax = 25

/** Makes the table, without a stream, and fills it. */
export const load = async (endpoint: string, TableName: string, rows: number): Promise<void> => {
  const client = new DynamoDBClient({ endpoint })
  await client.send(
    new CreateTableCommand({
      TableName,
      ...pkSk
    })
  )
  let next = 0
  const fill = async () => {
    while (next < rows) {
      const from = next
      next += batchMax
      const puts = Array.from({ length: Math.min(batchMax, rows - from) }, (_, i) => ({
        PutRequest: { Item: row(from + i) }
      }))
      let left: BatchWriteItemCommand["input"]["RequestItems"] = { [TableName]: puts }
      while (left !== undefined && Object.keys(left).length > 0) {
        left = (await client.send(new BatchWriteItemCommand({ RequestItems: left }))).UnprocessedItems
      }
    }
  }
  await Promise.all(Array.from({ length: 8 }, fill))
  client.destroy()
}
