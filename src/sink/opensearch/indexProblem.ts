/**
 * Effective settings and mappings of an index that would alter documents, drop them, or lose what was acknowledged.
 * Templates of a cluster have a say when an index is made, and anybody may change settings later. Pure.
 */
import { Predicate } from "effect"
import type { Properties } from "../../define/Mapping.ts"

/** Settings as `GET /index` has them, as objects or under names with dots, and their values as texts or not. */
export type Settings = { readonly [name: string]: unknown }

export interface Mappings {
  readonly properties?: Properties
  readonly dynamic?: unknown
  readonly _source?: unknown
  readonly _routing?: unknown
}

/** The first problem in words, with what to do; `undefined` for an index that keeps what it is given. */
export const indexProblem = (settings: Settings, mappings: Mappings, properties: Properties): string | undefined =>
  settingsProblem(flatten(settings)) ??
  mappingsProblem(mappings) ??
  fieldsProblem(properties, mappings.properties ?? {})

/**
 * The index that stands behind a name: its own identity, and that of its history, which OpenSearch gives anew when a
 * snapshot is restored over a closed index.
 */
export const identityOf = (settings: Settings): string => {
  const flat = flatten(settings)
  return `${flat.get("uuid")} ${flat.get("history.uuid")}`
}

/** Tells whether the index is closed: nothing of it can be read or written then. */
export const isClosed = (settings: Settings): boolean => flatten(settings).get("verified_before_close") === "true"

/** The setting that says how often the index refreshes by itself; `undefined` where nothing does. */
export const refreshIntervalOf = (settings: Settings): string | undefined => flatten(settings).get("refresh_interval")

const flatten = (settings: Settings): ReadonlyMap<string, string> => {
  const flat = new Map<string, string>()
  const add = (values: Settings, path: string): void => {
    for (const [name, value] of Object.entries(values)) {
      if (Predicate.isReadonlyObject(value)) add(value, `${path}${name}.`)
      else flat.set(`${path}${name}`.replace(/^index\./, ""), String(value).toLowerCase())
    }
  }
  add(settings, "")
  return flat
}

/** Settings that must not be on, and what they do. */
const mustBeOff: ReadonlyArray<readonly [name: string, effect: string]> = [
  ["blocks.write", "refuses all writes"],
  ["blocks.read_only", "refuses all writes"],
  ["blocks.read", "refuses all reads"],
  ["blocks.metadata", "refuses to show or change its mapping"],
  ["append_only.enabled", "refuses to change a document"]
]

const settingsProblem = (settings: ReadonlyMap<string, string>): string | undefined => {
  for (const name of ["default_pipeline", "final_pipeline"]) {
    const pipeline = settings.get(name) ?? "_none"
    if (pipeline !== "_none") return `its ${name} is "${pipeline}", which may change or drop documents; set it to _none`
  }
  if (settings.get("translog.durability") === "async") {
    return "its translog.durability is async, so a crash loses what was acknowledged; set it to request"
  }
  const on = mustBeOff.find(([name]) => settings.get(name) === "true")
  return on && `its ${on[0]} is on, which ${on[1]}; switch it off, or make the index anew without it`
}

const mappingsProblem = ({ _routing, _source, dynamic }: Mappings): string | undefined => {
  const source = Predicate.isReadonlyObject(_source) ? _source : {}
  const partly = ["includes", "excludes"].find((name) => !isEmpty(source[name]))
  if (isFalse(source["enabled"])) return `its _source is off; ${anew}`
  if (partly !== undefined) return `its _source has ${partly}, so parts of documents are not kept; ${anew}`
  if (Predicate.isReadonlyObject(_routing) && String(_routing["required"]) === "true")
    return `its _routing is required; ${anew}`
  return isFalse(dynamic)
    ? undefined
    : `its mapping is dynamic, so a field that the definition does not name is mapped, or refused; set dynamic to false`
}

const anew =
  "take that out of the index template it comes from, and delete the index if it holds nothing yet, or make another " +
  "generation"

/** Finds fields of the definition, or the sync state, mapped so that documents are refused, or not found. */
const fieldsProblem = (expected: Properties, actual: Properties, path = ""): string | undefined => {
  for (const [name, have] of Object.entries(actual)) {
    const want = Object.hasOwn(expected, name) ? expected[name]! : undefined
    const at = `field "${path}${name}"`
    if (want === undefined) {
      // Kept rows have no field but the definition's: any other is of one that a newer definition is adding.
      if (path.startsWith("_sync.") && !path.startsWith("_sync.kept."))
        return `${at} is mapped, though the definition does not name it; ${anew}`
      continue
    }
    const said = (parameter: string) => want[parameter] !== undefined
    if (String(have["dynamic"] ?? false) !== "false" && String(have["dynamic"]) !== String(want["dynamic"])) {
      return `${at} is dynamic, though the definition does not say so; set its dynamic to false`
    }
    const off = ["enabled", "index"].find((parameter) => isFalse(have[parameter]) && !said(parameter))
    if (off !== undefined) return `${at} has ${off} false, so it is not found by it; ${anew}`
    if (!isEmpty(have["copy_to"]) && !said("copy_to")) {
      return `${at} is copied to another one, though the definition does not say so; ${anew}`
    }
    const problem = fieldsProblem(propertiesOf(want), propertiesOf(have), `${path}${name}.`)
    if (problem !== undefined) return problem
  }
  return undefined
}

const propertiesOf = (mapping: Properties[string]) => (mapping["properties"] ?? {}) as Properties

const isFalse = (value: unknown): boolean => String(value) === "false"

const isEmpty = (value: unknown): boolean => value === undefined || (Array.isArray(value) && value.length === 0)
