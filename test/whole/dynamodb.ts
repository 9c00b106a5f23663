/** DynamoDB Local: writes by the SDK, reads as they come over the wire, which is the form that Lambda's events have. */
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from "@aws-sdk/client-dynamodb"

/** An attribute value as on the wire; binary is base64 text. */
export type Value =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly SS: ReadonlyArray<string> }
  | { readonly NS: ReadonlyArray<string> }
  | { readonly BS: ReadonlyArray<string> }
  | { readonly L: ReadonlyArray<Value> }
  | { readonly M: Item }

export interface Item {
  readonly [name: string]: Value
}

/** A record of a stream, as Lambda delivers it. */
export interface StreamRecord {
  readonly eventName: string
  readonly eventSourceARN: string
  readonly dynamodb: { readonly Keys: Item; readonly NewImage?: Item; readonly SequenceNumber: string }
}

export interface KeySchema {
  readonly partitionKey: readonly [name: string, type: "S" | "N" | "B"]
  readonly sortKey?: readonly [name: string, type: "S" | "N" | "B"]
}

export const clientOf = (endpoint: string): DynamoDBClient =>
  new DynamoDBClient({
    endpoint,
    region: "eu-central-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" }
  })

/** Makes a table with a stream; gives the stream's ARN. */
export const makeTable = async (
  client: DynamoDBClient,
  tableName: string,
  { partitionKey, sortKey }: KeySchema,
  viewType: "NEW_AND_OLD_IMAGES" | "NEW_IMAGE" | "KEYS_ONLY" = "NEW_AND_OLD_IMAGES"
): Promise<string> => {
  const keys = sortKey === undefined ? [partitionKey] : [partitionKey, sortKey]
  const { TableDescription } = await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: keys.map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
      KeySchema: keys.map(([AttributeName], i) => ({ AttributeName, KeyType: i === 0 ? "HASH" : "RANGE" })),
      StreamSpecification: { StreamEnabled: true, StreamViewType: viewType }
    })
  )
  await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName: tableName })
  return TableDescription!.LatestStreamArn!
}

/** All items of a table, read consistently. */
export const scan = async (endpoint: string, TableName: string): Promise<ReadonlyArray<Item>> => {
  const items: Array<Item> = []
  let start: object = {}
  for (;;) {
    const page = await ask(endpoint, "DynamoDB_20120810.Scan", { TableName, ConsistentRead: true, ...start })
    items.push(...page["Items"])
    if (page["LastEvaluatedKey"] === undefined) return items
    start = { ExclusiveStartKey: page["LastEvaluatedKey"] }
  }
}

/** All records of a stream, shard by shard, up to the one whose image has this mark. */
export const readStream = async (
  endpoint: string,
  streamArn: string,
  mark: string
): Promise<ReadonlyArray<StreamRecord>> => {
  const { StreamDescription } = await ask(endpoint, `${streams}.DescribeStream`, { StreamArn: streamArn })
  const records: Array<StreamRecord> = []
  for (const { ShardId } of StreamDescription.Shards) {
    const asked = { StreamArn: streamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" }
    let iterator = (await ask(endpoint, `${streams}.GetShardIterator`, asked))["ShardIterator"]
    while (iterator !== undefined && !isMarked(records.at(-1), mark)) {
      const page = await ask(endpoint, `${streams}.GetRecords`, { ShardIterator: iterator })
      for (const record of page["Records"]) records.push({ ...record, eventSourceARN: streamArn })
      iterator = page["NextShardIterator"]
    }
  }
  return records
}

export const streams = "DynamoDBStreams_20120810"

const isMarked = (record: StreamRecord | undefined, mark: string): boolean => {
  const value = record?.dynamodb.NewImage?.["mark"]
  return value !== undefined && "S" in value && value.S === mark
}

export const ask = async (endpoint: string, target: string, body: object): Promise<any> => {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": target,
      "x-amz-date": "20260101T000000Z",
      authorization:
        "AWS4-HMAC-SHA256 Credential=local/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
    },
    body: JSON.stringify(body)
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${target} answered ${response.status}: ${text}`)
  return JSON.parse(text)
}
