/** The S3 that a command talks to: AWS, or another server, such as one on this machine. */
import { Effect } from "effect"
import type { Options } from "../s3.ts"
import * as setting from "../setting.ts"
import { Failure } from "./Failure.ts"
import { clientSettings } from "./stream.ts"

export const s3Settings: Effect.Effect<Options, Failure | setting.SettingError> = Effect.gen(function* () {
  const endpoint = (yield* setting.text("AWS_ENDPOINT_URL_S3")) ?? (yield* setting.text("AWS_ENDPOINT_URL"))
  if (endpoint === undefined) return {}
  if (URL.canParse(endpoint)) return { endpoint, ...(yield* clientSettings(new URL(endpoint))) }
  return yield* new Failure({
    message: `AWS_ENDPOINT_URL_S3 is no address: "${endpoint}"; it must be like http://localhost:9090`
  })
})
