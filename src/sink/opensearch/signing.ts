/** Requests signed for AWS (SigV4). */
import { Duration, Effect } from "effect"
import * as setting from "../../setting.ts"
import type { SinkError } from "../Sink.ts"
import type { Access } from "./Access.ts"
import { unusable } from "./errors.ts"

/** Credentials without an end (rotated files) are asked for again after this; the client would keep them for ever. */
const credentialsMax = Duration.minutes(5)

interface Found {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

interface Credentials extends Found {
  expiration: Date
}

/**
 * Lambda gives a function its credentials in the environment, where the SDK's chain of sources looks first, too.
 * Loading it takes a tenth of a start's CPU time (15 ms of 140), so it is loaded only where they are not there.
 */
const credentialProvider = Effect.gen(function* () {
  const profile = yield* setting.text("AWS_PROFILE")
  const accessKeyId = yield* setting.text("AWS_ACCESS_KEY_ID")
  const secretAccessKey = yield* setting.text("AWS_SECRET_ACCESS_KEY")
  const sessionToken = yield* setting.text("AWS_SESSION_TOKEN")
  if (profile === undefined && accessKeyId !== undefined && secretAccessKey !== undefined) {
    const credentials = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
    return (): Promise<Found> => Promise.resolve(credentials)
  }
  const { defaultProvider } = yield* Effect.promise(() => import("@aws-sdk/credential-provider-node"))
  // Both the provider and its reader of files keep for ever what has no end.
  return defaultProvider({ ignoreCache: true })
}).pipe(Effect.catchTag("SettingError", ({ message }) => Effect.fail(unusable(message))))

/**
 * Signs requests. One may be refused because its credentials ended or were rotated early: after a 403 they are asked
 * for again, and where there are others by now the request, which the server did not act on, is sent once more.
 */
export const make = (region: string, isServerless: boolean): Effect.Effect<Access, SinkError> =>
  Effect.gen(function* () {
    const clock = yield* Effect.clockWith(Effect.succeed)
    const { AwsSigv4Signer } = yield* Effect.promise(() => import("@opensearch-project/opensearch/aws-v3"))
    const provider = yield* credentialProvider
    const in5Minutes = () => new Date(clock.currentTimeMillisUnsafe() + Duration.toMillis(credentialsMax))
    const ask = async (): Promise<Credentials> => {
      const credentials = await provider({ forceRefresh: true })
      return { ...credentials, expiration: credentials.expiration ?? in5Minutes() }
    }
    let held: Credentials | undefined
    const signer = AwsSigv4Signer({
      region,
      service: isServerless ? "aoss" : "es",
      getCredentials: async () => (held = await ask())
    })
    /**
     * Tells whether there are others than those that were used; then the signer asks for them with the next request.
     */
    const areOthers = async (used: Credentials): Promise<boolean> => {
      if (held !== used) return true
      const { accessKeyId, sessionToken } = await ask()
      if (accessKeyId === used.accessKeyId && sessionToken === used.sessionToken) return false
      used.expiration = new Date(0)
      return true
    }
    const authenticated: Access["authenticated"] = Effect.fnUntraced(function* (send) {
      const before = held
      const response = yield* send({})
      const used = before ?? held
      if (response.status !== 403 || used === undefined) return response
      const again = yield* Effect.promise(() => areOthers(used).catch(() => false))
      return again ? yield* send({}) : response
    })
    return { signer, authenticated }
  })
