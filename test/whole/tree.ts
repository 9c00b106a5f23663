/**
 * JSON without loss: numbers by their digits, objects as maps, so that `__proto__` is a name like any other. What a
 * document is and what it must be are compared as such trees, written out with sorted names.
 */

/** A number, by its digits in plain decimals. */
export class Digits {
  readonly text: string
  constructor(text: string) {
    this.text = plain(text)
  }
}

export type Tree = null | boolean | string | Digits | ReadonlyArray<Tree> | ReadonlyMap<string, Tree>

/** One spelling for one number: no exponent, no zeros at either end. */
export const plain = (text: string): string => {
  const match = /^(-?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text)
  if (match === null) throw new Error(`${text} is no number`)
  const [, sign = "", whole = "", fraction = "", power = "0"] = match
  const shift = Number(power) - fraction.length
  let digits = BigInt(whole + fraction || "0")
  if (digits === 0n) return "0"
  let scale = shift
  while (digits % 10n === 0n) {
    digits /= 10n
    scale++
  }
  if (scale >= 0) return sign + digits.toString() + "0".repeat(scale)
  const padded = digits.toString().padStart(1 - scale, "0")
  return `${sign}${padded.slice(0, scale)}.${padded.slice(scale)}`
}

/** Reads JSON text as a tree; `exact` names the fields whose strings are numbers, however they are spelled. */
export const parse = (text: string, exact: ReadonlySet<string> = new Set()): Tree => {
  const revive = (name: string, value: unknown, context?: { readonly source?: string }): unknown => {
    if (typeof value === "number") return new Digits(context?.source ?? String(value))
    if (typeof value === "string" && exact.has(name)) return plain(value)
    if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Digits) return value
    return new Map(Object.entries(value))
  }
  return JSON.parse(text, revive) as Tree
}

/** The tree as text, names sorted, one place a line: easy to compare, and to see where two differ. */
export const show = (tree: Tree, indent = ""): string => {
  if (tree instanceof Digits) return tree.text
  const inner = `${indent}  `
  if (tree instanceof Map) {
    const fields = [...(tree as ReadonlyMap<string, Tree>)].sort(([a], [b]) => (a < b ? -1 : 1))
    const lines = fields.map(([name, value]) => `\n${inner}${JSON.stringify(name)}: ${show(value, inner)}`)
    return lines.length === 0 ? "{}" : `{${lines.join()}\n${indent}}`
  }
  if (!Array.isArray(tree)) return JSON.stringify(tree)
  return tree.length === 0 ? "[]" : `[${tree.map((item) => `\n${inner}${show(item, inner)}`).join()}\n${indent}]`
}
