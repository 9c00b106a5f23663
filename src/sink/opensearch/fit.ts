/** Compares a definition with a generation: whether its writer may write there, and where the two differ. Pure. */
import {
  canonical,
  type Description,
  fixedSettings,
  readersProperties,
  type RowDescription
} from "../../define/Definition.ts"
import type { Properties } from "../../define/Mapping.ts"
import { changeInWords } from "../../define/mappingWords.ts"
import { withSubfieldsOf } from "../../define/subfields.ts"
import type { Meta } from "./Meta.ts"
import { descriptionOf, type State } from "./State.ts"

/** The right of a writer with this definition to a generation. */
export type Fit =
  | { readonly _tag: "Current" }
  /** Fields or parts were only added, in place; none where the index has subfields that the definition lacks. */
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

/** Says what becomes of rows without attributes that are required from now on; `undefined` where there are none. */
export const requiredInWords = ({ required }: Additions): string | undefined =>
  required.length === 0
    ? undefined
    : `rows without ${required.join(", ")} are refused when they change or are read again: documents keep their last ` +
      "accepted state, and go without derived fields"

export const fit = (
  { meta, state }: { readonly meta: Meta; readonly state: State },
  description: Description,
  hash: string
): Fit => {
  if (state.current === hash) return { _tag: "Current" }
  if (state.dropped.includes(hash)) return { _tag: "Dropped" }
  const before = descriptionOf(meta, state)
  const after = withSubfieldsOf(description, before)
  const where = differences(before, after)
  // One that differs in subfields alone makes the same documents.
  if (state.accepts.includes(hash) && where.concat(differences(after, before)).length > 0) return { _tag: "Superseded" }
  if (where.length > 0) return { _tag: "Differs", where }
  const names = added(readersProperties(before), readersProperties(description), "")
  return { _tag: "Added", properties: description.properties, names, required: requiredSince(before, description) }
}

const requiredSince = (before: Description, after: Description): ReadonlyArray<string> =>
  Object.entries(before.rows).flatMap(([field, { attributes, required }]) => {
    // What a new attribute must hold is asked of rows that have it.
    const isNew = (path: string) => path.includes(".") && !attributes.includes(path.slice(0, path.indexOf(".")))
    const more = after.rows[field]!.required.filter((path) => !required.includes(path) && !isNew(path))
    return more.map((path) => (field === "" ? path : `${field}.${path}`))
  })

/** Finds where two descriptions differ by more than additions. */
const differences = (before: Description, after: Description): ReadonlyArray<string> => [
  ...(before.key === after.key ? [] : ["the key template"]),
  ...(before.revision === after.revision ? [] : ["the revision"]),
  ...(settingsOf(before) === settingsOf(after) ? [] : ["the index settings"]),
  ...Object.entries(before.rows).flatMap(([field, row]) => {
    const now = after.rows[field]
    const label = field === "" ? "the root" : `part "${field}"`
    if (now === undefined) return [`${label} is gone`]
    const [keys, keysNow] = [keysInWords(row), keysInWords(now)]
    if (keys !== keysNow) return [`${label} takes ${keysNow}, and took ${keys}`]
    if (row.hidden !== now.hidden) return [`${label} is ${now.hidden === true ? "hidden" : "shown"} now`]
    const same = row.kind === now.kind && row.where === now.where && canonical(row.type) === canonical(now.type)
    return same && row.attributes.every((name) => now.attributes.includes(name)) ? [] : [label]
  }),
  ...changedFields(readersProperties(before), readersProperties(after), "")
]

const settingsOf = ({ settings }: Description): string => canonical(fixedSettings(settings))

/** The keys of a kind of rows: `TASK#{t} up to "#", but for TASK#a`. */
const keysInWords = ({ after = [], sortKey, stops = "" }: RowDescription): string => {
  const upTo = stops === "" ? "" : ` up to ${[...stops].map((character) => JSON.stringify(character)).join(" or ")}`
  return `${sortKey || "all sort keys"}${upTo}${after.length === 0 ? "" : `, but for ${after.join(", ")}`}`
}

const changedFields = (before: Properties, after: Properties, path: string): ReadonlyArray<string> =>
  Object.entries(before).flatMap(([name, mapping]) => {
    const now = after[name]
    const at = path + name
    if (now === undefined) return [`field "${at}" is gone`]
    const { properties: inner, ...own } = mapping as { readonly properties?: Properties }
    const { properties: innerNow, ...ownNow } = now as { readonly properties?: Properties }
    if (canonical(own) !== canonical(ownNow) || (inner === undefined) !== (innerNow === undefined))
      return [`field "${at}": ${changeInWords(mapping, now)}`]
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

/** Finds where a mapping is not the derived one: `field "items" is object, the definition says nested`. */
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
