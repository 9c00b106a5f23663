/**
 * Key templates: `"ITEM#{n}"` says which key texts a kind of row has, and names the values inside them.
 *
 * A name before more text takes one or more characters up to the first character of that text. A name at the end takes
 * the rest, up to the characters with which other templates go on after the same text (`stopsAmong`). So a template
 * reads a key in at most one way, and `format` and `parse` undo each other. A name that stands in several templates of
 * one row has one value in all of them, or the row does not fit.
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
  /** Each name once. */
  readonly names: ReadonlyArray<string>
  /** The values by name, or `undefined` where the text does not fit. */
  readonly parse: (text: string) => Values | undefined
  readonly format: (values: Values) => string
}

/** Values of the names of templates in a key. */
export interface Values {
  readonly [name: string]: string
}

/** The values of two templates of one key; `undefined` where a name that stands in both has two values. */
export const combine = (a: Values, b: Values): Values | undefined => {
  for (const name in b) if (Object.hasOwn(a, name) && a[name] !== b[name]) return undefined
  return { ...a, ...b }
}

/**
 * Compiles a template. `stop` holds the characters that a name at the very end must not contain (none by default).
 * Call `problems` first: a malformed template compiles to something that matches nothing useful.
 */
export const make = (text: string, stop: ReadonlyArray<string> = []): Template => compile(text, tokenize(text, stop))

/** A template that goes on after another, whose name at the end stops as it does there. A name may stand in both. */
export const append = (before: Template, text: string): Template =>
  compile(before.text + text, [...before.tokens, ...tokenize(text, [])])

/** The same template, its name at the end stopping at some more characters. */
export const stopAt = (template: Template, stop: ReadonlyArray<string>): Template => {
  const last = template.tokens.at(-1)
  if (last === undefined || !("name" in last)) return template
  const all = [...new Set([...last.stop, ...stop])].sort()
  if (all.length === last.stop.length) return template
  return compile(template.text, [...template.tokens.slice(0, -1), { name: last.name, stop: all }])
}

/** The characters at which a name at the end stops: those with which other templates go on after the same text. */
export const stopsAmong = (text: string, others: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (!text.endsWith("}")) return []
  const own = nameless(text)
  const rests = others.map(nameless).filter((other) => other.length > own.length && other.startsWith(own))
  return [...new Set(rests.flatMap((other) => Array.from(other.slice(own.length)).slice(0, 1)))].sort()
}

/** Names of one place are one, whatever they are called. */
const nameless = (text: string): string => text.replaceAll(/\{[^{}]*\}/g, "{}")

const compile = (text: string, tokens: ReadonlyArray<Token>): Template => {
  const places = tokens.flatMap((token) => ("name" in token ? [token.name] : []))
  const names = [...new Set(places)]
  const first = tokens[0]
  const prefix = first !== undefined && "literal" in first ? first.literal : ""
  const pattern = new RegExp(`^${tokens.map(toPattern).join("")}$`, "su")
  const run = (key: string) => (key.startsWith(prefix) ? pattern.exec(key) : null)
  const parse = (key: string) => {
    const match = run(key)
    if (match === null) return undefined
    const values = Object.fromEntries(places.map((name, i) => [name, match[i + 1]!]))
    if (places.length === names.length) return values
    return places.every((name, i) => values[name] === match[i + 1]) ? values : undefined
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

/** Lists what is wrong with a template's text, as sentences; empty when nothing is. */
export const problems = (text: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  if (/[{}]/.test(text.replaceAll(/\{[^{}]*\}/g, ""))) found.push(`key template "${text}" has a brace without its pair`)
  const names = [...text.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1]!)
  if (names.some((name) => name.trim() === "")) found.push(`key template "${text}" has a name without letters`)
  if (new Set(names).size < names.length) found.push(`key template "${text}" uses one name twice`)
  if (/\}\{/.test(text)) found.push(`key template "${text}" has two names with nothing between them`)
  return found
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
