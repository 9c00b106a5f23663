/** The simulated OpenSearch as a transport, with whatever stands between: an interceptor sees each request first. */
import { Effect, Layer } from "effect"
import * as OpenSearchSink from "../../src/sink/opensearch/OpenSearchSink.ts"
import { type Request, type Response, Transport, type TransportError } from "../../src/sink/opensearch/Transport.ts"
import type { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"

/** Answers a request itself, or lets it through with `next`. */
export type Interceptor = (request: Request, next: Effect.Effect<Response>) => Effect.Effect<Response, TransportError>

export const transport = (
  server: SimulatedOpenSearch,
  intercept: Interceptor = (_, next) => next,
  isServerless = false
) =>
  Layer.succeed(
    Transport,
    Transport.of({
      node: "http://simulated:9200",
      isServerless,
      request: (request) =>
        intercept(
          request,
          Effect.sync(() => server.handle(request))
        )
    })
  )

export const sink = (server: SimulatedOpenSearch, intercept?: Interceptor, options: OpenSearchSink.Options = {}) =>
  Layer.provide(OpenSearchSink.layerTransport(options), transport(server, intercept))
