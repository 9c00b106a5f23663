/** A table with its stream in a DynamoDB: made as the definition says, or the one that was made here before. */
import {
  type AttributeValue as AwsValue,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  PutItemCommand,
  type TableDescription,
  waitUntilTableExists,
  waitUntilTableNotExists
} from "@aws-sdk/client-dynamodb"
import { Effect, Layer, type Scope } from "effect"
import { Failure } from "../cli/Failure.ts"
import { clientSettings } from "../cli/stream.ts"
import { ActionError } from "../console/Actions.ts"
import type * as Table from "../define/Table.ts"
import * as KeyNames from "../KeyNames.ts"
import type { SettingError } from "../setting.ts"
import type { Attributes } from "../source/Change.ts"
import * as scan from "../source/scan/awsScanApi.ts"
import * as reader from "../source/scan/awsTableReader.ts"
import * as stream from "../source/stream/awsStreamApi.ts"
import type { Marks } from "./Marks.ts"
import type { Rows } from "./Place.ts"

export interface Options {
  readonly endpoint: string
  readonly title: string
  /** The place in marks: servers of ours are the same on another port. */
  readonly at: string
  readonly tableName: string
  /** Deletes the table that was made here before. */
  readonly isFresh: boolean
  readonly marks: Marks
}

export const rows = Effect.fnUntraced(function* (
  table: Table.Table,
  options: Options
): Effect.fn.Return<Rows & { readonly isNew: boolean }, Failure | SettingError, Scope.Scope> {
  const { endpoint, tableName, title } = options
  const settings = { endpoint, ...(yield* clientSettings(new URL(endpoint))) }
  const client = yield* Effect.acquireRelease(
    Effect.sync(() => new DynamoDBClient(settings)),
    (client) => Effect.sync(() => client.destroy())
  )
  const isNew = yield* findOrMake(client, table, options)
  const done = <A extends { readonly Attributes?: Record<string, AwsValue> | undefined }>(send: () => Promise<A>) =>
    Effect.tryPromise({
      try: async () => (await send()).Attributes as Attributes | undefined,
      catch: (error) => new ActionError({ message: `DynamoDB refused: ${reasonOf(error)}` })
    })
  return {
    tableName,
    title,
    isNew,
    put: (item) =>
      done(() => client.send(new PutItemCommand({ TableName: tableName, Item: sdk(item), ReturnValues: "ALL_OLD" }))),
    remove: (keys) =>
      done(() => client.send(new DeleteItemCommand({ TableName: tableName, Key: sdk(keys), ReturnValues: "ALL_OLD" }))),
    layer: Layer.mergeAll(stream.layerAws(settings), scan.layerAws(settings), reader.layerAws(settings)),
    pollMillis: 100
  }
})

/** The SDK has the same values in a type of its own. */
const sdk = (row: Attributes) => row as unknown as Record<string, AwsValue>

/** Tells whether the table is new. */
const findOrMake = Effect.fnUntraced(function* (client: DynamoDBClient, table: Table.Table, options: Options) {
  const { endpoint, isFresh, marks, tableName } = options
  const what = `table ${tableName} at ${options.at}`
  const asked = <A>(send: () => Promise<A>) =>
    Effect.tryPromise({
      try: send,
      catch: (error) =>
        new Failure({ message: `DynamoDB at ${endpoint} did not answer as it should: ${reasonOf(error)}` })
    })
  const found = yield* asked(() => describe(client, tableName))
  if (found !== undefined) {
    if (!marks.has(what, identityOf(found))) {
      const message = `the table ${tableName} at ${endpoint} was not made by this folder's dev, so it is left alone`
      return yield* new Failure({ message })
    }
    const problem = KeyNames.problem(tableName, keyNamesOf(found), table)
    if (!isFresh && problem === undefined) return false
    if (!isFresh) return yield* new Failure({ message: `${problem}; or make the table anew with --fresh` })
    yield* asked(async () => {
      await client.send(new DeleteTableCommand({ TableName: tableName }))
      await waitUntilTableNotExists({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 2 }, { TableName: tableName })
    })
  }
  const made = yield* asked(() => create(client, tableName, table))
  yield* marks.add(what, identityOf(made))
  return true
})

const describe = async (client: DynamoDBClient, TableName: string): Promise<TableDescription | undefined> => {
  try {
    return (await client.send(new DescribeTableCommand({ TableName }))).Table
  } catch (error) {
    if ((error as Error).name === "ResourceNotFoundException") return undefined
    throw error
  }
}

const create = async (client: DynamoDBClient, TableName: string, { keyNames }: Table.Table) => {
  const { TableDescription } = await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: keyNames.map((AttributeName, i) => ({ AttributeName, KeyType: i === 0 ? "HASH" : "RANGE" })),
      AttributeDefinitions: keyNames.map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" }
    })
  )
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 2 }, { TableName })
  return TableDescription!
}

const identityOf = ({ CreationDateTime, TableArn }: TableDescription): string =>
  `${TableArn} ${CreationDateTime?.getTime()}`

const keyNamesOf = ({ KeySchema = [] }: TableDescription): KeyNames.KeyNames => {
  const nameOf = (type: string) => KeySchema.find(({ KeyType }) => KeyType === type)?.AttributeName
  return { partitionKey: nameOf("HASH") ?? "", sortKey: nameOf("RANGE") }
}

/** A refused connection says all in its code: its message is empty where several addresses were tried. */
const reasonOf = (error: unknown): string => {
  const { code, message, name } = error as NodeJS.ErrnoException
  return message || code || name
}
