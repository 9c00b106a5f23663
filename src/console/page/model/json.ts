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

/** The path of a part: `orderItems.1.quantity`; "" is the whole. */
export const join = (path: string, name: string | number): string => (path === "" ? String(name) : `${path}.${name}`)
