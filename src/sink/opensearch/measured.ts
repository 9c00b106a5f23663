/** A transport whose requests are counted and timed, with a span for each. */
import { Clock, Effect } from "effect"
import * as measures from "../../metrics/measures.ts"
import { observe } from "../../metrics/observe.ts"
import type { Request, Transport } from "./Transport.ts"

export const measured = (transport: typeof Transport.Service): typeof Transport.Service => ({
  ...transport,
  request: (request) =>
    Effect.flatMap(Clock.currentTimeNanos, (begin) =>
      transport.request(request).pipe(
        Effect.tap(({ status }) => Effect.annotateCurrentSpan("http.response.status_code", status)),
        Effect.onExit(() => Effect.flatMap(Clock.currentTimeNanos, (end) => observed(request, end - begin))),
        Effect.withSpan(
          `OpenSearch ${nameOf(request)}`,
          { kind: "client", attributes: { "http.request.method": request.method, "url.path": pathOf(request) } },
          { captureStackTrace: false }
        )
      )
    )
})

const observed = ({ body }: Request, nanos: bigint) =>
  observe(
    [measures.requests, [1]],
    [measures.sentBytes, [body === undefined ? 0 : Buffer.byteLength(body)]],
    [measures.requestTime, [Number(nanos) / 1e9]]
  )

const pathOf = ({ path }: Request): string => path.split("?")[0]!

/** The endpoint, without names of indices and documents: few names, as tracers want them. */
const nameOf = (request: Request): string =>
  `${request.method} ${
    pathOf(request)
      .split("/")
      .find((part) => part.startsWith("_")) ?? "index"
  }`
