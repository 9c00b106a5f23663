/** Requests as the simulated network sees them, and what the server refuses because of what a document holds. */
import { reservedId } from "../../src/decode/rowKey.ts"
import type { Request, Response } from "../../src/sink/opensearch/Transport.ts"
import { poison } from "./shop.ts"
import type { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"

export const isBulk = ({ path }: Request): boolean => /\/_bulk(\?|$)/.test(path)

/** Tells whether a request is about a generation's state and not about documents. */
export const isState = ({ body = "" }: Request): boolean => body.includes(JSON.stringify(reservedId))

/** Tells whether a request writes documents. */
export const isWrite = (request: Request): boolean => isBulk(request) && !isState(request)

/** The pairs of lines of a bulk request: an action and its document. */
export const pairsOf = ({ body = "" }: Request): ReadonlyArray<readonly [action: string, document: string]> => {
  const lines = body.split("\n")
  const pairs: Array<readonly [string, string]> = []
  for (let i = 0; i + 1 < lines.length; i += 2) pairs.push([lines[i]!, lines[i + 1]!])
  return pairs
}

export const withPairs = (
  request: Request,
  pairs: ReadonlyArray<readonly [action: string, document: string]>
): Request => ({
  ...request,
  body: pairs.map(([action, document]) => `${action}\n${document}\n`).join("")
})

export const lengthOf = (request: Request): number => pairsOf(request).length

/** The bulk request with one of its actions alone. */
export const only = (request: Request, index: number): Request => withPairs(request, [pairsOf(request)[index]!])

/** The server with its opinion on documents: some it refuses by action, some by the whole request. */
export const handle = (server: SimulatedOpenSearch, request: Request): Response => {
  if (!isBulk(request)) return server.handle(request)
  const pairs = pairsOf(request)
  if (pairs.some(([, document]) => document.includes(poison.request))) {
    const reason = "Validation Failed: 1: id is too long, must be no longer than 512 bytes but was: 600;"
    return { status: 400, text: JSON.stringify({ error: { type: "action_request_validation_exception", reason } }) }
  }
  const refused = pairs.map(([, document]) => document.includes(poison.action))
  if (!refused.includes(true)) return server.handle(request)
  const error = { type: "mapper_parsing_exception", reason: "failed to parse field [sku]" }
  const items = pairs.map((_, i) =>
    refused[i] ? { index: { status: 400, error } } : JSON.parse(server.handle(only(request, i)).text).items[0]
  )
  return { status: 200, text: JSON.stringify({ errors: true, items }) }
}

/** A request in a few words, for the journal. */
export const brief = (request: Request): string => {
  const name = request.path.replace(/\?.*/, "")
  if (!isBulk(request)) return `${request.method} ${name} ${request.path.includes("_mget") ? request.body : ""}`
  const actions = pairsOf(request).map(([action]) => {
    const [[kind, target] = ["", {}]] = Object.entries<any>(JSON.parse(action))
    return `${kind} ${target._id}@${target.if_seq_no ?? "new"}`
  })
  return `bulk ${name.split("/")[1]!.replace(/-000001-write/, "")}: ${actions.join(", ")}`
}
