/** A name and a password out of AWS Secrets Manager. The SDK is loaded for those that keep them there alone. */
import { Effect, Option, Redacted, Schema } from "effect"
import { TransportError } from "./Transport.ts"

/** A secret as RDS's rotation and the console's own form have it, other fields aside. */
const Content = Schema.fromJsonString(Schema.Struct({ username: Schema.String, password: Schema.String }))

/**
 * Reads a secret by its name or ARN. Fails with a sentence where it can't be read, or is not of that form; never with a
 * part of it.
 */
export const read = Effect.fnUntraced(function* (secretId: string) {
  const sdk = yield* Effect.promise(() => import("@aws-sdk/client-secrets-manager"))
  const region = /^arn:[^:]+:secretsmanager:([^:]+):/.exec(secretId)?.[1]
  const client = new sdk.SecretsManagerClient({
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
    ...(region === undefined ? {} : { region })
  })
  const { SecretString } = yield* Effect.tryPromise({
    try: (abortSignal) => client.send(new sdk.GetSecretValueCommand({ SecretId: secretId }), { abortSignal }),
    catch: (error) => failure(`the secret ${secretId} can't be read, ${sentence(error)}`)
  }).pipe(Effect.ensuring(Effect.sync(() => client.destroy())))
  const content = Schema.decodeUnknownOption(Content)(SecretString)
  if (Option.isNone(content)) {
    return yield* failure(`the secret ${secretId} must be JSON like {"username": "…", "password": "…"}`)
  }
  return { username: content.value.username, password: Redacted.make(content.value.password) }
})

const sentence = (error: unknown): string =>
  error instanceof Error
    ? `${error.name}: ${error.message}; check its name and region, and that the role may secretsmanager:GetSecretValue`
    : "an unknown error"

const failure = (message: string) => new TransportError({ message })
