/** Rows as one writes them by hand, and as DynamoDB has them. Only what the example's rows hold. */
import type { AttributeValue, Attributes } from "../../source/Change.ts"

export type Plain =
  | string
  | number
  | boolean
  | ReadonlySet<string>
  | ReadonlyArray<Plain>
  | { readonly [name: string]: Plain }

export type PlainRow = { readonly PK: string; readonly SK: string; readonly [name: string]: Plain }

export const toAttributes = (row: { readonly [name: string]: Plain }): Attributes =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toValue(value)]))

const toValue = (value: Plain): AttributeValue => {
  if (typeof value === "string") return { S: value }
  if (typeof value === "number") return { N: `${value}` }
  if (typeof value === "boolean") return { BOOL: value }
  if (value instanceof Set) return { SS: [...value] }
  if (Array.isArray(value)) return { L: value.map(toValue) }
  return { M: toAttributes(value as { readonly [name: string]: Plain }) }
}
