/** The demonstration's table in a DynamoDB: made with its stream, and removed when the scope closes. */
import {
  type AttributeValue,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
  waitUntilTableExists
} from "@aws-sdk/client-dynamodb"
import { Effect, Option, type Scope } from "effect"
import { Failure } from "../../cli/Failure.ts"
import { clientSettings } from "../../cli/stream.ts"
import type { SettingError } from "../../setting.ts"
import type { Attributes } from "../../source/Change.ts"
import { layerAws } from "../../source/stream/awsStreamApi.ts"
import type { Write } from "./day.ts"
import { type Plain, toAttributes } from "./row.ts"
import type { Rows } from "./Rows.ts"
import { pkSk } from "./pkSk.ts"

export interface Options {
  readonly endpoint: string
  readonly title: string
  readonly tableName: string
}

export const dynamoRows = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<Rows, Failure | SettingError, Scope.Scope> {
  const { endpoint, tableName, title } = options
  const settings = { endpoint, ...(yield* clientSettings(new URL(endpoint))) }
  const client = yield* Effect.acquireRelease(
    Effect.sync(() => new DynamoDBClient(settings)),
    (client) => Effect.sync(() => client.destroy())
  )
  yield* Effect.acquireRelease(makeTable(client, options), () =>
    Effect.promise(() => client.send(new DeleteTableCommand({ TableName: tableName })).catch(() => undefined))
  )
  return {
    title,
    tableName,
    endpoint,
    write: (write) => request(endpoint, () => send(client, tableName, write)),
    get: (key) =>
      request(endpoint, async () => {
        const command = new GetItemCommand({ TableName: tableName, Key: sdk({ ...key }), ConsistentRead: true })
        return Option.fromUndefinedOr((await client.send(command)).Item as Attributes | undefined)
      }),
    // A day is far below the megabyte that one page holds.
    scan: request(endpoint, async () => {
      const { Items } = await client.send(new ScanCommand({ TableName: tableName, ConsistentRead: true }))
      return (Items ?? []) as ReadonlyArray<Attributes>
    }),
    streamApi: layerAws(settings)
  }
})

const makeTable = (client: DynamoDBClient, { endpoint, tableName }: Options) =>
  Effect.tryPromise({
    try: async () => {
      await client.send(
        new CreateTableCommand({
          TableName: tableName,
          ...pkSk,
          StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" }
        })
      )
      await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 2 }, { TableName: tableName })
    },
    catch: (error) =>
      new Failure({
        message:
          `the table ${tableName} can't be made at ${endpoint}: ${reasonOf(error)}; check DYNAMODB_ENDPOINT, ` +
          "AWS_REGION and the credentials"
      })
  })

const request = <A>(endpoint: string, send: () => Promise<A>) =>
  Effect.tryPromise({
    try: send,
    catch: (error) =>
      new Failure({ message: `DynamoDB at ${endpoint} did not answer as it should: ${reasonOf(error)}` })
  })

/** A refused connection says all in its code: its message is empty where several addresses were tried. */
const reasonOf = (error: unknown): string => {
  const { code, message, name } = error as NodeJS.ErrnoException
  return message || code || name
}

const send = async (client: DynamoDBClient, TableName: string, write: Write): Promise<void> => {
  if (write._tag === "Put") return void (await client.send(new PutItemCommand({ TableName, Item: sdk(write.row) })))
  const Key = sdk({ ...write.key })
  if (write._tag === "Remove") return void (await client.send(new DeleteItemCommand({ TableName, Key })))
  const names = Object.keys(write.attributes)
  await client.send(
    new UpdateItemCommand({
      TableName,
      Key,
      UpdateExpression: `SET ${names.map((_, i) => `#n${i} = :v${i}`).join(", ")}`,
      ExpressionAttributeNames: Object.fromEntries(names.map((name, i) => [`#n${i}`, name])),
      ExpressionAttributeValues: sdk(Object.fromEntries(names.map((name, i) => [`:v${i}`, write.attributes[name]!])))
    })
  )
}

/** The SDK has the same values in a type of its own. */
const sdk = (row: { readonly [name: string]: Plain }) => toAttributes(row) as unknown as Record<string, AttributeValue>
