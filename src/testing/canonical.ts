/**
 * One text per item: two items are the same for DynamoDB exactly if their texts are. Names of attributes and elements
 * of sets have no order, bytes and their base64 are the same, and lists keep their order.
 */
import { Base64 } from "effect/encoding"
import type { Attributes, AttributeValue } from "../source/Change.ts"

export const canonical = (item: Attributes): string =>
  JSON.stringify(
    Object.keys(item)
      .sort()
      .map((name) => [name, canonicalValue(item[name] as AttributeValue)])
  )

const canonicalValue = (value: AttributeValue): unknown => {
  if ("B" in value) return ["B", base64(value.B)]
  if ("BS" in value) return ["BS", value.BS.map(base64).sort()]
  if ("SS" in value) return ["SS", [...value.SS].sort()]
  if ("NS" in value) return ["NS", [...value.NS].sort()]
  if ("L" in value) return ["L", value.L.map(canonicalValue)]
  if ("M" in value) return ["M", canonical(value.M)]
  return value
}

const base64 = (bytes: string | Uint8Array) => (typeof bytes === "string" ? bytes : Base64.encode(bytes))
