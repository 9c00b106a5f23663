/**
 * Finds whether all keys of one row are among another's. The row's templates stand for all of its keys at once: a name
 * in them is any text that it may hold. The other's templates read that word from the left, as they read a key. Where
 * such a name may hold the character that ends what reads it, the question is asked again for each place of it.
 */
import type { Template, Token } from "./Key.ts"
import { replaced, type Word, wordsOf } from "./words.ts"

/** Tells whether each key that fits `inner` fits `outer`: their templates, attribute by attribute. */
export const covers = (outer: ReadonlyArray<Template>, inner: ReadonlyArray<Template>): boolean => {
  const ends: Array<Set<string>> = []
  return reads(outer, { words: wordsOf(inner, ends), ends })
}

interface Row {
  readonly words: ReadonlyArray<Word>
  readonly ends: ReadonlyArray<ReadonlySet<string>>
}

/** A name of the row that may hold a character at which the reader's name ends. */
interface Unsure {
  readonly name: number
  readonly character: string
}

const reads = (templates: ReadonlyArray<Template>, row: Row): boolean => {
  const values = new Map<string, string>()
  for (const [i, { tokens }] of templates.entries()) {
    const found = read(tokens, row.words[i]!, row.ends, values)
    if (found === false) return false
    if (found !== true) return splits(row, found).every((split) => reads(templates, split))
  }
  return true
}

const read = (
  tokens: ReadonlyArray<Token>,
  word: Word,
  ends: Row["ends"],
  values: Map<string, string>
): boolean | Unsure => {
  let at = 0
  for (const token of tokens) {
    if ("literal" in token) {
      for (const character of token.literal) if (word[at++] !== character) return false
      continue
    }
    const from = at
    while (at < word.length && !token.stop.includes(word[at] as string)) {
      const letter = word[at++]!
      if (typeof letter === "string") continue
      const character = token.stop.find((character) => !ends[letter]!.has(character))
      if (character !== undefined) return { name: letter, character }
    }
    const value = JSON.stringify(word.slice(from, at))
    if (at === from || (values.get(token.name) ?? value) !== value) return false
    values.set(token.name, value)
  }
  return at === word.length
}

/** The row with the name's first such character at each place where it may be, and nowhere. */
const splits = ({ ends, words }: Row, { character, name }: Unsure): ReadonlyArray<Row> => {
  const after = ends.length
  const without = new Set([...ends[name]!, character])
  const all: Row["ends"] = [...ends.with(name, without), ends[name]!]
  const ways: ReadonlyArray<Word> = [
    [name],
    [character],
    [name, character],
    [character, after],
    [name, character, after]
  ]
  return ways.map((by) => ({ ends: all, words: words.map((word) => replaced(word, name, by)) }))
}
