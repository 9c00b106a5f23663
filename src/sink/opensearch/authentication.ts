/** Ways in which requests are authenticated. */
import { Effect, Redacted } from "effect"
import type { SinkError } from "../Sink.ts"
import type { Access, Send } from "./Access.ts"
import * as parts from "./clientParts.ts"
import * as secret from "./secret.ts"
import * as signing from "./signing.ts"

/**
 * Not at all, by name and password, by those that a secret of AWS Secrets Manager holds (its name or ARN), or signed
 * for AWS (SigV4).
 */
export type Auth =
  | { readonly _tag: "none" }
  | { readonly _tag: "basic"; readonly username: string; readonly password: Redacted.Redacted }
  | { readonly _tag: "secret"; readonly secretId: string }
  | { readonly _tag: "sigv4"; readonly region: string }

export const make = (auth: Auth, isServerless: boolean): Effect.Effect<Access, SinkError> => {
  switch (auth._tag) {
    case "none":
      return Effect.succeed({ signer: parts, authenticated: (send) => send({}) })
    case "basic": {
      const headers = { authorization: basic(auth.username, Redacted.value(auth.password)) }
      return Effect.succeed({ signer: parts, authenticated: (send) => send(headers) })
    }
    case "secret":
      return Effect.succeed(renewed(auth.secretId))
    case "sigv4":
      return signing.make(auth.region, isServerless)
  }
}

const basic = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`

/** Reads the secret with the first request, and again after a 401, as it may have been rotated. */
const renewed = (secretId: string): Access => {
  let held: string | undefined
  const ask = Effect.map(secret.read(secretId), ({ password, username }) => {
    held = basic(username, Redacted.value(password))
    return held
  })
  const authenticated = Effect.fnUntraced(function* (send: Send) {
    const used = held ?? (yield* ask)
    const response = yield* send({ authorization: used })
    if (response.status !== 401) return response
    // Another request may have read it meanwhile; where it can't be read now, the answer is that of the old one.
    const now = held === used ? yield* Effect.orElseSucceed(ask, () => used) : held!
    return now === used ? response : yield* send({ authorization: now })
  })
  return { signer: parts, authenticated }
}
