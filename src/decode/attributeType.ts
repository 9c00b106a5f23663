/** The type of an attribute value. Serialisers of some languages write all members and leave the unused ones null. */
import type { Attributes, AttributeValue } from "../source/Change.ts"

/**
 * The name of the only member that is not null: `S` for `{"S":"tea","N":null}`. `undefined` where there is none, or
 * more than one.
 */
export const typeOf = (value: AttributeValue): string | undefined => {
  let type: string | undefined
  for (const name in value) {
    const member = value[name as keyof AttributeValue] as unknown
    if (member === null || member === undefined) continue
    if (type !== undefined) return undefined
    type = name
  }
  return type
}

/** The reason why `typeOf` finds no type, as the end of a sentence. */
export const typeProblem = (value: unknown): string => {
  if (typeof value !== "object" || value === null) return "is not an attribute value"
  const members = Object.values(value).filter((member) => member !== null && member !== undefined)
  return members.length === 0 ? "has no type that is not null" : "has several types at once"
}

/** The type of the value at a path of names and places in lists; `undefined` where there is none. */
export const typeAt = (attributes: Attributes, path: ReadonlyArray<PropertyKey>): string | undefined => {
  const [name, ...steps] = path
  let at: unknown = own(attributes, name)
  for (const step of steps) {
    const type = typeof at === "object" && at !== null ? typeOf(at as AttributeValue) : undefined
    if (type === "SS" || type === "NS" || type === "BS") return steps.at(-1) === step ? type.slice(0, 1) : undefined
    if (type !== "M" && type !== "L") return undefined
    at = own((at as { readonly [type: string]: unknown })[type], step)
  }
  return typeof at === "object" && at !== null ? typeOf(at as AttributeValue) : undefined
}

const own = (holder: unknown, name: PropertyKey | undefined): unknown =>
  typeof holder === "object" && holder !== null && name !== undefined
    ? Object.getOwnPropertyDescriptor(holder, name)?.value
    : undefined
