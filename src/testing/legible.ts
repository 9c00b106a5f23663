/**
 * Deliveries in few lines, for a law that fails on them: what happened to the rows, in which order it was delivered,
 * and in which fields the documents differ. Eight lines at most, because Vitest prints the input of a failed law twice.
 */
import * as inspection from "../define/inspection.ts"
import type { RowEvent } from "../decode/RowEvent.ts"
import { placeOf, textOf } from "../decode/RowEvent.ts"
import * as Document from "../fold/Document.ts"
import * as Patch from "../fold/Patch.ts"
import * as source from "../fold/source.ts"

interface History {
  readonly inOrder: ReadonlyArray<RowEvent>
  readonly delivered: ReadonlyArray<RowEvent>
  readonly lanes?: ReadonlyArray<ReadonlyArray<ReadonlyArray<RowEvent>>>
}

/** Lets a history show its events numbered in order, their delivery by these numbers, and the documents' diff. */
export const legible = inspection.maker((history: History) => textOfHistory(history))

const textOfHistory = ({ delivered, inOrder, lanes }: History): string => {
  if (inOrder.length === 0) return "nothing happened"
  const places = new Set(inOrder.map(placeOf))
  const inPlace = (event: RowEvent) => (places.size === 1 ? textOf(event) : `${placeOf(event)}: ${textOf(event)}`)
  const numbers = new Map(inOrder.map((event, i) => [event, String(i + 1)]))
  const list = (events: ReadonlyArray<RowEvent>) => events.map((event) => numbers.get(event) ?? String(event)).join(" ")
  const way = lanes?.map((batches) => batches.map(list).join(" | ")).join(" beside ") ?? list(delivered)
  const happened = inOrder.map((event, i) => `${i + 1} ${inPlace(event)}`)
  const [first, ...more] = wrap(happened)
  return [
    `${places.size === 1 ? `${[...places][0]}: ` : ""}${first}`,
    ...fewest(more, eventLinesMax - 1),
    ...difference(documents(inOrder), documents(delivered), cut(`delivered as ${way}`))
  ].join("\n  ")
}

const eventLinesMax = 6
const lineLengthMax = 150
const cut = (text: string, lengthMax = 400): string => (text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text)

const wrap = (items: ReadonlyArray<string>): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const item of items.map((item) => cut(item))) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + item.length < lineLengthMax) lines.push(`${lines.pop()}; ${item}`)
    else lines.push(item)
  }
  return lines
}

const fewest = (lines: ReadonlyArray<string>, max: number): ReadonlyArray<string> =>
  lines.length <= max ? lines : [...lines.slice(0, max - 1), `… and ${lines.length - max + 1} more lines of events`]

/** The fields that readers see of each document; none of one that they do not see. */
const documents = (events: ReadonlyArray<RowEvent>): ReadonlyMap<string, unknown> =>
  new Map(
    Patch.fromEvents(events).map((patch) => {
      const text = source.visible(Document.apply(Document.empty(patch), patch))?.text
      return [placeOf(patch), text === undefined ? undefined : JSON.parse(text)]
    })
  )

/** Two lines of the first document that differs, or one of a document that does not. */
const difference = (
  inOrder: ReadonlyMap<string, unknown>,
  delivered: ReadonlyMap<string, unknown>,
  way: string
): ReadonlyArray<string> => {
  const all = [...inOrder.keys()]
  const found = all.filter((place) => !isSame(inOrder.get(place), delivered.get(place)))
  const [place = all[0]!] = found
  const name = all.length === 1 ? "" : ` ${place}`
  if (found.length === 0) return [`${way}: makes the same, ${cut(shown(inOrder.get(place)))}`]
  const fields = differing("", inOrder.get(place), delivered.get(place))
  const side = (of: 1 | 2) =>
    fields.flatMap((field) => (field[of] === undefined ? [] : `${field[0]}${JSON.stringify(field[of])}`)).join(", ")
  return [`- in order${name}: ${cut(side(1) || "none")}`, `+ ${way}${name}: ${cut(side(2) || "none")}`]
}

const shown = (document: unknown): string => (document === undefined ? "no document" : JSON.stringify(document))

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

const isTree = (value: unknown): value is object => typeof value === "object" && value !== null

/** The smallest fields that differ, each with its path and both values. */
const differing = (
  path: string,
  a: unknown,
  b: unknown
): ReadonlyArray<readonly [path: string, a: unknown, b: unknown]> => {
  if (isSame(a, b)) return []
  if (!isTree(a) || !isTree(b) || Array.isArray(a) !== Array.isArray(b)) return [[path === "" ? "" : `${path}: `, a, b]]
  const values = (tree: object) => new Map<string, unknown>(Object.entries(tree))
  const [left, right] = [values(a), values(b)]
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((key) =>
    differing(
      Array.isArray(a) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`,
      left.get(key),
      right.get(key)
    )
  )
}
