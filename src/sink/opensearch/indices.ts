/**
 * The generations of an aggregate as indices on a server: found, made, described anew, moved between aliases, deleted.
 * One function is one or two requests; what to do with which generation is decided elsewhere.
 */
import { Clock, Effect, Random, Result, Schema } from "effect"
import * as Definition from "../../define/Definition.ts"
import type { Properties } from "../../define/Mapping.ts"
import type * as Aggregate from "../../define/Aggregate.ts"
import { IndexMissing, IndexUnfit, Misconfigured, SinkError, Unreachable } from "../Sink.ts"
import * as answer from "./answer.ts"
import { indexBody, liveOnly } from "./indexBody.ts"
import type { Mappings, Settings } from "./indexProblem.ts"
import * as Meta from "./Meta.ts"
import { type Response, Transport } from "./Transport.ts"

/** One index behind an alias, or made to stand behind it. */
export interface Generation {
  readonly index: string
  /** Whether readers' alias leads to it. */
  readonly isLive: boolean
  readonly meta: Meta.Meta
  readonly mappings: Mappings
  readonly settings: Settings
}

interface Described {
  readonly aliases: { readonly [alias: string]: unknown }
  readonly mappings: Generation["mappings"] & { readonly _meta?: unknown }
  readonly settings: Generation["settings"]
}

type Method = "GET" | "PUT" | "POST" | "DELETE"

/**
 * Asks the server, and fails where it can't be asked: unreachable, or refusing us as things are set up. A body that is
 * text is sent as it is, any other as JSON.
 */
export const ask = Effect.fnUntraced(function* (method: Method, path: string, body?: unknown) {
  return yield* judge(method, path, yield* send(method, path, body))
})

const send = Effect.fnUntraced(function* (method: Method, path: string, body?: unknown) {
  const transport = yield* Transport
  const content = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }
  const request = transport.request({ method, path, ...content })
  return yield* Effect.mapError(request, ({ message }) => failure(transport.node, message))
})

const judge = Effect.fnUntraced(function* (method: Method, path: string, { status, text }: Response) {
  const { node } = yield* Transport
  const verdict = answer.ofResponse(status, text)
  if (verdict._tag === "Transient") {
    return yield* unreachable(`${node} answered ${method} ${path} with ${verdict.reason}`)
  }
  if (verdict._tag === "Misconfigured") return yield* misconfigured(node, verdict.reason)
  return { status, text, reason: answer.reasonOf(verdict) }
})

/** The generations of an alias, oldest first: those it leads to, and those named like it that it does not. */
export const list = Effect.fnUntraced(function* (
  alias: string
): Effect.fn.Return<ReadonlyArray<Generation>, SinkError, Transport> {
  const names = `${encodeURIComponent(alias)},${encodeURIComponent(alias)}-*`
  const { status, text } = yield* ask("GET", `/${names}?ignore_unavailable=true`)
  if (status === 404) return []
  const body = answer.parse(text)
  if (status !== 200 || typeof body !== "object" || body === null) {
    return yield* unreachable(`the list of indices behind "${alias}" came back with status ${status} and no JSON`)
  }
  const described = body as { readonly [index: string]: Described }
  if (Object.hasOwn(described, alias)) {
    return yield* unfit(
      `"${alias}" is an index, but must be an alias: reindex it under another name, or give ` +
        `OPENSEARCH_ALIAS_PREFIX another value`
    )
  }
  const generations: Array<Generation> = []
  for (const [index, { aliases, mappings, settings }] of Object.entries(described)) {
    const isLive = Object.hasOwn(aliases, alias)
    const meta = decodeMeta(mappings._meta)
    if (meta !== undefined && (isLive || numberOf(alias, index) > 0)) {
      generations.push({ index, isLive, meta, mappings, settings })
    } else if (isLive) return yield* unfit(`index "${index}" behind alias "${alias}" was not made by tablefold`)
  }
  return generations.sort((a, b) => numberOf(alias, a.index) - numberOf(alias, b.index))
})

/** Makes the next generation of an aggregate; a live one is what the alias leads to from its first moment. */
export const create = Effect.fnUntraced(function* (
  aggregate: Aggregate.Any,
  alias: string,
  number: number,
  isLive: boolean
): Effect.fn.Return<{ readonly index: string; readonly isNew: boolean }, SinkError, Transport> {
  const { description, hash } = Definition.of(aggregate)
  const index = `${alias}-${String(number).padStart(6, "0")}`
  const bits = yield* Random.nextIntBetween(0, 2 ** 48 - 1)
  const meta: Meta.Meta = {
    format: 1,
    current: hash,
    accepts: [hash],
    description: description as unknown as Schema.Json,
    source: null,
    writeAlias: `${index}-write-${bits.toString(36)}`,
    createdAt: yield* Clock.currentTimeMillis,
    filled: false,
    dropped: []
  }
  const body = indexBody(description, isLive ? alias : undefined)
  const { reason, status, text } = yield* ask("PUT", `/${encodeURIComponent(index)}`, {
    ...body,
    mappings: { ...body.mappings, _meta: { tablefold: meta } },
    aliases: { ...body.aliases, [meta.writeAlias]: {} }
  })
  if (status === 200) return { index, isNew: true }
  if (text.includes("resource_already_exists_exception")) return { index, isNew: false }
  return yield* unfit(`index "${index}" can't be made: ${reason ?? status}`)
})

/**
 * Writes a generation's `_meta` anew, and adds fields to its mapping. It goes through the private write alias: an index
 * made anew under the same name must not be given the `_meta` of the one before.
 */
export const putMeta = Effect.fnUntraced(function* (index: string, meta: Meta.Meta, properties: Properties = {}) {
  const body = { properties, _meta: { tablefold: meta } }
  const { reason, status } = yield* ask("PUT", `/${encodeURIComponent(meta.writeAlias)}/_mapping`, body)
  if (status === 404) return yield* gone(meta.writeAlias)
  if (status !== 200) return yield* unfit(`the mapping of "${index}" can't be changed: ${reason ?? status}`)
})

/** Leads readers' alias from one generation to another, in one step that no search can fall between. */
export const moveAlias = Effect.fnUntraced(function* (alias: string, from: ReadonlyArray<string>, to: string) {
  const actions = [
    ...from.map((index) => ({ remove: { index, alias } })),
    { add: { index: to, alias, filter: liveOnly } }
  ]
  const { reason, status } = yield* ask("POST", "/_aliases", { actions })
  if (status !== 200) return yield* unfit(`alias "${alias}" can't be moved to "${to}": ${reason ?? status}`)
})

/**
 * Makes all that was written searchable. OpenSearch Serverless has no such request and answers 404, without a word, for
 * indices that exist: there what was written shows by itself, after some ten seconds.
 */
export const refresh = Effect.fnUntraced(function* (index: string) {
  const path = `/${encodeURIComponent(index)}/_refresh`
  const response = yield* send("POST", path)
  if (response.status !== 404) yield* judge("POST", path, response)
})

/** Deletes a generation with all it holds. */
export const drop = Effect.fnUntraced(function* (index: string) {
  const { reason, status } = yield* ask("DELETE", `/${encodeURIComponent(index)}`)
  if (status !== 200 && status !== 404) return yield* unfit(`index "${index}" can't be deleted: ${reason ?? status}`)
})

/** Which generation of the alias an index is by its name, counted from 1; 0 for any other index. */
export const numberOf = (alias: string, index: string): number =>
  index.startsWith(`${alias}-`) && /^\d{6,}$/.test(index.slice(alias.length + 1))
    ? Number(index.slice(alias.length + 1))
    : 0

const decodeMeta = (meta: unknown): Meta.Meta | undefined => {
  const own = typeof meta === "object" && meta !== null && "tablefold" in meta ? meta.tablefold : undefined
  const decoded = Schema.decodeUnknownResult(Meta.Meta)(own)
  return Result.isSuccess(decoded) ? decoded.success : undefined
}

/** The error for a generation that was there, and is not any more. */
export const gone = (writeAlias: string) =>
  new SinkError({ reason: new IndexMissing({ message: `there is no alias "${writeAlias}" any more` }) })

/** The error for a server that was not reached, or did not answer as it should. */
export const unreachable = (message: string) => new SinkError({ reason: new Unreachable({ message }) })

/** The error for a generation that may not be written; `isDropped` where it is gone for good. */
export const unfit = (message: string, isDropped = false) =>
  new SinkError({ reason: new IndexUnfit({ message, isDropped }) })

/** The sentence for a server that refuses us as things are set up. */
export const misconfigured = (node: string, reason: string) =>
  new SinkError({ reason: new Misconfigured({ message: `OpenSearch at ${node} refused: ${reason}` }) })

/** The error for a connection that failed. */
export const failure = (node: string, message: string): SinkError => {
  const { _tag, reason } = answer.ofFailure(message, node)
  return _tag === "Misconfigured"
    ? new SinkError({ reason: new Misconfigured({ message: `OpenSearch at ${node}: ${reason}` }) })
    : unreachable(`OpenSearch was not reached at ${node} (${reason}); check OPENSEARCH_NODE`)
}
