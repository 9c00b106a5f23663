/** The row that made each part of a document. Pure. */
import { at, isList, isObject, join, type Json, same } from "./json.ts"

export interface Source {
  readonly row: string
  /** The path of the field that shows it; "" for the root. */
  readonly field: string
  /** The row as the index has it, as JSON text; `undefined` where that is not known. */
  readonly json: string | undefined
}

/** Rows by the path of what they made: the root at "", an element of a list at `orderItems.1`. */
export type Origins = ReadonlyMap<string, string>

/**
 * Finds each row's part by its field and its values. Rows come in the order in which lists show them, so of equal ones
 * the first made the first.
 */
export const origins = (document: Json, sources: ReadonlyArray<Source>): Origins => {
  const found = new Map<string, string>()
  for (const source of sources) {
    const places = placesOf(document, "", source.field === "" ? [] : source.field.split("."))
    const place = places.find(({ path, value }) => !found.has(path) && holds(value, source.json))
    if (place !== undefined) found.set(place.path, source.row)
  }
  return found
}

interface Place {
  readonly path: string
  readonly value: Json
}

/** The places of a field: of a list its elements. */
const placesOf = (value: Json, path: string, field: ReadonlyArray<string>): ReadonlyArray<Place> => {
  if (isList(value)) return value.flatMap((inner, i) => placesOf(inner, join(path, i), field))
  const [name, ...rest] = field
  if (name === undefined) return [{ path, value }]
  const inner = at(value, name)
  return inner === undefined ? [] : placesOf(inner, join(path, name), rest)
}

/** Tells whether a part has all that a row has; it may have parts of its own beside that. */
const holds = (value: Json, json: string | undefined): boolean => {
  if (json === undefined) return true
  const row: Json = JSON.parse(json)
  if (!isObject(row) || !isObject(value)) return same(row, value)
  return Object.entries(row).every(([name, own]) => Object.hasOwn(value, name) && same(value[name], own))
}

/** The row that made the part at a path: that of the nearest part around it. */
export const originOf = (origins: Origins, path: string): string | undefined => {
  for (let own = path; ; own = own.slice(0, Math.max(0, own.lastIndexOf(".")))) {
    const row = origins.get(own)
    if (row !== undefined || own === "") return row
  }
}
