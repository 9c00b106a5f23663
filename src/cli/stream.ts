/** Where a command finds DynamoDB Streams: the flag, the environment, or AWS as the SDK finds it. */
import { Effect, type Layer } from "effect"
import type { StreamApi } from "../source/StreamApi.ts"
import { Failure } from "./Failure.ts"

export const layerStream = Effect.fnUntraced(function* (
  flag: string | undefined
): Effect.fn.Return<Layer.Layer<StreamApi>, Failure> {
  const { layerAws } = yield* Effect.promise(() => import("../source/awsStreamApi.ts"))
  const given = [flag, process.env["DYNAMODB_ENDPOINT"], process.env["AWS_ENDPOINT_URL_DYNAMODB"]]
  const endpoint = given.find((text) => text !== undefined && text !== "")
  if (endpoint === undefined) return layerAws()
  const url = URL.parse(endpoint)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return yield* new Failure({
      message: `"${endpoint}" is no address of DynamoDB; it must be like http://localhost:8000`
    })
  }
  return layerAws({ endpoint, ...clientSettings(url) })
})

/** DynamoDB Local takes any region and credentials, but the SDK sends no request without. */
export const clientSettings = ({ hostname }: URL) => {
  if (!/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)) return {}
  const region = process.env["AWS_REGION"] ?? process.env["AWS_DEFAULT_REGION"]
  const hasCredentials = process.env["AWS_ACCESS_KEY_ID"] !== undefined || process.env["AWS_PROFILE"] !== undefined
  return {
    ...(region === undefined ? { region: "us-east-1" } : {}),
    ...(hasCredentials ? {} : { credentials: { accessKeyId: "local", secretAccessKey: "local" } })
  }
}
