/** A table on a real DynamoDB, and the commands that read it, each run in a folder that goes with it. */
import {
  type AttributeValue,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  type StreamViewType
} from "@aws-sdk/client-dynamodb"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pkSk } from "../../src/example/demo/pkSk.ts"
import type { Servers } from "../servers/servers.ts"
import { drop } from "../whole/opensearch.ts"
import { type Options, tablefold } from "./program.ts"

export type Row = Record<string, AttributeValue>

export interface RealTable {
  readonly name: string
  readonly folder: string
  readonly arn: string
  readonly put: (...rows: ReadonlyArray<Row>) => Promise<void>
  readonly remove: (PK: string, SK: string) => Promise<void>
  /** A command with a definition and the servers; its indices have the table's name for a prefix. */
  readonly run: (
    command: string,
    args: ReadonlyArray<string>,
    options?: Options & { readonly module?: string }
  ) => ReturnType<typeof tablefold>
  readonly drop: () => Promise<void>
}

/** Makes the table, with a stream and empty. `module` holds the definition for the commands. */
export const make = async (
  name: string,
  servers: Servers,
  module: string,
  StreamViewType: StreamViewType
): Promise<RealTable> => {
  const client = new DynamoDBClient({
    endpoint: servers.dynamodbEndpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" }
  })
  await client.send(
    new CreateTableCommand({
      TableName: name,
      ...pkSk,
      StreamSpecification: { StreamEnabled: true, StreamViewType }
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
    remove: async (PK, SK) => {
      await client.send(new DeleteItemCommand({ TableName: name, Key: { PK: { S: PK }, SK: { S: SK } } }))
    },
    run: (command, args, options = {}) =>
      tablefold([command, "--table", options.module ?? module, ...args], {
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
