/** Settings of the SDK's clients for DynamoDB and its streams, and what both say of a table. */
import type { DynamoDBClientConfig, TableDescription } from "@aws-sdk/client-dynamodb"
import type { KeyNames } from "../KeyNames.ts"

export interface Options {
  /** Such as `http://localhost:8000` for DynamoDB Local. Defaults to the region's own. */
  readonly endpoint?: string | undefined
  /** Defaults to what the SDK finds: AWS_REGION, then the profile. */
  readonly region?: string | undefined
  /** Defaults to what the SDK finds: environment, profile, container or instance role. */
  readonly credentials?: DynamoDBClientConfig["credentials"]
}

// Without time-outs of our own a lost connection would hold its shard for as long as the system likes.
export const clientSettings = ({ endpoint, region, credentials }: Options) => ({
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
  ...(endpoint === undefined ? {} : { endpoint }),
  ...(region === undefined ? {} : { region }),
  ...(credentials === undefined ? {} : { credentials })
})

export const keyNamesOf = (table: TableDescription | undefined): KeyNames => {
  const nameOf = (type: string) => table?.KeySchema?.find(({ KeyType }) => KeyType === type)?.AttributeName
  return { partitionKey: nameOf("HASH") ?? "", sortKey: nameOf("RANGE") }
}
