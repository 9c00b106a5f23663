/**
 * {@link StreamApi} over the AWS SDK, for AWS and for DynamoDB Local. The SDK's own retries are off: whoever follows
 * a stream waits and asks again by a schedule it can see, and an error leaves here with the reason it decides by.
 */
import { DescribeTableCommand, DynamoDBClient, type TableDescription } from "@aws-sdk/client-dynamodb"
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorInput,
  type Shard as AwsShard
} from "@aws-sdk/client-dynamodb-streams"
import { Effect, Layer } from "effect"
import { errorOf } from "../awsErrors.ts"
import { clientSettings, keyNamesOf, type Options } from "../dynamoDbClient.ts"
import * as Api from "./StreamApi.ts"

/** Needs permission for DescribeTable on the table; DescribeStream, GetShardIterator, GetRecords on its streams. */
export const layerAws = (options: Options = {}): Layer.Layer<Api.StreamApi> =>
  Layer.effect(
    Api.StreamApi,
    Effect.gen(function* () {
      const settings = clientSettings(options)
      const tables = yield* Effect.acquireRelease(
        Effect.sync(() => new DynamoDBClient(settings)),
        (client) => Effect.sync(() => client.destroy())
      )
      const streams = yield* Effect.acquireRelease(
        Effect.sync(() => new DynamoDBStreamsClient(settings)),
        (client) => Effect.sync(() => client.destroy())
      )
      return Api.StreamApi.of({
        findStream: (tableName) =>
          request("DescribeTable", tableName, (abortSignal) =>
            tables.send(new DescribeTableCommand({ TableName: tableName }), { abortSignal })
          ).pipe(Effect.map(({ Table }) => tableStream(tableName, Table))),
        describeStream: (streamArn) => describeStream(streams, streamArn),
        shardIterator: (streamArn, shardId, start) =>
          request("GetShardIterator", `shard ${shardId} of ${streamArn}`, (abortSignal) =>
            streams.send(
              new GetShardIteratorCommand({ StreamArn: streamArn, ShardId: shardId, ...iteratorType(start) }),
              { abortSignal }
            )
          ).pipe(Effect.map(({ ShardIterator }) => ShardIterator ?? "")),
        records: (iterator) =>
          request("GetRecords", "a shard", (abortSignal) =>
            streams.send(new GetRecordsCommand({ ShardIterator: iterator }), { abortSignal })
          ).pipe(Effect.map(({ Records, NextShardIterator }) => ({ records: Records ?? [], next: NextShardIterator })))
      })
    })
  )

const request = <A>(operation: string, subject: string, send: (signal: AbortSignal) => Promise<A>) =>
  Effect.tryPromise({ try: send, catch: (error) => errorOf(operation, subject, error) })

const describeStream = Effect.fnUntraced(function* (streams: DynamoDBStreamsClient, streamArn: string) {
  const shards: Array<Api.Shard> = []
  let viewType: string | undefined
  let after: string | undefined
  do {
    const { StreamDescription: page } = yield* request("DescribeStream", streamArn, (abortSignal) =>
      streams.send(
        new DescribeStreamCommand({
          StreamArn: streamArn,
          ...(after === undefined ? {} : { ExclusiveStartShardId: after })
        }),
        { abortSignal }
      )
    )
    for (const shard of page?.Shards ?? []) shards.push(shardOf(shard))
    viewType = page?.StreamViewType
    after = page?.LastEvaluatedShardId
  } while (after !== undefined)
  return { viewType, shards }
})

const tableStream = (tableName: string, table: TableDescription | undefined): Api.TableStream => {
  const specification = table?.StreamSpecification
  return {
    tableArn: table?.TableArn ?? tableName,
    keys: keyNamesOf(table),
    latest:
      table?.LatestStreamArn === undefined
        ? undefined
        : {
            streamArn: table.LatestStreamArn,
            label: table.LatestStreamLabel ?? "",
            enabled: specification?.StreamEnabled === true,
            viewType: specification?.StreamViewType
          }
  }
}

const shardOf = ({ ShardId, ParentShardId, SequenceNumberRange }: AwsShard): Api.Shard => ({
  shardId: ShardId ?? "",
  parentShardId: ParentShardId,
  closed: SequenceNumberRange?.EndingSequenceNumber !== undefined
})

const iteratorType = (
  start: Api.IteratorStart
): Pick<GetShardIteratorInput, "ShardIteratorType" | "SequenceNumber"> => {
  if (start._tag === "TrimHorizon") return { ShardIteratorType: "TRIM_HORIZON" }
  if (start._tag === "Latest") return { ShardIteratorType: "LATEST" }
  if (start._tag === "At") return { ShardIteratorType: "AT_SEQUENCE_NUMBER", SequenceNumber: start.sequenceNumber }
  return { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", SequenceNumber: start.sequenceNumber }
}
