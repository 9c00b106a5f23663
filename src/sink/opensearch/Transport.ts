/**
 * The way in which requests reach OpenSearch: one function. Time-outs and retries are the sink's, so a transport does
 * neither.
 */
import { Context, Data, type Effect } from "effect"

export interface Request {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE"
  /** Path and query, encoded: `/orders/_mapping`. */
  readonly path: string
  /** JSON text, or newline-separated JSON where the path ends in `_bulk`. */
  readonly body?: string
}

/** The answer that came back, whatever its status. The body is the text as it came, which need not be JSON. */
export interface Response {
  readonly status: number
  readonly text: string
}

/** No answer came: the connection failed or broke off. Whether the server acted on the request is unknown. */
export class TransportError extends Data.TaggedError("TransportError")<{ readonly message: string }> {}

export class Transport extends Context.Service<
  Transport,
  {
    /** The server's address without credentials, for messages. */
    readonly node: string
    /** True for OpenSearch Serverless, which refreshes when it likes and takes no request for it. Defaults to false. */
    readonly isServerless?: boolean
    readonly request: (request: Request) => Effect.Effect<Response, TransportError>
  }
>()("tablefold/sink/opensearch/Transport") {}
