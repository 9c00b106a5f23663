/** Keys as text: for the templates to read, for the order of rows, and for documents' ids. */
import { createHash } from "node:crypto"
import * as Shape from "../define/Shape.ts"
import type { Attributes, AttributeValue } from "../source/Change.ts"
import { base64 } from "./attributes.ts"
import * as decimal from "./decimal.ts"

/** A key attribute as the templates see it: strings as they are, numbers in plain decimals, binary as base64. */
export const textOf = (value: AttributeValue | undefined): string | undefined => {
  if (typeof value !== "object" || value === null) return undefined
  if ("S" in value && typeof value.S === "string") return value.S
  if ("N" in value && typeof value.N === "string") return decimal.canonical(value.N)
  return "B" in value ? base64(value.B) : undefined
}

/** Keys under the names that a record gives them: `PK=ORDER#1, SK=DETAILS`. */
export const namedText = (keys: Attributes): string =>
  Object.entries(keys)
    .flatMap(([name, value]) => {
      const text = textOf(value)
      return text === undefined ? [] : [`${name}=${text}`]
    })
    .join(", ")

/** A sort key as text whose UTF-8 order is DynamoDB's own: strings as they are, numbers by value, binary by byte. */
export const orderedOf = (value: AttributeValue | undefined): string => {
  if (value === undefined) return ""
  if ("S" in value) return value.S
  if ("N" in value) return decimal.sortable(value.N) ?? ""
  if (!("B" in value)) return ""
  const bytes = typeof value.B === "string" ? Buffer.from(value.B, "base64") : Buffer.from(value.B)
  return bytes.toString("hex")
}

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

const canBeId = (text: string): boolean =>
  (text.length * 3 <= idBytesMax || Buffer.byteLength(text) <= idBytesMax) &&
  !hashForm.test(text) &&
  text !== reservedId
