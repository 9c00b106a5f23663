import { isDeepStrictEqual } from "node:util"
import type { Difference } from "./oracle.ts"

/** A difference with the fields that are wrong. */
export const inWords = ({ aggregate, expected, found, id, what }: Difference): string => {
  const [should, does] = [fieldsOf(expected), fieldsOf(found)]
  const names = [...new Set([...Object.keys(should), ...Object.keys(does)])]
  const wrong = names.filter((name) => !isDeepStrictEqual(should[name], does[name]))
  const lines = wrong.map((name) => {
    return `    ${name}: expected ${JSON.stringify(should[name])}\n    ${" ".repeat(name.length)}     found ${JSON.stringify(does[name])}`
  })
  return [`${aggregate} ${id} ${what}`, ...lines].join("\n")
}

const fieldsOf = (value: unknown): { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null ? { ...value } : {}
