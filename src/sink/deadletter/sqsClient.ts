/** The SDK's client for one SQS queue. */
import type { SQSClient, SQSClientConfig } from "@aws-sdk/client-sqs"
import * as awsClient from "./awsClient.ts"

export interface Connection {
  /** As SQS gives it: `https://sqs.eu-west-1.amazonaws.com/123456789012/dead-letters`. The host names the server. */
  readonly queueUrl: string
  /** Defaults to the one in the queue's URL, else to what the SDK finds: AWS_REGION, then the profile. */
  readonly region?: string | undefined
  /** Defaults to what the SDK finds: environment, profile, container or instance role. */
  readonly credentials?: SQSClientConfig["credentials"]
}

type Sdk = typeof import("@aws-sdk/client-sqs")

export type Ask = awsClient.Ask<Sdk, SQSClient>

export const connect = (options: Connection) =>
  awsClient.connect({
    place: options.queueUrl,
    load: () => import("@aws-sdk/client-sqs"),
    make: (sdk) => new sdk.SQSClient(settings(options)),
    hints: [
      [/NonExistentQueue|QueueDoesNotExist/, "; check the queue's URL"],
      [/AccessDenied/, "; the role must be allowed this on the queue"]
    ]
  })

const settings = ({ credentials, queueUrl, region }: Connection): SQSClientConfig => {
  const own = region ?? /^https?:\/\/sqs\.([a-z0-9-]+)\./.exec(queueUrl)?.[1]
  return {
    endpoint: new URL(queueUrl).origin,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
    ...(own === undefined ? {} : { region: own }),
    ...(credentials === undefined ? {} : { credentials })
  }
}
