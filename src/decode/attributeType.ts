/** The type of an attribute value. Serialisers of some languages write all members and leave the unused ones null. */
import type { AttributeValue } from "../source/Change.ts"

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

/** Why `typeOf` finds no type, as the end of a sentence. */
export const typeProblem = (value: unknown): string => {
  if (typeof value !== "object" || value === null) return "is not an attribute value"
  const members = Object.values(value).filter((member) => member !== null && member !== undefined)
  return members.length === 0 ? "has no type that is not null" : "has several types at once"
}
