/** DynamoDB's typed JSON as people read and write it. Pure. */
import { isList, isObject, type Json } from "./json.ts"

/** A row as DynamoDB has it: `{"PK":{"S":"ORDER#1"}}`. */
export type Item = { readonly [name: string]: Json }

/** The value of a typed attribute in plain JSON; numbers that a double can't hold stay text, as does binary. */
export const plain = (attribute: Json | undefined): Json => {
  if (!isObject(attribute)) return attribute ?? null
  const [type = "", value = null] = Object.entries(attribute)[0] ?? []
  if (type === "N") return numberOf(String(value))
  if (type === "NULL") return null
  if (type === "NS" && isList(value)) return value.map((one) => numberOf(String(one)))
  if (type === "L" && isList(value)) return value.map(plain)
  if (type === "M" && isObject(value))
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]))
  return value
}

const numberOf = (digits: string): Json => {
  const value = Number(digits)
  return Number.isFinite(value) && digits.replace(/[^\d]/g, "").length <= 15 ? value : digits
}

interface SummaryOptions {
  /** Attributes that are left out: the keys. */
  readonly keys: ReadonlySet<string>
  /** The document's id: what repeats it is left out. */
  readonly id: string | null
  /** Names of attributes that stand first, in this order: DynamoDB's own tells nothing. */
  readonly order: ReadonlyArray<string>
}

/** Characters of a row that anybody reads on one line. */
const max = 200

/** A row on one line. */
export const summary = (item: Item, { id, keys, order }: SummaryOptions): string => {
  let text = ""
  for (const name of new Set([...order, ...Object.keys(item)])) {
    if (keys.has(name) || !Object.hasOwn(item, name)) continue
    const value = plain(item[name])
    if (value === id) continue
    const shown = typeof value === "string" ? value.slice(0, max) : JSON.stringify(value).slice(0, max)
    text += `${text === "" ? "" : "  ·  "}${name} ${shown}`
    if (text.length > max) return `${text.slice(0, max)}…`
  }
  return text
}
