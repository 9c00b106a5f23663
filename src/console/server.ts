/** The console's server: the page, its events and its requests, and what those ask who watch the process. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { ByteSize, Data, Effect, Result, Schema, type Scope, Stream } from "effect"
import { HttpIncomingMessage, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"
import * as Metrics from "../metrics/Metrics.ts"
import type { Actions, ActionError } from "./Actions.ts"
import { type Address, urlOf } from "./Address.ts"
import type { Feed } from "./Feed.ts"
import * as guard from "./guard.ts"
import type { Page } from "./page.ts"
import * as requests from "./requests.ts"

export interface Options {
  readonly address: Address
  /** The token that every request must bring, beside `/live` and `/ready`. Defaults to none. */
  readonly token: string | undefined
  readonly pageToken: string
  readonly page: Page
  readonly feed: Pick<Feed, "events" | "readers">
  readonly actions: Actions
  /** The reason why the process can't read or write now; `undefined` where it can. */
  readonly problem: Effect.Effect<string | undefined>
}

/** The address can't be listened on. */
export class ListenError extends Data.TaggedError("ListenError")<{ readonly message: string }> {}

/** Pages that read at once; each holds what it has not read. */
const readersMax = 20
/** Connections on which nothing moves are closed: a page gets a byte every ten seconds, a proof takes two minutes. */
const idleMillisMax = 150_000
const bodyBytesMax = 2 * 2 ** 20

/** Serves until the scope closes; gives the address, its port included where any was asked for. */
export const serve = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<Address, ListenError, Scope.Scope> {
  const node = createServer().setTimeout(idleMillisMax)
  const server = yield* NodeHttpServer.make(() => node, {
    ...options.address,
    gracefulShutdownTimeout: "100 millis"
  }).pipe(
    Effect.mapError(({ cause }) => {
      const code = (cause as NodeJS.ErrnoException | undefined)?.code
      const why = code === "EADDRINUSE" ? "it is taken; end what listens there or take another port" : String(cause)
      return new ListenError({ message: `${urlOf(options.address)} can't be listened on: ${why}` })
    })
  )
  const { port } = node.address() as { readonly port: number }
  const address = { ...options.address, port }
  yield* server.serve(Effect.provideService(answer(options, address), HttpIncomingMessage.MaxBodySize, bodyMax))
  // Pages hold their connections for ever.
  yield* Effect.addFinalizer(() => Effect.sync(() => node.closeAllConnections()))
  return address
})

const bodyMax = ByteSize.fromInputUnsafe(bodyBytesMax)

const answer = (options: Options, address: Address) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { headers, method } = request
    const path = request.url.replace(/[?#].*$/s, "")
    const refused = guard.refusal({ method, path, headers }, { ...options, address })
    if (refused !== undefined) return failed(refused.status, refused.error)
    if (method === "POST") return yield* act(options.actions, path)
    if (method !== "GET" && method !== "HEAD") return failed(405, "only GET and POST are answered")
    return yield* get(options, path)
  }).pipe(Effect.map((response) => HttpServerResponse.setHeaders(response, headersOf(options.page))))

const get = Effect.fnUntraced(function* ({ feed, page, problem }: Options, path: string) {
  switch (path) {
    case "/":
      return HttpServerResponse.text(page.html, { contentType: "text/html; charset=utf-8" })
    case "/events":
      if (feed.readers() >= readersMax) return failed(503, `${readersMax} pages are open already`)
      return HttpServerResponse.stream(Stream.encodeText(feed.events), { contentType: "text/event-stream" })
    case "/live":
      return HttpServerResponse.text("live\n")
    case "/ready": {
      const found = yield* problem
      return HttpServerResponse.text(found === undefined ? "ready\n" : "not ready\n", { status: found ? 503 : 200 })
    }
    case "/metrics":
      return HttpServerResponse.text(yield* Metrics.prometheus, { contentType: "text/plain; version=0.0.4" })
    default:
      return failed(404, `there is nothing at ${path}`)
  }
})

const act = (actions: Actions, path: string) => {
  switch (path) {
    case "/api/edit":
      return done(requests.EditRequest, actions.edit)
    case "/api/search":
      return done(requests.SearchRequest, actions.search)
    case "/api/explain":
      return done(requests.ExplainRequest, actions.explain)
    case "/api/break":
      return done(requests.BreakRequest, actions.break)
    case "/api/prove":
      return done(Nothing, actions.prove)
    case "/api/redrive":
      return done(Nothing, actions.redrive)
    default:
      return Effect.succeed(failed(404, `there is nothing at ${path}`))
  }
}

const Nothing = Schema.Struct({})

const done = Effect.fnUntraced(function* <A, B>(
  schema: Schema.Codec<A, unknown>,
  deed: ((request: A) => Effect.Effect<B, ActionError>) | undefined
) {
  if (deed === undefined) return failed(403, "that can't be done here")
  const request = yield* HttpServerRequest.HttpServerRequest
  const body = yield* Effect.result(request.json)
  if (Result.isFailure(body)) return failed(400, "the body can't be read as JSON of 2 MiB or less")
  const decoded = Schema.decodeUnknownResult(schema)(body.success)
  if (Result.isFailure(decoded)) return failed(400, "the request is none that is known here")
  const result = yield* Effect.result(deed(decoded.success))
  return Result.isFailure(result) ? failed(409, result.failure.message) : HttpServerResponse.jsonUnsafe(result.success)
})

const failed = (status: number, error: string) =>
  HttpServerResponse.jsonUnsafe(
    { error },
    { status, headers: status === 401 ? { "www-authenticate": 'Basic realm="tablefold", charset="UTF-8"' } : {} }
  )

/** Nobody frames, sniffs, caches or embeds what is answered; the page runs what is inside it, and nothing else. */
const headersOf = ({ policy }: Page) => ({
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store"
})
