/** One request to OpenSearch, with an answer that can be gone on with or an error of the sink. */
import { Effect } from "effect"
import * as answer from "./answer.ts"
import { inFull, type Words } from "./serverError.ts"
import { failure, misconfigured, unreachable } from "./errors.ts"
import { type Response, Transport } from "./Transport.ts"

type Method = "GET" | "PUT" | "POST" | "DELETE"

/**
 * Asks the server, and fails where it can't be asked: unreachable, or refusing us as things are set up. A body that is
 * text is sent as it is, any other as JSON.
 */
export const request = Effect.fnUntraced(function* (method: Method, path: string, body?: unknown) {
  return yield* judge(method, path, yield* send(method, path, body))
})

/** The same for a request that carries no row and reads none, so that all that the server says may be reported. */
export const requestInFull = Effect.fnUntraced(function* (method: Method, path: string, body?: unknown) {
  return yield* judge(method, path, yield* send(method, path, body), inFull)
})

/** The same without judging the answer. */
export const send = Effect.fnUntraced(function* (method: Method, path: string, body?: unknown) {
  const transport = yield* Transport
  const content = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }
  const response = transport.request({ method, path, ...content })
  return yield* Effect.mapError(response, ({ message }) => failure(transport.node, message))
})

/** Judges an answer for who asked: text and status, or an error. */
export const judge = Effect.fnUntraced(function* (
  method: Method,
  path: string,
  { status, text }: Response,
  words?: Words
) {
  const { node } = yield* Transport
  const verdict = answer.ofResponse(status, text, words)
  if (verdict._tag === "Transient") {
    return yield* unreachable(`${node} answered ${method} ${path} with ${verdict.reason}`)
  }
  if (verdict._tag === "Misconfigured") return yield* misconfigured(node, verdict.reason)
  return { status, text, reason: answer.reasonOf(verdict) }
})
