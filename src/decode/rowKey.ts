/** Keys as text: for the templates to read, for the order of rows, and for documents' ids. */
import { createHash } from "node:crypto"
import * as Shape from "../define/Shape.ts"
import type { KeyNames } from "../KeyNames.ts"
import type { Attributes, AttributeValue } from "../source/Change.ts"
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

/** The reason why `textOf` takes a value for no key, as the end of a sentence. */
export const keyProblem = (value: unknown): string => {
  const isTyped = typeof value === "object" && value !== null && typeOf(value as AttributeValue) !== undefined
  return isTyped ? "holds no string, number or binary value" : typeProblem(value)
}

/**
 * Keys under the names that a record gives them: `PK=ORDER#1, SK=DETAILS`. "" where they are so many that a row's data
 * must stand in their place: a table has two at most.
 */
export const namedText = (keys: Attributes): string => {
  const entries = Object.entries(keys)
  if (entries.length > 4) return ""
  return entries
    .flatMap(([name, value]) => {
      const text = textOf(value)
      return text === undefined ? [] : [`${name}=${text}`]
    })
    .join(", ")
}

/** The key of a row in readable form, `ORDER#1 / ITEM#2`. */
export const keyText = ({ partitionKey, sortKey }: KeyNames, keys: Attributes): string =>
  [partitionKey, ...(sortKey === undefined ? [] : [sortKey])].flatMap((name) => textOf(keys[name]) ?? []).join(" / ")

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

/** The id of the document that holds a generation's state. No row has it: a key equal to it is hashed. */
export const reservedId = "\u0000tablefold"

/** OpenSearch takes ids of up to 512 bytes (doc "Bulk API", since 2.9 also in bulk requests). */
const idBytesMax = 512

const hashForm = /^sha256-[0-9a-f]{64}$/

/** A document by its key: its id, and the whole key where the id is only its hash. */
export interface DocumentKey {
  readonly id: string
  readonly longKey: string | undefined
}

/**
 * The document for a key's values. Its id is the key's text, or the hash of a text that OpenSearch does not take, that
 * is reserved, or that looks like a hash itself: so no key has the id of another.
 */
export const documentKey = (shape: Shape.Shape, values: Shape.Values): DocumentKey => {
  const text = Shape.idText(shape, values)
  return canBeId(text)
    ? { id: text, longKey: undefined }
    : { id: `sha256-${createHash("sha256").update(text).digest("hex")}`, longKey: Shape.keyText(shape, values) }
}

/** Tells whether an id is a hash, from which the key can't be read. */
export const isHash = (id: string): boolean => hashForm.test(id)

const canBeId = (text: string): boolean =>
  (text.length * 3 <= idBytesMax || Buffer.byteLength(text) <= idBytesMax) && !isHash(text) && text !== reservedId
