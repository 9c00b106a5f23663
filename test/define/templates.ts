/** Small templates and all short texts: what templates have in common shows there, if anywhere. */
import { Arbitrary } from "effect"
import * as Key from "../../src/define/Key.ts"
import { index } from "../../src/testing/deliveries.ts"

/** All texts of up to some length of a few characters. */
export const textsOf = (alphabet: ReadonlyArray<string>, length: number): ReadonlyArray<string> => {
  const all = [""]
  for (let i = 0, from = 0; i < length; i++) {
    const end = all.length
    for (; from < end; from++) for (const character of alphabet) all.push(all[from]! + character)
  }
  return all
}

export const templates = (alphabet: ReadonlyArray<string>, names: number) =>
  Arbitrary.map(
    Arbitrary.array(Arbitrary.all({ literal: index(alphabet.length), name: index(names + 1) }), {
      minLength: 1,
      maxLength: 2
    }),
    (pieces) => {
      const found = new Set<number>()
      return pieces
        .map(({ literal, name }) => {
          const isUsed = name === names || found.has(name)
          found.add(name)
          return `${alphabet[literal]}${isUsed ? "" : `{n${name}}`}`
        })
        .join("")
    }
  )

/** Tells whether a key fits a row's templates, attribute by attribute. */
export const fits = (row: ReadonlyArray<Key.Template>, key: ReadonlyArray<string>): boolean => {
  const [first = {}, ...rest] = row.map((template, i) => template.parse(key[i]!))
  return (
    rest.every((values) => values !== undefined && Key.combine(first, values) !== undefined) &&
    row.every((template, i) => template.parse(key[i]!))
  )
}
