/** Words for a field's mapping, and for the change from one to another. */
import { canonical } from "./Definition.ts"
import * as Mapping from "./Mapping.ts"

/** Says what becomes of a field, and how it stays as it is: `keyword → text (Mapping.keyword keeps it)`. */
export const changeInWords = (before: Mapping.FieldMapping, after: Mapping.FieldMapping): string => {
  const annotation = annotationOf(before)
  const keeps = annotation === undefined ? "" : ` (${annotation} keeps it)`
  return `${inWords(before, after)} → ${inWords(after, before)}${keeps}`
}

/** The type with its subfields, and the parameters in which it differs from another mapping of that type. */
const inWords = (mapping: Mapping.FieldMapping, other: Mapping.FieldMapping): string => {
  if (mapping["enabled"] === false) return "not indexed"
  const { fields, properties: _, type = "object", ...parameters } = mapping
  const subfields = fieldsInWords(fields, other["fields"])
  const own =
    type === (other["type"] ?? "object")
      ? Object.entries(parameters).filter(([name, value]) => canonical(value) !== canonical(other[name]))
      : []
  const differing = own.map(([name, value]) => ` ${name} ${canonical(value)}`).join("")
  return `${String(type)}${differing}${subfields === "" ? "" : ` with ${subfields}`}`
}

/** The names of subfields, or all of them where another mapping has others under the same names. */
const fieldsInWords = (fields: unknown, others: unknown): string => {
  const names = (from: unknown) => Object.keys((from ?? {}) as object).join(", ")
  const isOther = names(fields) === names(others) && canonical(fields) !== canonical(others)
  return isOther ? canonical(fields) : names(fields)
}

/** The annotation that gives a field this mapping; `undefined` for an object, which no annotation need give. */
const annotationOf = (mapping: Mapping.FieldMapping): string | undefined => {
  if (mapping["properties"] !== undefined) return undefined
  const text = canonical(mapping)
  const known = Object.entries(named).find(([, annotation]) => canonical(annotation["tablefold/mapping"]) === text)
  return known === undefined ? `Mapping.field(${JSON.stringify(mapping)})` : `Mapping.${known[0]}`
}

const named = {
  completion: Mapping.completion,
  flatObject: Mapping.flatObject,
  geoPoint: Mapping.geoPoint,
  ip: Mapping.ip,
  keyword: Mapping.keyword,
  long: Mapping.long,
  searchable: Mapping.searchable,
  stored: Mapping.stored,
  text: Mapping.text,
  "date()": Mapping.date()
}
