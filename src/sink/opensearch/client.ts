/**
 * The transport over the official client. Its own retries are off (they have no back-off and resend timed-out bulks),
 * its JSON reader is replaced by none (it throws on documents with keys such as `__proto__`), and credentials are asked
 * for again before they end.
 */
import { Duration, Effect, Layer, Redacted, Result } from "effect"
import * as setting from "../../setting.ts"
import { Misconfigured, SinkError } from "../Sink.ts"
import * as parts from "./clientParts.ts"
import * as nodeAddresses from "./nodeAddresses.ts"
import { type Request, type Response, Transport, TransportError } from "./Transport.ts"

/** The way in which requests are authenticated: not at all, by name and password, or signed for AWS (SigV4). */
export type Auth =
  | { readonly _tag: "none" }
  | { readonly _tag: "basic"; readonly username: string; readonly password: Redacted.Redacted }
  | { readonly _tag: "sigv4"; readonly region: string }

export interface Options {
  /** One or several addresses of one cluster, `https://search.example.com:9200`. */
  readonly nodes: ReadonlyArray<URL>
  readonly auth: Auth
}

/** A transport over the official client. With several nodes requests go round; a dead one rests for a while. */
export const layer = (options: Options): Layer.Layer<Transport, SinkError> =>
  Layer.effect(
    Transport,
    Effect.gen(function* () {
      const { auth, nodes } = yield* separate(options)
      const { renewAfter, signer } =
        auth._tag === "sigv4" ? yield* signing(auth.region, nodes) : { renewAfter: undefined, signer: parts }
      const basic =
        auth._tag === "basic" ? { auth: { username: auth.username, password: Redacted.value(auth.password) } } : {}
      const pool = yield* Effect.acquireRelease(
        Effect.try({
          try: () => poolOf(signer, basic, nodes),
          catch: (error) => unusable(`the client can't be made: ${messageOf(error)}; check OPENSEARCH_NODE`)
        }),
        (pool) => Effect.callback<void>((resume) => pool.empty(() => resume(Effect.void)))
      )
      const client = new signer.Transport({
        connectionPool: pool,
        emit: ignore,
        maxRetries: 0,
        requestTimeout: Duration.toMillis(timeoutMax),
        serializer: texts,
        sniffEndpoint: "",
        ...basic
      })
      const node = nodes.map(({ host, protocol }) => `${protocol}//${host}`).join(", ")
      const request = (request: Request) => send(client, request)
      return Transport.of({
        node,
        isServerless: isServerless(nodes),
        request: renewAfter === undefined ? request : (it) => renewAfter(request(it))
      })
    })
  )

/** Credentials that stand in the addresses count where no others are given. */
const separate = ({ auth, nodes }: Options): Effect.Effect<Options, SinkError> => {
  const addresses = nodeAddresses.separate(nodes)
  if (Result.isFailure(addresses)) return Effect.fail(unusable(addresses.failure))
  const { credentials, nodes: bare } = addresses.success
  if (auth._tag !== "none" || credentials === undefined) return Effect.succeed({ auth, nodes: bare })
  const { password, username } = credentials
  return Effect.succeed({ auth: { _tag: "basic", username, password: Redacted.make(password) }, nodes: bare })
}

const isServerless = (nodes: ReadonlyArray<URL>): boolean =>
  nodes.some(({ hostname }) => hostname.endsWith(".aoss.amazonaws.com"))

type Client = InstanceType<typeof parts.Transport>

/** Whoever it is that signs the requests or not. */
type Signer = Pick<typeof parts, "Connection" | "Transport">

const poolOf = ({ Connection }: Signer, basic: object, nodes: ReadonlyArray<URL>) => {
  const pool = new parts.ConnectionPool({ Connection, emit: ignore, resurrectStrategy: "optimistic", ...basic })
  for (const node of nodes) pool.addConnection(node.href)
  return pool
}

const ignore = () => true

/** The client's own limit, above any that the sink sets by its time budget. */
const timeoutMax = Duration.minutes(2)

/** Bodies and query strings are texts on both ways. */
const texts = { deserialize: String, ndserialize: String, qserialize: String, serialize: String }

const send = (client: Client, { body, method, path }: Request): Effect.Effect<Response, TransportError> =>
  Effect.callback((resume) => {
    const [pathname = "", querystring = ""] = path.split("?")
    const content = body === undefined ? {} : pathname.endsWith("_bulk") ? { bulkBody: Buffer.from(body) } : { body }
    const running = client.request({ method, path: pathname, querystring, ...content })
    running.then(
      ({ body, statusCode }) => resume(Effect.succeed({ status: statusCode ?? 0, text: toText(body) })),
      (error: unknown) => resume(outcomeOf(error))
    )
    return Effect.sync(() => running.abort())
  })

const outcomeOf = (error: unknown): Effect.Effect<Response, TransportError> =>
  error instanceof parts.ResponseError
    ? Effect.succeed({ status: error.statusCode ?? 0, text: toText(error.body) })
    : Effect.fail(new TransportError({ message: messageOf(error) }))

const toText = (body: unknown): string => (typeof body === "string" ? body : "")

const messageOf = (error: unknown): string =>
  error instanceof Error && error.message !== "" ? error.message : "no reason"

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
 * Signs requests. `renewAfter` runs a request that may be refused because its credentials ended or were rotated early:
 * after a 403 they are asked for again, and where there are others by now the request, which the server did not act on,
 * is sent once more.
 */
const signing = (region: string, nodes: ReadonlyArray<URL>) =>
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
      service: isServerless(nodes) ? "aoss" : "es",
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
    const renewAfter = Effect.fnUntraced(function* (request: Effect.Effect<Response, TransportError>) {
      const before = held
      const response = yield* request
      const used = before ?? held
      if (response.status !== 403 || used === undefined) return response
      const again = yield* Effect.promise(() => areOthers(used).catch(() => false))
      return again ? yield* request : response
    })
    return { signer, renewAfter }
  })

const unusable = (message: string) =>
  new SinkError({ reason: new Misconfigured({ message: `OpenSearch: ${message}` }) })
