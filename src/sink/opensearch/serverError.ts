/**
 * An error as OpenSearch or what stands before it tells it. Its text may quote a row or a request, and with it any row,
 * so what is reported of it is its types, and its messages only as far as their form is known. Pure.
 */
import type { FieldNames } from "./fieldNames.ts"
import { tell, withoutPlace } from "./messageForms.ts"

export interface ServerError {
  /** The error's own type and those of its causes, the outermost first; empty where it has none. */
  readonly types: ReadonlyArray<string>
  /** Its own message, to decide by and not to be reported. */
  readonly message: string
  /** Words that may be reported of it, with the status. */
  readonly reason: string
}

/** Puts an error into words. */
export type Words = (error: unknown, status: number) => string

/** Reads an error; one of an old server may be a bare text, and a broken one anything. */
export const read = (error: unknown, status: number, words: Words): ServerError => {
  const message = typeof error === "string" ? error : isRecord(error) ? error["reason"] : undefined
  return {
    types: typesOf(error),
    message: typeof message === "string" ? withoutPlace(message) : "",
    reason: words(error, status)
  }
}

/** Words for an answer to a request that carries no row, as one that makes an index: all that the server says. */
export const inFull: Words = (error, status) => {
  const said = causesOf(error).map(({ reason, type }) => `${nameOf(type)}: ${reason ?? noReason}`)
  const text = typeof error === "string" ? error : said.length === 0 ? "unknown error" : said.join(", caused by: ")
  return `${text.slice(0, 1000)} (${status})`
}

/** Words for an answer to a request that carries rows, or reads them. */
export const withoutValues =
  (names: FieldNames): Words =>
  (error, status) => {
    if (typeof error === "string") return `unknown: ${tell(error, names) ?? leftOut} (${status})`
    const [own, ...causes] = causesOf(error)
    if (own === undefined) return `unknown error (${status})`
    const ownWords = own.reason === undefined ? noReason : wordsOf(own, names)
    const because = new Set(causes.flatMap((cause) => wordsOf(cause, names) ?? []))
    because.delete(ownWords ?? "")
    const first = ownWords ?? (because.size === 0 ? leftOut : undefined)
    const causedBy = [...because].map((words) => `caused by: ${words}`)
    return `${nameOf(own.type)}: ${[...(first === undefined ? [] : [first]), ...causedBy].join(", ")} (${status})`
  }

const noReason = "no reason given"

const leftOut = "the server's words are left out, as they may quote a row"

const wordsOf = ({ reason = "", type = "" }: Cause, names: FieldNames): string | undefined =>
  withoutRows.has(type) ? reason.slice(0, 500) : tell(reason, names)

/** Types of errors whose messages speak of indices, nodes, users and limits alone. */
const withoutRows = new Set([
  "circuit_breaking_exception",
  "cluster_block_exception",
  "cluster_manager_not_discovered_exception",
  "index_closed_exception",
  "index_not_found_exception",
  "master_not_discovered_exception",
  "node_not_connected_exception",
  "process_cluster_event_timeout_exception",
  "security_exception"
])

interface Cause {
  readonly type: string | undefined
  readonly reason: string | undefined
}

const causesOf = (error: unknown): ReadonlyArray<Cause> => {
  if (!isRecord(error)) return []
  const { reason, type } = error
  const own = {
    type: typeof type === "string" ? type : undefined,
    reason: typeof reason === "string" ? reason : undefined
  }
  return [own, ...causesOf(error["caused_by"])]
}

const typesOf = (error: unknown): ReadonlyArray<string> =>
  causesOf(error).flatMap(({ type }) => (type === undefined ? [] : [nameOf(type)]))

/** A type as it may be reported: all of OpenSearch's are one word. */
const nameOf = (type: string | undefined): string => (/^\w{1,100}$/.test(type ?? "") ? type! : "unknown")

/** Words for an answer that is none of OpenSearch's: a page of a proxy or a gateway, or nothing. */
export const pageWords = (status: number, text: string): string => {
  const words = textOf(text)
  if (words === "") return `no text (${status})`
  const known = phrases.filter((phrase) => words.toLowerCase().includes(phrase.toLowerCase()))
  const denied = /^.*?User: (anonymous|arn:[\w:/+=,.@-]+) is not authorized to perform: ([\w:]+)/.exec(words)
  const who = denied === null ? [] : [`User: ${denied[1]} is not authorized to perform: ${denied[2]}`]
  return `${[...known, ...who].join("; ") || "a text that is not OpenSearch's"} (${status})`
}

/** The words of a page, without its tags. */
export const textOf = (page: string): string =>
  page
    .slice(0, 10_000)
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim()

/** Phrases of proxies, load balancers, gateways and AWS. */
const phrases = [
  "Unauthorized",
  "Forbidden",
  "Bad Request",
  "Bad Gateway",
  "Service Unavailable",
  "Gateway Timeout",
  "Gateway Time-out",
  "Too Many Requests",
  "Throttling",
  "throttled",
  "Request Entity Too Large",
  "Payload Too Large",
  "Proxy Authentication Required",
  "Request Header Fields Too Large",
  "sent to HTTPS port",
  "HTTP request to an HTTPS server",
  "The security token included in the request is invalid",
  "The security token included in the request is expired",
  "The request signature we calculated does not match the signature you provided",
  "Signature expired",
  "Signature not yet current",
  "Missing Authentication Token"
]

export const isRecord = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null
