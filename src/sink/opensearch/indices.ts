/**
 * The generations of an aggregate as indices on a server: found, made, moved between aliases, deleted. One function is
 * a few requests; what to do with which generation is decided elsewhere.
 */
import { Clock, Effect, Random, Schema } from "effect"
import * as Definition from "../../define/Definition.ts"
import type { Properties } from "../../define/Mapping.ts"
import type * as Aggregate from "../../define/Aggregate.ts"
import type { SinkError } from "../Sink.ts"
import * as answer from "./answer.ts"
import { request, requestInFull, judge, send } from "./request.ts"
import { gone, incompatible, unreachable } from "./errors.ts"
import { indexBody, liveOnly } from "./indexBody.ts"
import { identityOf, indexProblem, isClosed as isClosedBy, type Mappings, type Settings } from "./indexProblem.ts"
import * as Meta from "./Meta.ts"
import * as State from "./State.ts"
import { inFull } from "./serverError.ts"
import * as stateDocument from "./stateDocument.ts"
import { Transport } from "./Transport.ts"

/** One index behind an alias, or made to stand behind it. */
export interface Generation {
  readonly index: string
  /** The number that it has in its alias, counted from 1. */
  readonly number: number
  /** True where readers' alias leads to it. */
  readonly isLive: boolean
  /** Tells whether it is closed: nothing can be read from it or written to it, its state as little as anything. */
  readonly isClosed: boolean
  readonly meta: Meta.Meta
  readonly state: State.State
  /** The state as it is stored; `undefined` where nothing was written down yet, or can't be read. */
  readonly stored: stateDocument.Stored | undefined
  /** The index's own id and that of its history, as the server has them now. */
  readonly identity: string
  readonly mappings: Mappings
  readonly settings: Settings
}

interface Described {
  readonly aliases: { readonly [alias: string]: unknown }
  readonly mappings: Generation["mappings"] & { readonly _meta?: unknown }
  readonly settings: Generation["settings"]
}

/** The generations of an alias, oldest first: those it leads to, and those named like it that it does not. */
export const list = Effect.fnUntraced(function* (
  alias: string
): Effect.fn.Return<ReadonlyArray<Generation>, SinkError, Transport> {
  const names = `${encodeURIComponent(alias)},${encodeURIComponent(alias)}-*`
  const { status, text } = yield* request("GET", `/${names}?ignore_unavailable=true&expand_wildcards=open,closed`)
  if (status === 404) return []
  const body = answer.parse(text)
  if (status !== 200 || typeof body !== "object" || body === null) {
    return yield* unreachable(`the list of indices behind "${alias}" came back with status ${status} and no JSON`)
  }
  const described = body as { readonly [index: string]: Described }
  if (Object.hasOwn(described, alias)) {
    return yield* incompatible(
      `"${alias}" is an index, but must be an alias: reindex it under another name, or give ` +
        `OPENSEARCH_ALIAS_PREFIX another value`
    )
  }
  const generations: Array<Generation> = []
  for (const [index, own] of Object.entries(described)) {
    const isLive = Object.hasOwn(own.aliases, alias)
    const number = numberOf(alias, index)
    const meta = Meta.decode(own.mappings._meta)
    if (meta !== undefined && (isLive || number > 0)) {
      generations.push(yield* generationOf(index, number, isLive, meta, own))
    } else if (isLive) return yield* incompatible(`index "${index}" behind alias "${alias}" was not made by tablefold`)
  }
  return generations.sort((a, b) => a.number - b.number)
})

const generationOf = Effect.fnUntraced(function* (
  index: string,
  number: number,
  isLive: boolean,
  meta: Meta.Meta,
  { mappings, settings }: Described
) {
  const isClosed = isClosedBy(settings)
  const identity = identityOf(settings)
  const explained = (error: SinkError) => {
    const problem = indexProblem(settings, mappings, {})
    return problem === undefined ? error : incompatible(`index "${index}" can't be used: ${problem}`)
  }
  const stored = isClosed ? undefined : yield* Effect.mapError(stateDocument.read(index), explained)
  const state = stored?.state ?? State.initial(meta, identity)
  return { index, number, isLive, isClosed, meta, state, stored, identity, mappings, settings } satisfies Generation
})

/** Changes a generation's state, as often as others come between; gives the generation as it is then. */
export const update = (generation: Generation, change: (state: State.State) => State.State) =>
  Effect.map(
    stateDocument.update({ index: generation.index, writeAlias: generation.meta.writeAlias }, generation, change),
    (now): Generation => ({ ...generation, ...now })
  )

/** Properties of the next generation of an alias. */
export interface Made {
  readonly number: number
  /** Tells whether the alias leads to it from its first moment. */
  readonly isLive: boolean
  /** The table that it is for; absent where it is to be the one that the first rows come from. */
  readonly source?: Meta.Source | undefined
}

/** Makes a generation of an aggregate, unless an index of its name is there. */
export const create = Effect.fnUntraced(function* (
  aggregate: Aggregate.Any,
  alias: string,
  { isLive, number, source }: Made
): Effect.fn.Return<{ readonly index: string; readonly isNew: boolean }, SinkError, Transport> {
  const { description, hash } = Definition.of(aggregate)
  const index = `${alias}-${String(number).padStart(6, "0")}`
  const bits = yield* Random.nextIntBetween(0, 2 ** 48 - 1)
  const meta: Meta.Meta = {
    format: 1,
    hash,
    description: description as unknown as Schema.Json,
    ...(source === undefined ? {} : { source }),
    writeAlias: `${index}-write-${bits.toString(36)}`,
    createdAt: yield* Clock.currentTimeMillis
  }
  const { isServerless } = yield* Transport
  const settings =
    isServerless === true ? Definition.withoutRefreshInterval(description.settings) : description.settings
  const body = indexBody({ ...description, settings }, isLive ? alias : undefined)
  const { reason, status, text } = yield* requestInFull("PUT", `/${encodeURIComponent(index)}`, {
    ...body,
    mappings: { ...body.mappings, _meta: { tablefold: meta } },
    aliases: { ...body.aliases, [meta.writeAlias]: {} }
  })
  if (status === 200) return { index, isNew: true }
  if (text.includes("resource_already_exists_exception")) return { index, isNew: false }
  return yield* incompatible(`index "${index}" can't be made: ${reason ?? status}`)
})

/**
 * Adds fields to a generation's mapping. It goes through the private write alias: an index made anew under the same
 * name is not the one that is meant.
 */
export const addFields = Effect.fnUntraced(function* ({ index, meta }: Generation, properties: Properties) {
  const { reason, status } = yield* requestInFull("PUT", `/${encodeURIComponent(meta.writeAlias)}/_mapping`, {
    properties
  })
  if (status === 404) return yield* gone(meta.writeAlias)
  if (status !== 200) return yield* incompatible(`the mapping of "${index}" can't be changed: ${reason ?? status}`)
})

/** Sets some of those settings of a generation's index that it takes at any time. */
export const setSettings = Effect.fnUntraced(function* ({ index, meta }: Generation, settings: Settings) {
  const path = `/${encodeURIComponent(meta.writeAlias)}/_settings`
  const { reason, status } = yield* requestInFull("PUT", path, { index: settings })
  if (status === 404) return yield* gone(meta.writeAlias)
  if (status !== 200) return yield* incompatible(`the settings of "${index}" can't be changed: ${reason ?? status}`)
})

/**
 * Leads readers' alias from one generation to another, in one step that no search can fall between. Fails where it does
 * not lead to all of `from` any more: somebody else led readers on.
 */
export const moveAlias = Effect.fnUntraced(function* (alias: string, from: ReadonlyArray<string>, to: string) {
  const actions = [
    ...from.map((index) => ({ remove: { index, alias, must_exist: true } })),
    { add: { index: to, alias, filter: liveOnly } }
  ]
  const response = yield* send("POST", "/_aliases", { actions })
  if (response.text.includes("aliases_not_found_exception")) {
    return yield* incompatible(
      `"${alias}" does not lead to ${from.join(", ")} any more: somebody else moved it meanwhile`
    )
  }
  const { reason, status } = yield* judge("POST", "/_aliases", response, inFull)
  if (status !== 200) return yield* incompatible(`alias "${alias}" can't be moved to "${to}": ${reason ?? status}`)
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
  const { reason, status } = yield* requestInFull("DELETE", `/${encodeURIComponent(index)}`)
  if (status !== 200 && status !== 404)
    return yield* incompatible(`index "${index}" can't be deleted: ${reason ?? status}`)
})

/** The number of the generation of the alias that an index is by its name, counted from 1; 0 for any other index. */
export const numberOf = (alias: string, index: string): number =>
  index.startsWith(`${alias}-`) && /^\d{6,}$/.test(index.slice(alias.length + 1))
    ? Number(index.slice(alias.length + 1))
    : 0
