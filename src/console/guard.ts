/**
 * The rules by which requests are let in. On loopback a request must name this machine as its host, so that no web
 * page reaches it under a name of its own (rebinding); elsewhere it must bring the token. A write must bring the page's
 * token, which only a page that was let in can read: there are no cookies, and no other origin is ever allowed.
 */
import { createHash, timingSafeEqual } from "node:crypto"
import { type Address, isLoopback } from "./Address.ts"

export interface Request {
  readonly method: string
  readonly path: string
  readonly headers: { readonly [name: string]: string | undefined }
}

export interface Rules {
  readonly address: Address
  /** The token that every request must bring, if there is one. */
  readonly token: string | undefined
  /** The token of the page, which a write must bring. */
  readonly pageToken: string
}

export interface Refused {
  readonly status: 401 | 403 | 415 | 421
  readonly error: string
}

/** Paths that tell nothing, for those who watch the process. */
const open = new Set(["/live", "/ready"])

/** Says why a request is refused; `undefined` where it is let in. */
export const refusal = ({ headers, method, path }: Request, rules: Rules): Refused | undefined => {
  const { address, pageToken, token } = rules
  if (token === undefined) {
    if (!isOwnHost(headers["host"], address)) return { status: 421, error: "the Host header names another server" }
  } else if (!open.has(path) && !matches(given(headers["authorization"]), token)) {
    return { status: 401, error: "this address needs the token of TABLEFOLD_HTTP_TOKEN, as a password or as Bearer" }
  }
  const site = headers["sec-fetch-site"]
  if (path !== "/" && site !== undefined && site !== "same-origin" && site !== "none") {
    return { status: 403, error: "another site asked for it" }
  }
  if (method !== "POST") return undefined
  const { host, origin } = headers
  if (origin !== undefined && origin.replace(/^https?:\/\//, "") !== host) {
    return { status: 403, error: "another site asked for it" }
  }
  if (!matches(headers["x-tablefold-token"], pageToken)) {
    return { status: 403, error: "the page is of an earlier start: load it again" }
  }
  if (!/^application\/json\b/i.test(headers["content-type"] ?? "")) {
    return { status: 415, error: "the body must be application/json" }
  }
  return undefined
}

const isOwnHost = (host: string | undefined, { host: own, port }: Address): boolean => {
  const [, name = "", digits] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(host ?? "") ?? []
  const isNamed = isLoopback(name) || name.replaceAll(/[[\]]/g, "").toLowerCase() === own.toLowerCase()
  return isNamed && Number(digits ?? 80) === port
}

/** The token of `Bearer`, or the password of `Basic`, for which browsers ask a person. */
const given = (authorization: string | undefined): string | undefined => {
  const [, scheme = "", value = ""] = /^(\w+) +(\S+)$/.exec(authorization ?? "") ?? []
  if (scheme.toLowerCase() === "bearer") return value
  if (scheme.toLowerCase() !== "basic") return undefined
  return /^[^:]*:(.*)$/s.exec(Buffer.from(value, "base64").toString("utf8"))?.[1]
}

/** Compares in a time that tells nothing of how much is right, of lengths neither. */
const matches = (found: string | undefined, wanted: string): boolean =>
  timingSafeEqual(hash(found ?? ""), hash(wanted)) && found !== undefined

const hash = (text: string): Buffer => createHash("sha256").update(text).digest()
