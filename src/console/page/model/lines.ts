/** A JSON value as lines, each of which can be drawn by itself. Pure. */
import { printable } from "../../../printable.ts"
import { type Alteration, type Gone, type Mark, none } from "./alteration.ts"
import { isList, isObject, join, type Json } from "./json.ts"

export type Type = "string" | "number" | "boolean" | "null" | "bracket"

export interface Line {
  readonly path: string
  readonly depth: number
  /** The name before the colon, as it is shown; `undefined` in lists, at the top and before a closing bracket. */
  readonly name: string | undefined
  /** The value as it is shown: one line, at most `textMax` characters. */
  readonly text: string
  readonly type: Type
  readonly mark: Mark | "gone" | undefined
  /** Says how it can be folded: "open" begins lines that can be hidden, "folded" hides them. */
  readonly fold: "open" | "folded" | "close" | undefined
  readonly comma: boolean
}

/** The name of a line among all of its value, the same whether it is folded or not. */
export const keyOf = ({ fold, mark, path }: Line): string =>
  mark === "gone" ? `${path}${endings.gone}` : fold === "close" ? `${path}${endings.close}` : path

/** Endings of the names of lines that are not the first of their path. */
export const endings = { gone: "\u0000gone", close: "\u0000close", absent: "\u0000absent" } as const

/** The path of the line of a name. */
export const pathOf = (key: string): string => {
  const ending = Object.values(endings).find((one) => key.endsWith(one)) ?? ""
  return key.slice(0, key.length - ending.length)
}

/** Characters of a value that are shown in its line. */
export const textMax = 300

interface Options {
  readonly folded?: ReadonlySet<string>
  readonly alteration?: Alteration
}

/** The lines of a value, without those that are folded away, with what went from it in its old place. */
export const lines = (value: Json, { alteration = none, folded = new Set() }: Options = {}): ReadonlyArray<Line> => {
  const found: Array<Line> = []
  type Place = Pick<Line, "path" | "depth" | "name" | "mark" | "comma">

  const add = (place: Place, value: Json): void => {
    const bracketed = isList(value) || isObject(value)
    if (!bracketed) return void found.push({ ...place, ...leaf(value), fold: undefined })
    const [open, close] = isList(value) ? "[]" : "{}"
    const names = Object.keys(value)
    const lost = place.mark === "gone" ? undefined : alteration.gone.get(place.path)
    if (names.length === 0 && lost === undefined)
      return void found.push({ ...place, text: `${open}${close}`, type: "bracket", fold: undefined })
    if (folded.has(place.path)) {
      const text = `${open} ${names.length} ${close}`
      return void found.push({ ...place, text, type: "bracket", fold: "folded" })
    }
    found.push({ ...place, text: open!, type: "bracket", fold: "open", comma: false })
    inside(place, value, names, lost)
    found.push({ ...place, name: undefined, text: close!, type: "bracket", fold: "close" })
  }
  const inside = (place: Place, value: Json, names: ReadonlyArray<string>, lost: ReadonlyArray<Gone> = []) => {
    const depth = place.depth + 1
    const ghosts = (before: string) => {
      for (const one of lost.filter((one) => one.before === before)) {
        const name = one.name === undefined ? undefined : clear(one.name)
        add({ path: join(place.path, one.name ?? `-${before}`), depth, name, mark: "gone", comma: false }, one.value)
      }
    }
    for (const [i, name] of names.entries()) {
      ghosts(name)
      const path = join(place.path, name)
      // What is inside of something added was added too; what is inside of a change has marks of its own.
      const mark = place.mark === "changed" ? undefined : place.mark
      const shown = isList(value) ? undefined : clear(name)
      const inner = (value as { readonly [name: string]: Json })[name]!
      add({ path, depth, name: shown, mark: alteration.marks.get(path) ?? mark, comma: i < names.length - 1 }, inner)
    }
    ghosts(isList(value) ? String(names.length) : "")
  }
  add({ path: "", depth: 0, name: undefined, mark: alteration.marks.get(""), comma: false }, value)
  return found
}

const leaf = (value: null | boolean | number | string): { readonly text: string; readonly type: Type } => {
  if (value === null) return { text: "null", type: "null" }
  if (typeof value !== "string") return { text: String(value), type: typeof value as "number" | "boolean" }
  return { text: quoted(value, textMax), type: "string" }
}

/** A text of which nothing is unseen; most are of plain letters, which is told sooner. */
const clear = (text: string): string => (/^[ -~]*$/.test(text) ? text : printable(text))

/** A text as JSON has it, cut, of which nothing is unseen or turns the reading direction. */
export const quoted = (text: string, max: number): string =>
  text.length <= max
    ? clear(JSON.stringify(text))
    : `${clear(JSON.stringify(text.slice(0, max)))}… ${text.length.toLocaleString("en")} characters`

/** The paths of what is deep enough to begin folded in a document this large; none in one of a usual size. */
export const foldedAtFirst = (value: Json, linesMax = 4_000): ReadonlySet<string> => {
  if (!isObject(value)) return new Set()
  let count = 0
  const large = Object.entries(value).filter(([, inner]) => {
    const own = size(inner, linesMax)
    count += own
    return own > linesMax / 4
  })
  return new Set(count > linesMax ? large.map(([name]) => name) : [])
}

/** The number of values in a value, counted no further than a limit. */
const size = (value: Json, max: number): number => {
  if (!isList(value) && !isObject(value)) return 1
  let count = 1
  for (const inner of Object.values(value)) {
    count += size(inner, max - count)
    if (count >= max) break
  }
  return count
}
