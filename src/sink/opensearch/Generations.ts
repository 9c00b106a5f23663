/**
 * Finds the generation an aggregate is written to, makes the first one, and checks that it is as the definition says.
 * A check is remembered for a time, so that a new generation is noticed and nobody asks before each write.
 */
import { Clock, Duration, Effect, Random, Result, Schema } from "effect"
import * as Definition from "../../define/Definition.ts"
import type { Properties } from "../../define/Mapping.ts"
import type { Shape } from "../../define/Shape.ts"
import { IndexUnfit, Misconfigured, type Origin, SinkError, Unreachable } from "../Sink.ts"
import * as answer from "./answer.ts"
import * as Meta from "./Meta.ts"
import { Transport } from "./Transport.ts"

/** Where an aggregate is written. */
export interface Target {
  readonly index: string
  readonly writeAlias: string
  readonly meta: Meta.Meta
}

interface Found {
  readonly index: string
  readonly mappings: { readonly properties?: Properties; readonly _meta?: unknown; readonly _source?: unknown }
  readonly settings: { readonly [name: string]: any }
}

/** How long a check holds, and the prefix of all aliases. */
export interface Options {
  readonly aliasPrefix: string
  readonly checkEvery: Duration.Input
}

/**
 * Gives `target`, which finds, makes and checks the generation of an aggregate, for records of these origins; and
 * `forget`, to be called when the server says that the index or alias is missing.
 */
export const make = Effect.fnUntraced(function* ({ aliasPrefix, checkEvery }: Options) {
  const transport = yield* Transport
  const checked = new Map<Shape, { readonly target: Target; readonly until: number }>()

  const ask = Effect.fnUntraced(function* (method: "GET" | "PUT", path: string, body?: unknown) {
    const content = body === undefined ? {} : { body: JSON.stringify(body) }
    const request = transport.request({ method, path, ...content })
    const { status, text } = yield* Effect.mapError(request, ({ message }) => failure(transport.node, message))
    const verdict = answer.ofResponse(status, text)
    if (verdict._tag === "Transient") {
      return yield* unreachable(`${transport.node} answered ${method} ${path} with ${verdict.reason}`)
    }
    if (verdict._tag === "Misconfigured") return yield* misconfigured(transport.node, verdict.reason)
    return { status, text }
  })

  const find = Effect.fnUntraced(function* (alias: string) {
    const { status, text } = yield* ask("GET", `/${encodeURIComponent(alias)}`)
    if (status === 404) return []
    const body = answer.parse(text)
    if (status !== 200 || typeof body !== "object" || body === null) {
      return yield* unreachable(`${transport.node} answered GET /${alias} with ${status} and no JSON`)
    }
    const found = Object.entries(body as { readonly [index: string]: Omit<Found, "index"> })
    if (found.some(([index]) => index === alias)) {
      return yield* unfit(
        `"${alias}" is an index, but must be an alias: reindex it under another name, or give ` +
          `OPENSEARCH_ALIAS_PREFIX another value`
      )
    }
    return found.map(([index, { mappings, settings }]): Found => ({ index, mappings, settings }))
  })

  const create = Effect.fnUntraced(function* (shape: Shape, alias: string) {
    const description = Definition.describe(shape.aggregate)
    const hash = Definition.hash(description)
    const index = `${alias}-000001`
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
    const { status, text } = yield* ask("PUT", `/${encodeURIComponent(index)}`, {
      settings: description.settings,
      mappings: { dynamic: false, _meta: { tablefold: meta }, properties: description.properties },
      aliases: { [alias]: { filter: { term: { "_sync.live": true } } }, [meta.writeAlias]: {} }
    })
    if (status !== 200 && !text.includes("resource_already_exists_exception")) {
      const verdict = answer.ofResponse(status, text)
      return yield* unfit(`index "${index}" can't be made: ${"reason" in verdict ? verdict.reason : status}`)
    }
    if (status === 200) {
      yield* Effect.logInfo(`made index ${index} behind alias ${alias}; if the table has older rows, a backfill is due`)
    }
  })

  const putMeta = (index: string, meta: Meta.Meta, properties: Properties = {}) =>
    Effect.flatMap(
      ask("PUT", `/${encodeURIComponent(index)}/_mapping`, { properties, _meta: { tablefold: meta } }),
      ({ status, text }) => {
        const verdict = answer.ofResponse(status, text)
        if (verdict._tag === "Accepted") return Effect.void
        return unfit(`the mapping of "${index}" can't be changed: ${"reason" in verdict ? verdict.reason : status}`)
      }
    )

  const fitted = Effect.fnUntraced(function* (shape: Shape, alias: string, { index, mappings, settings }: Found) {
    const meta = decodeMeta(mappings._meta)
    if (meta === undefined) return yield* unfit(`index "${index}" behind alias "${alias}" was not made by tablefold`)
    const description = Definition.describe(shape.aggregate)
    const hash = Definition.hash(description)
    const fit = Meta.fit(meta, description, hash)
    if (fit._tag === "Superseded") {
      return yield* unfit(
        `a deployment with a newer definition (${meta.current}) writes "${alias}"; this one is ${hash}`
      )
    }
    if (fit._tag === "Dropped")
      return yield* unfit(`the generation of this definition (${hash}) of "${alias}" was dropped`)
    if (fit._tag === "Differs") {
      return yield* unfit(`"${alias}" has another definition: ${fit.where.join(", ")}. Run \`tablefold plan\``)
    }
    const problem =
      settingsProblem(settings, mappings._source) ??
      Meta.mappingProblem(fit._tag === "Added" ? {} : description.properties, mappings.properties ?? {})
    if (problem !== undefined) return yield* unfit(`index "${index}" behind alias "${alias}" does not fit: ${problem}`)
    if (fit._tag === "Current") return { index, writeAlias: meta.writeAlias, meta }
    const accepted = Meta.accept(meta, description, hash)
    yield* putMeta(index, accepted, fit.properties)
    yield* Effect.logInfo(`added ${fit.names.join(", ")} to ${index}; documents written before need a repair pass`)
    return { index, writeAlias: meta.writeAlias, meta: accepted }
  })

  const look = Effect.fnUntraced(function* (shape: Shape) {
    const alias = aliasPrefix + shape.aggregate.name
    let found = yield* find(alias)
    if (found.length === 0) {
      yield* create(shape, alias)
      found = yield* find(alias)
    }
    if (found.length === 0) {
      return yield* unfit(
        `index "${alias}-000001" exists, but alias "${alias}" does not lead to it: add the alias again`
      )
    }
    if (found.length > 1) {
      return yield* unfit(`alias "${alias}" leads to several indices: ${found.map(({ index }) => index).join(", ")}`)
    }
    return yield* fitted(shape, alias, found[0]!)
  })

  const target = Effect.fnUntraced(function* (shape: Shape, origins: ReadonlyArray<Origin>) {
    const now = yield* Clock.currentTimeMillis
    const known = checked.get(shape)
    let current: Target = known !== undefined && known.until > now ? known.target : yield* look(shape)
    const origin = Meta.checkOrigins(current.meta, origins)
    if ("problem" in origin) return yield* misconfiguredSource(origin.problem)
    if (origin.source !== current.meta.source) {
      current = { ...current, meta: { ...current.meta, source: origin.source } }
      yield* putMeta(current.index, current.meta)
    }
    const until = known !== undefined && known.until > now ? known.until : now + Duration.toMillis(checkEvery)
    checked.set(shape, { target: current, until })
    return current
  })

  return { target, forget: (shape: Shape) => void checked.delete(shape) }
})

export type Generations = Effect.Success<ReturnType<typeof make>>

const decodeMeta = (meta: unknown): Meta.Meta | undefined => {
  const own = typeof meta === "object" && meta !== null && "tablefold" in meta ? meta.tablefold : undefined
  const decoded = Schema.decodeUnknownResult(Meta.Meta)(own)
  return Result.isSuccess(decoded) ? decoded.success : undefined
}

/** Cluster templates can change what an index is made with; these changes would lose data or alter documents. */
const settingsProblem = (settings: Found["settings"], source: unknown): string | undefined => {
  const index = settings["index"] ?? {}
  if ((source as { readonly enabled?: unknown } | undefined)?.enabled === false) return "its _source is off"
  const pipeline = index.default_pipeline
  if (pipeline !== undefined && pipeline !== "_none") return `its default_pipeline is "${pipeline}", must be _none`
  if (index.translog?.durability === "async") return "its translog durability is async, must be request"
  return undefined
}

const unreachable = (message: string) => Effect.fail(new SinkError({ reason: new Unreachable({ message }) }))

const unfit = (message: string) => Effect.fail(new SinkError({ reason: new IndexUnfit({ message }) }))

const misconfiguredSource = (message: string) => Effect.fail(new SinkError({ reason: new Misconfigured({ message }) }))

/** The sentence for a server that refuses us as things are set up. */
export const misconfigured = (node: string, reason: string) =>
  new SinkError({
    reason: new Misconfigured({
      message:
        `OpenSearch at ${node} refused: ${reason}; check OPENSEARCH_AUTH, OPENSEARCH_USERNAME and ` +
        `OPENSEARCH_PASSWORD, and what the role may do`
    })
  })

/** The error for a connection that failed. */
export const failure = (node: string, message: string): SinkError => {
  const verdict = answer.ofFailure(message)
  return verdict._tag === "Misconfigured"
    ? new SinkError({ reason: new Misconfigured({ message: `OpenSearch at ${node}: ${verdict.reason}` }) })
    : new SinkError({
        reason: new Unreachable({
          message: `OpenSearch was not reached at ${node} (${message}); check OPENSEARCH_NODE`
        })
      })
}
