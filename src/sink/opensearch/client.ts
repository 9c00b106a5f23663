/**
 * The transport over the official client. Its own retries are off (they have no back-off and resend timed-out bulks),
 * and its JSON reader is replaced by none (it throws on documents with keys such as `__proto__`).
 */
import { Duration, Effect, Layer, Redacted, Result } from "effect"
import type { SinkError } from "../Sink.ts"
import type { Headers, Signer } from "./Access.ts"
import * as authentication from "./authentication.ts"
import * as parts from "./clientParts.ts"
import { unusable } from "./errors.ts"
import * as nodeAddresses from "./nodeAddresses.ts"
import { type Request, type Response, Transport, TransportError } from "./Transport.ts"

export type Auth = authentication.Auth

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
      const { authenticated, signer } = yield* authentication.make(auth, isServerless(nodes))
      const pool = yield* Effect.acquireRelease(
        Effect.try({
          try: () => poolOf(signer, nodes),
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
        sniffEndpoint: ""
      })
      return Transport.of({
        node: nodes.map(({ host, protocol }) => `${protocol}//${host}`).join(", "),
        isServerless: isServerless(nodes),
        request: (request) => authenticated((headers) => send(client, request, headers))
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

const poolOf = ({ Connection }: Signer, nodes: ReadonlyArray<URL>) => {
  const pool = new parts.ConnectionPool({ Connection, emit: ignore, resurrectStrategy: "optimistic" })
  for (const node of nodes) pool.addConnection(node.href)
  return pool
}

const ignore = () => true

/** The client's own limit, above any that the sink sets by its time budget. */
const timeoutMax = Duration.minutes(2)

/** Bodies and query strings are texts on both ways. */
const texts = { deserialize: String, ndserialize: String, qserialize: String, serialize: String }

const send = (
  client: Client,
  { body, method, path }: Request,
  headers: Headers
): Effect.Effect<Response, TransportError> =>
  Effect.callback((resume) => {
    const [pathname = "", querystring = ""] = path.split("?")
    const content = body === undefined ? {} : pathname.endsWith("_bulk") ? { bulkBody: Buffer.from(body) } : { body }
    const running = client.request({ method, path: pathname, querystring, ...content }, { headers })
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
