/** The place where a command finds DynamoDB and its streams: the flag, the environment, or AWS as the SDK finds it. */
import { Effect, type Layer } from "effect"
import { Flag } from "effect/cli"
import type { Options } from "../source/dynamoDbClient.ts"
import type { ScanApi } from "../source/scan/ScanApi.ts"
import type { StreamApi } from "../source/stream/StreamApi.ts"
import type { TableReader } from "../source/scan/TableReader.ts"
import * as setting from "../setting.ts"
import { Failure } from "./Failure.ts"

/** The flag of all commands that read a table or its stream. */
export const endpoint = Flag.String("endpoint").pipe(
  Flag.withMetavar("url"),
  Flag.withDescription(
    "DynamoDB's address, such as http://localhost:8000 for DynamoDB Local " +
      "(default: DYNAMODB_ENDPOINT or AWS_ENDPOINT_URL_DYNAMODB, else that of AWS_REGION)"
  ),
  Flag.optional
)

/** The part of a command's help. */
export const dynamodbEnvironment = `  DynamoDB is found by:
    DYNAMODB_ENDPOINT        or AWS_ENDPOINT_URL_DYNAMODB: another server than AWS; one on this machine needs no more
    AWS_REGION               and AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a role, as for the AWS CLI`

export const layerStream = Effect.fnUntraced(function* (
  flag: string | undefined
): Effect.fn.Return<Layer.Layer<StreamApi>, Failure | setting.SettingError> {
  const { layerAws } = yield* Effect.promise(() => import("../source/stream/awsStreamApi.ts"))
  return layerAws(yield* settings(flag))
})

export const layerScan = Effect.fnUntraced(function* (
  flag: string | undefined
): Effect.fn.Return<Layer.Layer<ScanApi>, Failure | setting.SettingError> {
  const { layerAws } = yield* Effect.promise(() => import("../source/scan/awsScanApi.ts"))
  return layerAws(yield* settings(flag))
})

export const layerReader = Effect.fnUntraced(function* (
  flag: string | undefined
): Effect.fn.Return<Layer.Layer<TableReader>, Failure | setting.SettingError> {
  const { layerAws } = yield* Effect.promise(() => import("../source/scan/awsTableReader.ts"))
  return layerAws(yield* settings(flag))
})

const settings = Effect.fnUntraced(function* (
  flag: string | undefined
): Effect.fn.Return<Options, Failure | setting.SettingError> {
  const endpoint =
    flag || (yield* setting.text("DYNAMODB_ENDPOINT")) || (yield* setting.text("AWS_ENDPOINT_URL_DYNAMODB"))
  if (endpoint === undefined) return {}
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return yield* new Failure({
      message: `"${endpoint}" is no address of DynamoDB; it must be like http://localhost:8000`
    })
  }
  return { endpoint, ...(yield* clientSettings(url)) }
})

/** DynamoDB Local takes any region and credentials, but the SDK sends no request without. */
export const clientSettings = Effect.fnUntraced(function* ({ hostname }: URL) {
  if (!/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)) return {}
  const region = (yield* setting.text("AWS_REGION")) ?? (yield* setting.text("AWS_DEFAULT_REGION"))
  const credentials = (yield* setting.text("AWS_ACCESS_KEY_ID")) ?? (yield* setting.text("AWS_PROFILE"))
  return {
    ...(region === undefined ? { region: "us-east-1" } : {}),
    ...(credentials === undefined ? { credentials: { accessKeyId: "local", secretAccessKey: "local" } } : {})
  }
})
