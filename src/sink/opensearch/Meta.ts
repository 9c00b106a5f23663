/**
 * What a generation says of itself, in its mapping's `_meta`: which definitions it accepts and which one is current,
 * where its rows come from, and the private alias through which alone it is written. Pure.
 */
import { Schema } from "effect"
import { canonical, type Description } from "../../define/Definition.ts"
import type { Properties } from "../../define/Mapping.ts"
import type { Origin } from "../Sink.ts"

const Source = Schema.Struct({ kind: Schema.Literal("stream"), tableArn: Schema.String, epoch: Schema.Finite })

/** The form of `_meta.tablefold`; `format` says which. */
export const Meta = Schema.Struct({
  format: Schema.Literal(1),
  current: Schema.String,
  accepts: Schema.Array(Schema.String),
  description: Schema.Json,
  source: Schema.NullOr(Source),
  writeAlias: Schema.String,
  /** When the generation was made, in epoch milliseconds. */
  createdAt: Schema.Finite,
  /** Whether a backfill ever filled it. */
  filled: Schema.Boolean,
  /** Since when it may lack changes that were acknowledged without it, in epoch milliseconds, and why. */
  incomplete: Schema.optionalKey(Schema.Struct({ at: Schema.Finite, reason: Schema.String })),
  /** When a full verification last found it right, in epoch milliseconds. */
  verifiedAt: Schema.optionalKey(Schema.Finite),
  /** Hashes of definitions whose generations were dropped: their writers pass over the aggregate. */
  dropped: Schema.Array(Schema.String)
})
export type Meta = typeof Meta.Type

/** What a writer with this definition may do with a generation. */
export type Fit =
  | { readonly _tag: "Current" }
  /** Fields or parts were only added: they can be added in place. */
  | ({ readonly _tag: "Added"; readonly properties: Properties } & Additions)
  /** Another deployment with a newer definition writes here. */
  | { readonly _tag: "Superseded" }
  | { readonly _tag: "Dropped" }
  | { readonly _tag: "Differs"; readonly where: ReadonlyArray<string> }

export interface Additions {
  /** Fields that readers see. */
  readonly names: ReadonlyArray<string>
  /** Attributes without which rows of a kind that was there before are refused from now on. */
  readonly required: ReadonlyArray<string>
}

/** What becomes of rows that lack attributes which are required from now on; `undefined` where there are none. */
export const requiredInWords = ({ required }: Additions): string | undefined =>
  required.length === 0
    ? undefined
    : `rows without ${required.join(", ")} are refused when they change or are read again: documents keep their last ` +
      "accepted state, and go without derived fields"

export const fit = (meta: Meta, description: Description, hash: string): Fit => {
  if (meta.current === hash) return { _tag: "Current" }
  if (meta.accepts.includes(hash)) return { _tag: "Superseded" }
  if (meta.dropped.includes(hash)) return { _tag: "Dropped" }
  const before = meta.description as unknown as Description
  const where = differences(before, description)
  if (where.length > 0) return { _tag: "Differs", where }
  const names = added(readersFields(before), readersFields(description), "")
  return { _tag: "Added", properties: description.properties, names, required: requiredSince(before, description) }
}

const requiredSince = (before: Description, after: Description): ReadonlyArray<string> =>
  Object.entries(before.rows).flatMap(([field, { attributes, required }]) => {
    // What a new attribute must hold is asked of rows that have it.
    const isNew = (path: string) => path.includes(".") && !attributes.includes(path.slice(0, path.indexOf(".")))
    const more = after.rows[field]!.required.filter((path) => !required.includes(path) && !isNew(path))
    return more.map((path) => (field === "" ? path : `${field}.${path}`))
  })

/** The sync state repeats the mapping of the fields that readers see, and would name each change twice. */
const readersFields = ({ properties: { _sync, ...fields } }: Description): Properties => fields

/** The definition's hash accepted and made the current one. */
export const accept = (meta: Meta, description: Description, hash: string): Meta => ({
  ...meta,
  current: hash,
  accepts: [...meta.accepts, hash],
  description: description as unknown as Schema.Json
})

/**
 * Checks where records come from against what the generation was made from. Gives the generation's source as it is then
 * known, or, where they don't fit, the reason in words.
 */
export const checkOrigins = (
  meta: Meta,
  origins: ReadonlyArray<Origin>
): { readonly source: Meta["source"] } | { readonly problem: string } => {
  let source = meta.source
  for (const { changedAt, epoch, tableArn } of origins) {
    if (source === null) source = { kind: "stream", tableArn, epoch }
    if (source.tableArn !== tableArn) {
      return { problem: `records come from ${tableArn}, but the index is made from ${source.tableArn}` }
    }
    if (epoch > 0 && epoch < source.epoch && changedAt !== undefined && changedAt > source.epoch) {
      const newer = `though the stream of ${iso(source.epoch)} is newer`
      const times = `the stream of ${iso(epoch)} carries a record of ${iso(changedAt)}, ${newer}`
      return { problem: `${times}: it must be of another table of the same name; check the event source` }
    }
    if (epoch > source.epoch) source = { ...source, epoch }
  }
  return { source }
}

const iso = (epochMillis: number): string => new Date(epochMillis).toISOString()

/** Where two descriptions differ by more than additions. */
const differences = (before: Description, after: Description): ReadonlyArray<string> => [
  ...(before.key === after.key ? [] : ["the key template"]),
  ...(before.revision === after.revision ? [] : ["the revision"]),
  ...(canonical(before.settings) === canonical(after.settings) ? [] : ["the index settings"]),
  ...Object.entries(before.rows).flatMap(([field, row]) => {
    const now = after.rows[field]
    const label = field === "" ? "the root" : `part "${field}"`
    if (now === undefined) return [`${label} is gone`]
    const same = row.kind === now.kind && row.sortKey === now.sortKey && row.where === now.where
    return same && row.attributes.every((name) => now.attributes.includes(name)) ? [] : [label]
  }),
  ...changedFields(readersFields(before), readersFields(after), "")
]

const changedFields = (before: Properties, after: Properties, path: string): ReadonlyArray<string> =>
  Object.entries(before).flatMap(([name, mapping]) => {
    const now = after[name]
    const at = path + name
    if (now === undefined) return [`field "${at}" is gone`]
    const { properties: inner, ...own } = mapping as { readonly properties?: Properties }
    const { properties: innerNow, ...ownNow } = now as { readonly properties?: Properties }
    if (canonical(own) !== canonical(ownNow) || (inner === undefined) !== (innerNow === undefined))
      return [`field "${at}"`]
    return inner === undefined ? [] : changedFields(inner, innerNow!, `${at}.`)
  })

const added = (before: Properties, after: Properties, path: string): ReadonlyArray<string> => [
  ...Object.keys(after).flatMap((name) => (Object.hasOwn(before, name) ? [] : [path + name])),
  ...Object.entries(before).flatMap(([name, mapping]) => {
    const inner = mapping["properties"] as Properties | undefined
    const now = after[name]?.["properties"] as Properties | undefined
    return inner === undefined || now === undefined ? [] : added(inner, now, `${path}${name}.`)
  })
]

/** Where an index's mapping first is not the derived one: `field "items" is object, the definition says nested`. */
export const mappingProblem = (expected: Properties, actual: Properties, path = ""): string | undefined => {
  for (const [name, want] of Object.entries(expected)) {
    const have = actual[name]
    const at = `field "${path}${name}"`
    if (have === undefined) return `${at} is not in its mapping`
    const { fields, properties: inner, type = "object", ...parameters } = want as Nested
    const haveType = (have["type"] as string | undefined) ?? "object"
    if (haveType !== type) return `${at} is ${haveType}, the definition says ${type}`
    for (const [parameter, value] of Object.entries(parameters)) {
      if (loosely(have[parameter]) === loosely(value)) continue
      return `${at} has ${parameter} ${loosely(have[parameter])}, the definition says ${loosely(value)}`
    }
    const { fields: haveFields, properties: haveInner } = have as Nested
    const below = `${path}${name}.`
    const problem =
      mappingProblem(inner ?? {}, haveInner ?? {}, below) ?? mappingProblem(fields ?? {}, haveFields ?? {}, below)
    if (problem !== undefined) return problem
  }
  return undefined
}

interface Nested {
  readonly type?: string
  readonly properties?: Properties
  readonly fields?: Properties
}

/** The server gives some values back as text. */
const loosely = (value: unknown): string => (typeof value === "object" ? canonical(value) : String(value))
