/**
 * Finds whether one key fits the templates of two rows. Each row has several templates, of its partition key and its
 * sort key, and a name has one value in all templates of its row: a system of equations between words, one for each
 * attribute. It is solved by cutting off, again and again, what both sides of an equation can begin with.
 */
import type { Template } from "./Key.ts"

/** A character, or a name by its number: one or more characters, none of which ends it. */
type Letter = string | number
type Word = ReadonlyArray<Letter>
type Equation = readonly [left: Word, right: Word]

interface System {
  readonly equations: ReadonlyArray<Equation>
  /** The characters that each name can't hold. */
  readonly ends: ReadonlyArray<ReadonlySet<string>>
}

/** Systems tried for two rows. Names that stand three times may make more: such rows count as overlapping. */
const systemsMax = 2000

/** Tells whether some key fits both rows: `a` and `b` hold their templates, attribute by attribute. */
export const overlap = (a: ReadonlyArray<Template>, b: ReadonlyArray<Template>): boolean => {
  const ends: Array<Set<string>> = []
  const right = wordsOf(b, ends)
  const equations = wordsOf(a, ends).map((left, i): Equation => [left, right[i]!])
  const open: Array<System> = [{ equations, ends }]
  const seen = new Set<string>()
  for (;;) {
    const system = open.pop()
    if (system === undefined) return false
    const left = simplify(system)
    if (left === undefined) continue
    if (left.equations.length === 0 || seen.size === systemsMax) return true
    const text = JSON.stringify([left.equations, left.ends.map((characters) => [...characters].sort())])
    if (!seen.has(text)) open.push(...stepsOf(left))
    seen.add(text)
  }
}

/** One row's templates as words; a name has one number in all of them. */
const wordsOf = (templates: ReadonlyArray<Template>, ends: Array<Set<string>>): ReadonlyArray<Word> => {
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

/** Cuts off what is the same on both sides; `undefined` where an equation can't hold. */
const simplify = ({ ends, equations }: System): System | undefined => {
  const left: Array<Equation> = []
  for (const equation of equations) {
    const [a, b] = trim(equation)
    if (a.length === 0 && b.length === 0) continue
    if (!mayBeEqual(a, b)) return undefined
    left.push([a, b])
  }
  return { equations: left, ends }
}

const trim = ([a, b]: Equation): Equation => {
  const length = Math.min(a.length, b.length)
  let begin = 0
  while (begin < length && a[begin] === b[begin]) begin++
  let end = 0
  while (end < length - begin && a.at(-1 - end) === b.at(-1 - end)) end++
  return [a.slice(begin, a.length - end), b.slice(begin, b.length - end)]
}

/** Tells whether words that differ at both ends may be equal by their ends and their lengths. */
const mayBeEqual = (a: Word, b: Word): boolean => {
  if (a.length === 0 || b.length === 0) return false
  if (typeof a[0] === "string" && typeof b[0] === "string") return false
  if (typeof a.at(-1) === "string" && typeof b.at(-1) === "string") return false
  const surplus = new Map<number, number>()
  const count = (word: Word, by: number) => {
    for (const letter of word) if (typeof letter === "number") surplus.set(letter, (surplus.get(letter) ?? 0) + by)
  }
  count(a, 1)
  count(b, -1)
  const counts = [...surplus.values()]
  const shortest = a.length - b.length
  return (shortest <= 0 || counts.some((n) => n < 0)) && (shortest >= 0 || counts.some((n) => n > 0))
}

/** Tries what the first letters of the first equation may stand for: a system for each way. */
const stepsOf = (system: System): ReadonlyArray<System> => {
  const [a, b] = system.equations[0]!
  const [left, right] = [a[0]!, b[0]!]
  if (typeof left === "number" && typeof right === "number") {
    const one = join(system, left, right)
    const other = join(system, right, left)
    return [replace(other, right, [left, right]), replace(one, left, [right, left]), replace(one, left, [right])]
  }
  const [name, character] = typeof left === "number" ? [left, right as string] : [right as number, left as string]
  if (system.ends[name]!.has(character)) return []
  return [replace(system, name, [character, name]), replace(system, name, [character])]
}

/** The system in which a name's value is part of another's, so that what ends the other ends it too. */
const join = ({ ends, equations }: System, outer: number, inner: number): System => ({
  equations,
  ends: ends.with(inner, new Set([...ends[inner]!, ...ends[outer]!]))
})

const replace = ({ ends, equations }: System, name: number, by: Word): System => {
  const replaced = (word: Word) => word.flatMap((letter) => (letter === name ? by : [letter]))
  return { ends, equations: equations.map(([a, b]) => [replaced(a), replaced(b)]) }
}
