/**
 * The first field of a value in which there is a number that JSON has no word for and would turn into `null`, with that
 * number's name; `undefined` where there is none. Values may refer to themselves, as a BigDecimal does.
 */
export const nonFiniteNumber = (value: unknown): { readonly field: string; readonly number: string } | undefined => {
  if (typeof value !== "object" || value === null) return undefined
  for (const [field, inner] of Object.entries(value)) {
    const number = search(inner, new Set())
    if (number !== undefined) return { field, number: String(number) }
  }
  return undefined
}

const search = (value: unknown, seen: Set<object>): number | undefined => {
  if (typeof value === "number") return Number.isFinite(value) ? undefined : value
  if (typeof value !== "object" || value === null || seen.has(value)) return undefined
  seen.add(value)
  for (const inner of value instanceof Set ? value : Object.values(value)) {
    const found = search(inner, seen)
    if (found !== undefined) return found
  }
  return undefined
}
