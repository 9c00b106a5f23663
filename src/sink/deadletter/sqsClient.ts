/** The SDK's client for one SQS queue, loaded and made when the first request is asked for. */
import type { SQSClient, SQSClientConfig } from "@aws-sdk/client-sqs"
import { Effect, Predicate } from "effect"
import * as DeadLetters from "./destination.ts"

export interface Connection {
  /** As SQS gives it: `https://sqs.eu-west-1.amazonaws.com/123456789012/dead-letters`. The host names the server. */
  readonly queueUrl: string
  /** Defaults to the one in the queue's URL, else to what the SDK finds: AWS_REGION, then the profile. */
  readonly region?: string | undefined
  /** Defaults to what the SDK finds: environment, profile, container or instance role. */
  readonly credentials?: SQSClientConfig["credentials"]
}

type Sdk = typeof import("@aws-sdk/client-sqs")

/** One request: the SDK's own three tries, with its waits between them. */
export type Ask = <A>(
  request: (sdk: Sdk, sqs: SQSClient, abortSignal: AbortSignal) => Promise<A>
) => Effect.Effect<A, DeadLetters.DeadLettersError>

/** The SDK and its client, made when first asked for. */
export const connect = Effect.fnUntraced(function* (options: Connection) {
  let made: SQSClient | undefined
  yield* Effect.addFinalizer(() => Effect.sync(() => made?.destroy()))
  const load = Effect.map(
    Effect.promise(() => import("@aws-sdk/client-sqs")),
    (sdk): Ask => {
      const sqs = (made ??= new sdk.SQSClient(settings(options)))
      return (request) =>
        Effect.tryPromise({
          try: (abortSignal) => request(sdk, sqs, abortSignal),
          catch: (error) => new DeadLetters.DeadLettersError({ message: sentence(options.queueUrl, error) })
        })
    }
  )
  return yield* Effect.cached(load)
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

const sentence = (queueUrl: string, error: unknown): string => {
  const name = Predicate.hasProperty(error, "name") && typeof error.name === "string" ? error.name : "an unknown error"
  const message = error instanceof Error && error.message !== "" ? `: ${error.message}` : ""
  const hint = hints.find(([names]) => names.test(name + message))?.[1] ?? ""
  return `${queueUrl} can't be used, ${name}${message}${hint}`
}

const hints: ReadonlyArray<readonly [RegExp, string]> = [
  [/NonExistentQueue|QueueDoesNotExist/, "; check the queue's URL"],
  [/AccessDenied/, "; the role must be allowed this on the queue"],
  [
    /Credentials|InvalidClientTokenId|Region is missing/,
    "; check AWS_REGION and the credentials (AWS_PROFILE or a role)"
  ]
]
