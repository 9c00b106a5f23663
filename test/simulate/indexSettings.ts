/**
 * Settings and mappings of the simulated OpenSearch: merged from templates and requests, and shown as it shows them.
 */
import type { Index, Json } from "./SimulatedIndex.ts"

/** Settings by their whole names, however they were given: nested or with dots, with `index` in front or without. */
export const flat = (settings: Json): ReadonlyMap<string, unknown> => {
  const found = new Map<string, unknown>()
  const walk = (at: Json, path: string): void => {
    for (const [name, value] of Object.entries(at)) {
      if (typeof value === "object" && value !== null && !Array.isArray(value)) walk(value, `${path}${name}.`)
      else found.set(whole(path + name), textOf(value))
    }
  }
  walk(settings, "")
  return found
}

const whole = (name: string): string => (name.startsWith("index.") ? name : `index.${name}`)

/** All values are texts, but for those that were unset. */
const textOf = (value: unknown): unknown => {
  if (value === null) return null
  return Array.isArray(value) ? value.map(String) : String(value)
}

const nested = (settings: ReadonlyMap<string, unknown>): Json => {
  const root: { [name: string]: any } = {}
  for (const [name, value] of settings) {
    const path = name.split(".")
    let at = root
    for (const step of path.slice(0, -1)) at = at[step] ??= {}
    at[path.at(-1)!] = value
  }
  return root
}

export const describe = ({ aliases, isClosed, mappings, settings }: Index): Json => {
  const marked = isClosed ? new Map([...settings, ["index.verified_before_close", "true"] as const]) : settings
  return { aliases: Object.fromEntries(aliases), mappings, settings: nested(marked) }
}

/** The mapping of an index made by a request under templates; what stands last counts. */
export const mappingOf = (all: ReadonlyArray<Json>): Index["mappings"] => {
  const { _routing: routing, _source: source, dynamic, ...mappings } = all.reduce(under, {})
  const isWhole = source === undefined || [source.includes, source.excludes].every((list) => (list ?? []).length === 0)
  return {
    ...mappings,
    ...(dynamic === undefined ? {} : { dynamic: String(dynamic) }),
    ...(routing?.required === true ? { _routing: { required: true } } : {}),
    ...(isWhole && source?.enabled !== false ? {} : { _source: source })
  }
}

const under = (before: Json, after: Json): Json => {
  if (before["properties"] === undefined || after["properties"] === undefined) return { ...before, ...after }
  return { ...before, ...after, properties: merge(before["properties"], after["properties"]) }
}

/** The fields of two mappings together: objects are merged, a field given anew replaces the one before. */
export const merge = (before: Json, after: Json): Json => {
  const out: { [name: string]: any } = { ...before }
  for (const [name, mapping] of Object.entries(after)) {
    const known = out[name]?.properties
    const isObject = known !== undefined && mapping.properties !== undefined
    out[name] = isObject ? { ...out[name], ...mapping, properties: merge(known, mapping.properties) } : mapping
  }
  return out
}
