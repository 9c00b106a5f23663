/** Templates as words, which is how pairs of them are compared: one key for both, or all keys of one in the other. */
import type { Template } from "./Key.ts"

/** A character, or a name by its number: one or more characters, none of which ends it. */
export type Letter = string | number
export type Word = ReadonlyArray<Letter>

/** One row's templates as words; a name has one number in all of them. What ends it is put into `ends`. */
export const wordsOf = (templates: ReadonlyArray<Template>, ends: Array<Set<string>>): ReadonlyArray<Word> => {
  const numbers = new Map<string, number>()
  return templates.map(({ tokens }) =>
    tokens.flatMap((token): Word => {
      if ("literal" in token) return Array.from(token.literal)
      const number = numbers.get(token.name) ?? ends.push(new Set()) - 1
      numbers.set(token.name, number)
      for (const character of token.stop) ends[number]!.add(character)
      return [number]
    })
  )
}

/** The word with letters in the place of a name. */
export const replaced = (word: Word, name: number, by: Word): Word =>
  word.flatMap((letter) => (letter === name ? by : [letter]))
