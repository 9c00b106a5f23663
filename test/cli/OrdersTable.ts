/** A table of orders on a real DynamoDB, and the commands that read it, each run in a folder that goes with it. */
import {
  type AttributeValue,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient
} from "@aws-sdk/client-dynamodb"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Servers } from "../servers/servers.ts"
import { drop } from "../whole/opensearch.ts"
import { exampleTable, type Options, tablefold } from "./program.ts"
import { pkSk } from "../../src/example/demo/pkSk.ts"

export type Row = Record<string, AttributeValue>

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

export interface OrdersTable {
  readonly name: string
  readonly folder: string
  readonly arn: string
  readonly put: (...rows: ReadonlyArray<Row>) => Promise<void>
  readonly remove: (order: number, SK: string) => Promise<void>
  /** A command with the table's definition and servers; its indices have the table's name for a prefix. */
  readonly run: (command: string, args: ReadonlyArray<string>, options?: Options) => ReturnType<typeof tablefold>
  readonly drop: () => Promise<void>
}

/** Makes the table, with a stream and empty. */
export const make = async (name: string, servers: Servers): Promise<OrdersTable> => {
  const client = new DynamoDBClient({
    endpoint: servers.dynamodbEndpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" }
  })
  await client.send(
    new CreateTableCommand({
      TableName: name,
      ...pkSk,
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" }
    })
  )
  const { Table } = await client.send(new DescribeTableCommand({ TableName: name }))
  const folder = await mkdtemp(join(tmpdir(), `tablefold-${name}-`))
  return {
    name,
    folder,
    arn: Table?.TableArn ?? "",
    put: async (...rows) => {
      for (let i = 0; i < rows.length; i += 25) {
        const requests = rows.slice(i, i + 25).map((Item) => ({ PutRequest: { Item } }))
        await client.send(new BatchWriteItemCommand({ RequestItems: { [name]: requests } }))
      }
    },
    remove: async (order, SK) => {
      await client.send(new DeleteItemCommand({ TableName: name, Key: { PK: { S: `ORDER#${order}` }, SK: { S: SK } } }))
    },
    run: (command, args, options = {}) =>
      tablefold([command, "--table", exampleTable, ...args], {
        cwd: folder,
        ...options,
        env: {
          OPENSEARCH_NODE: servers.openSearchNode,
          OPENSEARCH_ALIAS_PREFIX: `${name}-`,
          DYNAMODB_ENDPOINT: servers.dynamodbEndpoint,
          ...options.env
        }
      }),
    drop: async () => {
      client.destroy()
      await rm(folder, { recursive: true, force: true })
      await drop(servers.openSearchNode, `${name}-`)
    }
  }
}
