/** A row read from what is typed into a form, or what is wrong with it. Pure. */
import * as Key from "../../../define/Key.ts"
import type { Aggregate, Field, Row, RowKind } from "../../messages.ts"
import type { EditRequest } from "../../requests.ts"
import { type Item, plain } from "./attributes.ts"
import { isObject, type Json } from "./json.ts"

/** The texts of a form by name: those of the key, and those of the fields. */
export interface Draft {
  readonly key: { readonly [name: string]: string }
  readonly values: { readonly [name: string]: string }
}

export type Parsed<T> = { readonly value: T } | { readonly problem: string }

/** Reads one field; `undefined` stands for one that is left out. */
export const parseField = (field: Field, text: string): Parsed<Json | undefined> => {
  if (text === "" && (field.isOptional || field.type !== "text")) {
    return field.isOptional ? { value: undefined } : { problem: `${field.name} is missing` }
  }
  switch (field.type) {
    case "text":
      return { value: text }
    case "boolean":
      return text === "true" || text === "false"
        ? { value: text === "true" }
        : { problem: `${field.name} is yes or no` }
    case "number":
    case "integer":
      return numberOf(field, text)
    case "json":
      return parseJson(field.name, text)
  }
}

const numberOf = (field: Field, text: string): Parsed<Json> => {
  const value = Number(text)
  if (text.trim() === "" || !Number.isFinite(value)) return { problem: `${field.name} is no number` }
  if (field.type === "integer" && !Number.isSafeInteger(value)) return { problem: `${field.name} is no whole number` }
  return { value }
}

export const parseJson = (name: string, text: string): Parsed<Json> => {
  try {
    return { value: JSON.parse(text) as Json }
  } catch (error) {
    return { problem: `${name} is no JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** The request that puts the row of a form, or a sentence for each text that can't be. */
export const typedRequest = (
  aggregate: Aggregate,
  kind: RowKind,
  draft: Draft
): Parsed<EditRequest> & { readonly problems: { readonly [name: string]: string } } => {
  const problems: Record<string, string> = {}
  const values: Record<string, Json> = {}
  for (const name of kind.keyNames) if (!draft.key[name]) problems[`key ${name}`] = `${name} is missing`
  for (const field of kind.fields) {
    // The key has it: it need not be written twice.
    if (kind.keyNames.includes(field.name)) {
      const parsed = parseField(field, draft.key[field.name] ?? "")
      if ("value" in parsed && parsed.value !== undefined) values[field.name] = parsed.value
      continue
    }
    const parsed = parseField(field, draft.values[field.name] ?? "")
    if ("problem" in parsed) problems[field.name] = parsed.problem
    else if (parsed.value !== undefined) values[field.name] = parsed.value
  }
  const sentences = Object.values(problems)
  if (sentences.length > 0) return { problem: sentences.join("; "), problems }
  const key = Object.fromEntries(kind.keyNames.map((name) => [name, draft.key[name] ?? ""]))
  return { value: { _tag: "Typed", aggregate: aggregate.name, field: kind.field, key, values }, problems }
}

/** The request that puts a row of DynamoDB's typed JSON. */
export const rawRequest = (text: string): Parsed<EditRequest> => {
  const parsed = parseJson("the row", text)
  if ("problem" in parsed) return parsed
  if (!isObject(parsed.value)) return { problem: "the row is no object of attributes" }
  return { value: { _tag: "Raw", item: parsed.value } }
}

/** The texts with which a form begins: those of a row, or for a new one the key of the document beside it. */
export const draftOf = (aggregate: Aggregate, kind: RowKind, row: Row | undefined, isNew: boolean): Draft => {
  if (row === undefined) return { key: {}, values: {} }
  const key = { ...namesIn(aggregate.key, row.partition) }
  const isOwn = row.field === kind.field && !isNew
  if (isOwn) Object.assign(key, namesIn(kind.template, row.sort))
  const item: Item = isOwn ? (row.item ?? {}) : {}
  const values = kind.fields.flatMap(({ name, type }) => {
    if (!Object.hasOwn(item, name)) return []
    const value = plain(item[name])
    return [[name, typeof value === "string" && type !== "json" ? value : JSON.stringify(value)] as const]
  })
  return { key, values: Object.fromEntries(values) }
}

/** The texts that stand in a key where its template has names in braces; none where it does not fit. */
const namesIn = (template: string, key: string): Key.Values => Key.make(template).parse(key) ?? {}
