/** Errors as OpenSearch names them, for a whole answer or for one item of it. */
import type { Response } from "../../src/sink/opensearch/Transport.ts"

export interface Failure {
  readonly status: number
  readonly error: { readonly type: string; readonly reason: string }
}

export const json = (status: number, body: unknown): Response => ({ status, text: JSON.stringify(body) })

export const failure = (status: number, type: string, reason: string): Failure => ({ status, error: { type, reason } })

export const refused = (failed: Failure): Response => json(failed.status, failed)

export const missing = (name: string): Failure => failure(404, "index_not_found_exception", `no such index [${name}]`)

export const lacking = (alias: string): Failure =>
  failure(404, "aliases_not_found_exception", `aliases [${alias}] missing`)

export const closed = (): Failure => failure(400, "index_closed_exception", "closed")

export const conflict = (id: string): Failure =>
  failure(409, "version_conflict_engine_exception", `[${id}]: version conflict`)

export const withoutRouting = (id: string): Failure =>
  failure(400, "routing_missing_exception", `routing is required for [${id}]`)

export const ambiguous = (alias: string): Failure =>
  failure(400, "illegal_argument_exception", `alias [${alias}] has more than one index and none of them is for writes`)
