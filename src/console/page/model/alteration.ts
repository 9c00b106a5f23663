/** The difference of two documents, as marks on the paths of the later one. Pure. */
import { isList, isObject, join, type Json, same } from "./json.ts"

export type Mark = "added" | "changed"

export interface Alteration {
  /** Marks by path. An added part is marked at its top alone. */
  readonly marks: ReadonlyMap<string, Mark>
  /** Values that went, under the path of what is around them. */
  readonly gone: ReadonlyMap<string, ReadonlyArray<Gone>>
}

export interface Gone {
  /** The name it had; `undefined` for a list's element. */
  readonly name: string | undefined
  /** Its place: that of the name or index before which it stood. */
  readonly before: string
  readonly value: Json
}

export const none: Alteration = { marks: new Map(), gone: new Map() }

/** Tells what became of each part from one document to the next. A list's elements are told apart by their values. */
export const between = (from: Json, to: Json): Alteration => {
  const marks = new Map<string, Mark>()
  const gone = new Map<string, Array<Gone>>()
  const lose = (path: string, one: Gone) => gone.set(path, [...(gone.get(path) ?? []), one])

  const compare = (path: string, a: Json, b: Json): void => {
    if (isObject(a) && isObject(b)) return compareNames(path, a, b)
    if (isList(a) && isList(b)) return compareLists(path, a, b)
    if (!same(a, b)) marks.set(path, "changed")
  }
  const compareNames = (path: string, a: Record<string, Json>, b: Record<string, Json>) => {
    for (const [name, value] of Object.entries(b)) {
      if (Object.hasOwn(a, name)) compare(join(path, name), a[name]!, value)
      else marks.set(join(path, name), "added")
    }
    const names = Object.keys(a)
    for (const [i, name] of names.entries()) {
      if (Object.hasOwn(b, name)) continue
      const before = names.slice(i + 1).find((next) => Object.hasOwn(b, next)) ?? ""
      lose(path, { name, before, value: a[name]! })
    }
  }
  const compareLists = (path: string, a: ReadonlyArray<Json>, b: ReadonlyArray<Json>) => {
    let [start, end] = [0, 0]
    const least = Math.min(a.length, b.length)
    while (start < least && same(a[start], b[start])) start++
    while (end < least - start && same(a[a.length - 1 - end], b[b.length - 1 - end])) end++
    const [olds, news] = [a.slice(start, a.length - end), b.slice(start, b.length - end)]
    for (const [i, value] of news.entries()) {
      const [old, own] = [olds[i], join(path, start + i)]
      if (old === undefined) marks.set(own, "added")
      else compare(own, old, value)
    }
    for (const value of olds.slice(news.length)) lose(path, { name: undefined, before: String(b.length - end), value })
  }
  compare("", from, to)
  return { marks, gone }
}

/** Marks for paths of which only that is known: something there altered. */
export const at = (paths: ReadonlyArray<string>): Alteration => ({
  marks: new Map(paths.map((path) => [path, "changed"])),
  gone: new Map()
})
