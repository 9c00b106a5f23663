/** JSON values as the page holds them, and when two are the same. Pure. */

export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [name: string]: Json }

export const isObject = (value: Json | undefined): value is { readonly [name: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

/** Equal values, whatever the order of their names. */
export const same = (a: Json | undefined, b: Json | undefined): boolean => {
  if (a === b) return true
  if (isList(a)) return isList(b) && a.length === b.length && a.every((value, i) => same(value, b[i]))
  if (!isObject(a) || !isObject(b)) return false
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]))
  )
}

/** The value at a name or an index; `undefined` where there is none. */
export const at = (value: Json | undefined, name: string): Json | undefined => {
  if (isList(value)) return value[Number(name)]
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** The value at a path as `join` makes it; `undefined` where there is none. */
export const atPath = (value: Json, path: string): Json | undefined => {
  if (path === "") return value
  // A name may have dots of its own: the longest that is there is taken.
  const parts = path.split(".")
  for (let count = parts.length; count > 0; count--) {
    const inner = at(value, parts.slice(0, count).join("."))
    if (inner === undefined) continue
    const found = atPath(inner, parts.slice(count).join("."))
    if (found !== undefined) return found
  }
  return undefined
}

/** The path of a part: `orderItems.1.quantity`; "" is the whole. */
export const join = (path: string, name: string | number): string => (path === "" ? String(name) : `${path}.${name}`)
