/** The settings of a cluster, out of the environment. */
import { Effect, Redacted, Result } from "effect"
import * as setting from "../../setting.ts"
import { Misconfigured, SinkError } from "../Sink.ts"
import type * as client from "./client.ts"
import * as nodeAddresses from "./nodeAddresses.ts"

/** The settings that `layerConfig` finds in the environment. */
export const read: Effect.Effect<client.Options & { readonly aliasPrefix: string }, SinkError> = Effect.gen(
  function* () {
    const node = yield* setting.required("OPENSEARCH_NODE", "an address like https://host:9200")
    const addresses = nodeAddresses.parse(node)
    if (Result.isFailure(addresses)) return yield* wrong(`OPENSEARCH_NODE: ${addresses.failure}`)
    const { credentials, nodes } = addresses.success
    const aliasPrefix = yield* setting.text("OPENSEARCH_ALIAS_PREFIX")
    return { nodes, auth: yield* readAuth(credentials), aliasPrefix: aliasPrefix ?? "" }
  }
).pipe(Effect.catchTag("SettingError", ({ message }) => wrong(message)))

const readAuth = Effect.fnUntraced(function* (
  inAddress: nodeAddresses.Credentials | undefined
): Effect.fn.Return<client.Auth, SinkError | setting.SettingError> {
  const username = yield* setting.text("OPENSEARCH_USERNAME")
  const password = yield* setting.text("OPENSEARCH_PASSWORD")
  const secretId = yield* setting.text("OPENSEARCH_SECRET")
  const named = yield* setting.oneOf("OPENSEARCH_AUTH", ["none", "basic", "sigv4"])
  const isSet = username !== undefined || password !== undefined
  const holder = inAddress !== undefined ? "OPENSEARCH_NODE holds credentials" : "OPENSEARCH_SECRET is set"
  const others = [
    ...(isSet ? ["OPENSEARCH_USERNAME or OPENSEARCH_PASSWORD is set too"] : []),
    ...(inAddress !== undefined && secretId !== undefined ? ["OPENSEARCH_SECRET is set too"] : []),
    ...((named ?? "basic") === "basic" ? [] : [`OPENSEARCH_AUTH is "${named}"`])
  ]
  if ((inAddress ?? secretId) !== undefined && others.length > 0) {
    return yield* wrong(`${holder}, but ${others[0]}; leave one of them out`)
  }
  if (inAddress !== undefined) {
    return { _tag: "basic", username: inAddress.username, password: Redacted.make(inAddress.password) }
  }
  if (secretId !== undefined) return { _tag: "secret", secretId }
  switch (named ?? (username === undefined ? "none" : "basic")) {
    case "none":
      return { _tag: "none" }
    case "sigv4":
      return { _tag: "sigv4", region: yield* setting.required("AWS_REGION", "a region like eu-west-1") }
    case "basic": {
      if (username === undefined) return yield* wrong("OPENSEARCH_USERNAME is not set, but OPENSEARCH_AUTH is basic")
      if (password === undefined) {
        return yield* wrong(`OPENSEARCH_PASSWORD is not set; it must be the password of ${username}`)
      }
      return { _tag: "basic", username, password: Redacted.make(password) }
    }
  }
})

const wrong = (message: string) => Effect.fail(new SinkError({ reason: new Misconfigured({ message }) }))
