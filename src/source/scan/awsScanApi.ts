/**
 * {@link ScanApi} over the AWS SDK, for AWS and for DynamoDB Local. The SDK's own retries are off, as for the stream:
 * whoever reads waits and asks again by a schedule it can see.
 */
import {
  type AttributeValue as AwsValue,
  DescribeTableCommand,
  DynamoDBClient,
  QueryCommand,
  type QueryCommandOutput,
  ScanCommand,
  type ScanCommandOutput,
  type TableDescription as AwsTable
} from "@aws-sdk/client-dynamodb"
import { Effect, Layer, Result } from "effect"
import { Base64 } from "effect/encoding"
import * as Arn from "../../Arn.ts"
import { errorOf } from "../awsErrors.ts"
import { clientSettings, keyNamesOf, type Options } from "../dynamoDbClient.ts"
import type { Attributes, AttributeValue } from "../Change.ts"
import * as Api from "./ScanApi.ts"

/** Needs permission for DescribeTable, Scan and Query on the table. */
export const layerAws = (options: Options = {}): Layer.Layer<Api.ScanApi> =>
  Layer.effect(
    Api.ScanApi,
    Effect.gen(function* () {
      const client = yield* Effect.acquireRelease(
        Effect.sync(() => new DynamoDBClient(clientSettings(options))),
        (client) => Effect.sync(() => client.destroy())
      )
      return Api.ScanApi.of({
        describe: (tableName) =>
          request("DescribeTable", tableName, (abortSignal) =>
            client.send(new DescribeTableCommand({ TableName: tableName }), { abortSignal })
          ).pipe(Effect.map(({ Table }) => descriptionOf(tableName, Table))),
        scan: ({ after, rowsMax, segment, segments, tableName }) =>
          request("Scan", tableName, (abortSignal) =>
            client.send(
              new ScanCommand({
                TableName: tableName,
                ConsistentRead: true,
                ReturnConsumedCapacity: "TOTAL",
                Segment: segment,
                TotalSegments: segments,
                ...(rowsMax === undefined ? {} : { Limit: rowsMax }),
                ...startAfter(after)
              }),
              { abortSignal }
            )
          ).pipe(Effect.map(pageOf)),
        query: ({ after, partitionKey, sortKeyPrefix, tableName }) =>
          request("Query", tableName, (abortSignal) =>
            client.send(
              new QueryCommand({
                TableName: tableName,
                ConsistentRead: true,
                ReturnConsumedCapacity: "TOTAL",
                ...keyCondition(partitionKey, sortKeyPrefix),
                ...startAfter(after)
              }),
              { abortSignal }
            )
          ).pipe(Effect.map(pageOf))
      })
    })
  )

const request = <A>(operation: string, subject: string, send: (signal: AbortSignal) => Promise<A>) =>
  Effect.tryPromise({ try: send, catch: (error) => errorOf(operation, subject, error) })

const pageOf = ({ ConsumedCapacity, Items, LastEvaluatedKey }: ScanCommandOutput | QueryCommandOutput): Api.Page => ({
  items: (Items ?? []) as unknown as ReadonlyArray<Attributes>,
  last: LastEvaluatedKey as unknown as Attributes | undefined,
  units: ConsumedCapacity?.CapacityUnits ?? 0
})

const startAfter = (after: Attributes | undefined) =>
  after === undefined
    ? {}
    : { ExclusiveStartKey: Object.fromEntries(Object.entries(after).map(([name, value]) => [name, toAws(value)])) }

/** Keys that were kept in a file have their bytes as base64. */
const toAws = (value: AttributeValue): AwsValue =>
  "B" in value && typeof value.B === "string"
    ? { B: Result.getOrThrow(Base64.decode(value.B)) }
    : (value as unknown as AwsValue)

const keyCondition = ([name, value]: Api.Partition["partitionKey"], prefix: Api.Partition["sortKeyPrefix"]) => ({
  KeyConditionExpression: prefix === undefined ? "#p = :p" : "#p = :p AND begins_with(#s, :s)",
  ExpressionAttributeNames: { "#p": name, ...(prefix === undefined ? {} : { "#s": prefix[0] }) },
  ExpressionAttributeValues: { ":p": toAws(value), ...(prefix === undefined ? {} : { ":s": { S: prefix[1] } }) }
})

const descriptionOf = (tableName: string, table: AwsTable | undefined): Api.TableDescription => {
  const { partitionKey, sortKey } = keyNamesOf(table)
  const keyOf = (name: string): Api.KeyAttribute => {
    const defined = table?.AttributeDefinitions?.find(({ AttributeName }) => AttributeName === name)
    return { name, type: (defined?.AttributeType ?? "S") as Api.KeyAttribute["type"] }
  }
  const isEnabled = table?.StreamSpecification?.StreamEnabled === true
  return {
    tableArn: table?.TableArn ?? tableName,
    partitionKey: keyOf(partitionKey),
    sortKey: sortKey === undefined ? undefined : keyOf(sortKey),
    epoch: isEnabled ? Arn.epochOfLabel(table.LatestStreamLabel ?? "") : 0,
    bytes: table?.TableSizeBytes ?? 0,
    rows: table?.ItemCount ?? 0
  }
}
