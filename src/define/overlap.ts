/**
 * Finds whether one key fits the templates of two rows. Each row has several templates, of its partition key and its
 * sort key, and a name has one value in all templates of its row: a system of equations between words, one for each
 * attribute. It is solved by cutting off, again and again, what both sides of an equation can begin with.
 */
import type { Template } from "./Key.ts"
import { replaced, type Word, wordsOf } from "./words.ts"

type Equation = readonly [left: Word, right: Word]

interface System {
  /** The key that fits both, as far as it is known. */
  readonly key: ReadonlyArray<Word>
  readonly equations: ReadonlyArray<Equation>
  /** The characters that each name can't hold. */
  readonly ends: ReadonlyArray<ReadonlySet<string>>
}

/** Systems tried for two rows. Names that stand three times may make more: such rows count as overlapping. */
const systemsMax = 2000

/**
 * A key that fits both rows, or `undefined` where none does: `a` and `b` hold their templates, attribute by attribute.
 * The key is empty where it was not found within the limit.
 */
export const overlap = (a: ReadonlyArray<Template>, b: ReadonlyArray<Template>): ReadonlyArray<string> | undefined => {
  const ends: Array<Set<string>> = []
  const right = wordsOf(b, ends)
  const key = wordsOf(a, ends)
  const open: Array<System> = [{ key, equations: key.map((left, i): Equation => [left, right[i]!]), ends }]
  const seen = new Set<string>()
  for (;;) {
    const system = open.pop()
    if (system === undefined) return undefined
    const left = simplify(system)
    if (left === undefined) continue
    if (left.equations.length === 0) return exampleOf(left)
    if (seen.size === systemsMax) return []
    const text = JSON.stringify([left.equations, left.ends.map((characters) => [...characters].sort())])
    if (!seen.has(text)) open.push(...stepsOf(left))
    seen.add(text)
  }
}

/** A key in which each name that is left stands for one character, each for another as far as there are some. */
const exampleOf = ({ ends, key }: System): ReadonlyArray<string> => {
  const values = new Map<number, string>()
  const valueOf = (name: number): string => {
    const known = values.get(name)
    if (known !== undefined) return known
    const free = [...characters].filter((character) => !ends[name]!.has(character))
    const value = free.find((character) => ![...values.values()].includes(character)) ?? free[0] ?? "\u{1f375}"
    values.set(name, value)
    return value
  }
  return key.map((word) => word.map((letter) => (typeof letter === "number" ? valueOf(letter) : letter)).join(""))
}

const characters = "abcdefghijklmnopqrstuvwxyz0123456789"

/** Cuts off what is the same on both sides; `undefined` where an equation can't hold. */
const simplify = ({ ends, equations, key }: System): System | undefined => {
  const left: Array<Equation> = []
  for (const equation of equations) {
    const [a, b] = trim(equation)
    if (a.length === 0 && b.length === 0) continue
    if (!mayBeEqual(a, b)) return undefined
    left.push([a, b])
  }
  return { key, equations: left, ends }
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
const join = ({ ends, ...system }: System, outer: number, inner: number): System => ({
  ...system,
  ends: ends.with(inner, new Set([...ends[inner]!, ...ends[outer]!]))
})

const replace = ({ ends, equations, key }: System, name: number, by: Word): System => {
  const put = (word: Word) => replaced(word, name, by)
  return { key: key.map(put), ends, equations: equations.map(([a, b]) => [put(a), put(b)]) }
}
