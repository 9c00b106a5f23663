/**
 * Key templates: `"ITEM#{n}"` says which key texts a kind of row has, and names the values inside them.
 *
 * A name before more text takes one or more characters up to the first character of that text; a name at the end
 * takes the rest. So a template reads a key in at most one way, and `format` and `parse` undo each other.
 */

/** The names in braces of a template, as a type: `Names<"ITEM#{n}">` is `"n"`. */
export type Names<T extends string> = T extends `${string}{${infer N}}${infer Rest}` ? N | Names<Rest> : never

/** An aggregate's key: a template of the partition key, or that with a prefix of the sort key. */
export type Key = string | readonly [partition: string, sortPrefix: string]

/** The names of an aggregate's key. */
export type KeyNames<K> = K extends string
  ? Names<K>
  : K extends readonly [infer P extends string, infer S extends string]
    ? Names<P> | Names<S>
    : never

export type Token = { readonly literal: string } | { readonly name: string; readonly stop: ReadonlyArray<string> }

export interface Template {
  readonly text: string
  readonly tokens: ReadonlyArray<Token>
  readonly names: ReadonlyArray<string>
  /** The values by name, or `undefined` where the text does not fit. */
  readonly parse: (text: string) => { readonly [name: string]: string } | undefined
  readonly format: (values: { readonly [name: string]: string }) => string
}

/**
 * Compiles a template. `stop` holds the characters that a name at the very end must not contain (none by default).
 * Call `problems` first: a malformed template compiles to something that matches nothing useful.
 */
export const make = (text: string, stop: ReadonlyArray<string> = []): Template => compile(text, tokenize(text, stop))

/** A template that goes on after a prefix, at whose end a name stops as it does in the prefix alone. */
export const append = (prefix: string, stop: ReadonlyArray<string>, text: string): Template =>
  compile(prefix + text, [...tokenize(prefix, stop), ...tokenize(text, [])])

const compile = (text: string, tokens: ReadonlyArray<Token>): Template => {
  const names = tokens.flatMap((token) => ("name" in token ? [token.name] : []))
  const first = tokens[0]
  const prefix = first !== undefined && "literal" in first ? first.literal : ""
  const pattern = new RegExp(`^${tokens.map(toPattern).join("")}$`, "su")
  const run = (key: string) => (key.startsWith(prefix) ? pattern.exec(key) : null)
  const parse = (key: string) => {
    const match = run(key)
    return match === null ? undefined : Object.fromEntries(names.map((name, i) => [name, match[i + 1]!]))
  }
  return {
    text,
    tokens,
    names,
    parse: names.length === 0 ? literal(text) : isPrefixAndName(tokens) ? prefixAndName(prefix, names[0]!) : parse,
    format: (values) => tokens.map((token) => ("name" in token ? (values[token.name] ?? "") : token.literal)).join("")
  }
}

const isPrefixAndName = (tokens: ReadonlyArray<Token>): boolean =>
  tokens.length > 0 &&
  tokens.length <= 2 &&
  tokens.findIndex((token) => "name" in token && token.stop.length === 0) === tokens.length - 1

/** The most common template by far, `"ORDER#{orderId}"`, reads a key without its regular expression. */
const prefixAndName = (prefix: string, name: string) => (key: string) =>
  key.startsWith(prefix) && key.length > prefix.length ? { [name]: key.slice(prefix.length) } : undefined

const literal = (text: string) => (key: string) => (key === text ? {} : undefined)

/** What is wrong with a template's text, as sentences; empty when nothing is. */
export const problems = (text: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  if (/[{}]/.test(text.replaceAll(/\{[^{}]*\}/g, ""))) found.push(`key template "${text}" has a brace without its pair`)
  const names = [...text.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1]!)
  if (names.some((name) => name.trim() === "")) found.push(`key template "${text}" has a name without letters`)
  if (new Set(names).size < names.length) found.push(`key template "${text}" uses one name twice`)
  if (/\}\{/.test(text)) found.push(`key template "${text}" has two names with nothing between them`)
  return found
}

/** Whether some key text fits both templates. */
export const overlap = (a: Template, b: Template): boolean => {
  const left = characters(a)
  const right = characters(b)
  const seen = new Set<number>()
  const walk = (i: number, j: number): boolean => {
    const at = i * (right.length + 1) + j
    if (seen.has(at)) return false
    seen.add(at)
    if (i === left.length || j === right.length) return i === left.length && j === right.length
    const l = left[i]!
    const r = right[j]!
    if (!meet(l, r)) return false
    return walk(i + 1, j + 1) || (l.repeats && walk(i, j + 1)) || (r.repeats && walk(i + 1, j))
  }
  return walk(0, 0)
}

interface Character {
  readonly repeats: boolean
  readonly only?: string
  readonly not?: ReadonlyArray<string>
}

const characters = (template: Template): ReadonlyArray<Character> =>
  template.tokens.flatMap((token): ReadonlyArray<Character> =>
    "name" in token
      ? [{ repeats: true, not: token.stop }]
      : Array.from(token.literal, (only) => ({ repeats: false, only }))
  )

const meet = (a: Character, b: Character): boolean => {
  if (a.only !== undefined && b.only !== undefined) return a.only === b.only
  if (a.only !== undefined) return !(b.not ?? []).includes(a.only)
  return b.only === undefined || !(a.not ?? []).includes(b.only)
}

const tokenize = (text: string, stop: ReadonlyArray<string>): ReadonlyArray<Token> => {
  const pieces = text.split(/\{([^{}]*)\}/)
  return pieces.flatMap((piece, i): ReadonlyArray<Token> => {
    if (i % 2 === 0) return piece === "" ? [] : [{ literal: piece }]
    const next = pieces[i + 1] ?? ""
    return [{ name: piece, stop: next === "" ? stop : [Array.from(next)[0]!] }]
  })
}

const toPattern = (token: Token): string =>
  "literal" in token
    ? escape(token.literal)
    : token.stop.length === 0
      ? "([^]+)"
      : `([^${token.stop.map(escapeInClass).join("")}]+)`

const escape = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)

const escapeInClass = (text: string): string => text.replaceAll(/[\\^\]\-[]/g, String.raw`\$&`)
