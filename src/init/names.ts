/** Names for what was found in keys: of fields, of aggregates, of modules' exports. */

/** `ORDER_ITEM` → `orderItem`, `#META` → `meta`; `fallback` where there is no letter. */
export const camel = (text: string, fallback = "row"): string => {
  const words = text
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "")
    .map((word) => word.toLowerCase())
  const name = words.map((word, i) => (i === 0 ? word : capitalized(word))).join("")
  return /^[a-z]/.test(name) ? name : fallback
}

/** `order_item` → `OrderItem`, the name of an export. */
export const pascal = (text: string): string => capitalized(camel(text))

/** `order item` → `order-item`, a name that OpenSearch takes. */
export const kebab = (text: string): string =>
  camel(text).replaceAll(/([A-Z])/g, (letter) => `-${letter.toLowerCase()}`)

export const plural = (word: string): string => {
  if (/s$/i.test(word)) return word
  if (/[^aeiou]y$/i.test(word)) return `${word.slice(0, -1)}ies`
  return /(ch|sh|x|z)$/i.test(word) ? `${word}es` : `${word}s`
}

export const singular = (word: string): string => {
  if (/ies$/i.test(word)) return `${word.slice(0, -3)}y`
  return /[^sui]s$/i.test(word) ? word.slice(0, -1) : word
}

/** The name itself, or with a number behind it where it is taken already; it is taken then. */
export const unique = (name: string, taken: Set<string>): string => {
  let own = name
  for (let n = 2; taken.has(own); n++) own = `${name}${n}`
  taken.add(own)
  return own
}

const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
