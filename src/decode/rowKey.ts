/** Keys as text: for the templates to read, for the order of rows, and for documents' ids. */
import { createHash } from "node:crypto"
import type { AttributeValue } from "../source/Change.ts"
import { typeOf, typeProblem } from "./attributeType.ts"
import { base64 } from "./base64.ts"
import * as decimal from "./decimal.ts"

/**
 * A key attribute as the templates see it: strings as they are, numbers in plain decimals, binary as base64.
 * `undefined` for what can't be a key.
 */
export const textOf = (value: AttributeValue | undefined): string | undefined => {
  if (typeof value !== "object" || value === null) return undefined
  const type = typeOf(value)
  const member = type === undefined ? undefined : (value as { readonly [type: string]: unknown })[type]
  if (type === "B") return base64(member)
  if (typeof member !== "string") return undefined
  return type === "S" ? member : type === "N" ? decimal.canonical(member) : undefined
}

/** Why `textOf` takes a value for no key, as the end of a sentence. */
export const keyProblem = (value: unknown): string => {
  const isTyped = typeof value === "object" && value !== null && typeOf(value as AttributeValue) !== undefined
  return isTyped ? "holds no string, number or binary value" : typeProblem(value)
}

/** A sort key as text whose UTF-8 order is DynamoDB's own: strings as they are, numbers by value, binary by byte. */
export const orderedOf = (value: AttributeValue | undefined): string => {
  const text = textOf(value)
  if (text === undefined) return ""
  const type = typeOf(value!)
  if (type === "S") return text
  return type === "N" ? decimal.sortable(text)! : Buffer.from(text, "base64").toString("hex")
}

/** A key attribute with its one member alone, in one spelling; `undefined` for what can't be a key. */
export const keyOf = (value: AttributeValue): Key | undefined => {
  const text = textOf(value)
  return text === undefined ? undefined : ({ [typeOf(value)!]: text } as unknown as Key)
}

export type Key = { readonly S: string } | { readonly N: string } | { readonly B: string }

/** OpenSearch takes ids of up to 512 bytes (doc "Bulk API", since 2.9 also in bulk requests). */
const idBytesMax = 512

/** The document's id for a key's text: the text itself, or its hash where OpenSearch would not take it. */
export const idOf = (text: string): { readonly id: string; readonly isHash: boolean } =>
  text.length * 3 <= idBytesMax || Buffer.byteLength(text) <= idBytesMax
    ? { id: text, isHash: false }
    : { id: `sha256-${createHash("sha256").update(text).digest("hex")}`, isHash: true }
