/** The rows of the table in its order, and the lines that show them by partition. Pure. */
import { codePoints } from "../../../decode/codePoints.ts"
import type { Row } from "../../messages.ts"
import { isObject } from "./json.ts"

export type TableLine =
  | { readonly kind: "partition"; readonly partition: string; readonly rows: number; readonly row: Row }
  | { readonly kind: "row"; readonly row: Row }

/** The order of two key texts: numbers by value, texts as DynamoDB's bytes of UTF-8. */
const compareKeys = (a: string, b: string, isNumber: boolean): number => {
  if (a === b) return 0
  const [x, y] = isNumber ? [Number(a), Number(b)] : [0, 0]
  if (x !== y) return x < y ? -1 : 1
  return codePoints(a, b)
}

const isNumberKey = ({ keys }: Row, name: string | null): boolean => {
  const key = name === null ? undefined : keys[name]
  return isObject(key) && Object.hasOwn(key, "N")
}

export interface KeyNames {
  readonly partitionKey: string
  readonly sortKey: string | null
}

export const compareRows =
  ({ partitionKey, sortKey }: KeyNames) =>
  (a: Row, b: Row): number =>
    compareKeys(a.partition, b.partition, isNumberKey(a, partitionKey)) ||
    compareKeys(a.sort, b.sort, isNumberKey(a, sortKey))

/** Rows in order, with some put in (or in the place of their namesakes) and some taken out. */
export const merged = (
  rows: ReadonlyArray<Row>,
  changed: ReadonlyArray<Row>,
  removed: ReadonlyArray<string>,
  names: KeyNames
): ReadonlyArray<Row> => {
  const compare = compareRows(names)
  const news = new Map(changed.map((row) => [row.row, row]))
  const without = new Set(removed)
  const kept: Array<Row> = []
  for (const row of rows) {
    if (without.has(row.row)) continue
    const next = news.get(row.row)
    kept.push(next ?? row)
    if (next !== undefined) news.delete(row.row)
  }
  const added = [...news.values()].filter(({ row }) => !without.has(row)).sort(compare)
  if (added.length === 0) return kept
  return merge(kept, added, compare)
}

const merge = (a: ReadonlyArray<Row>, b: ReadonlyArray<Row>, compare: (a: Row, b: Row) => number): Array<Row> => {
  const all: Array<Row> = []
  let i = 0
  for (const row of b) {
    while (i < a.length && compare(a[i]!, row) <= 0) all.push(a[i++]!)
    all.push(row)
  }
  while (i < a.length) all.push(a[i++]!)
  return all
}

/** A line for each partition and for each of its rows, of the rows whose keys have a text in them. */
export const tableLines = (rows: ReadonlyArray<Row>, filter: string): ReadonlyArray<TableLine> => {
  const wanted = filter.trim().toLowerCase()
  const found: Array<TableLine> = []
  let from = 0
  const shown =
    wanted === "" ? rows : rows.filter((row) => `${row.partition} ${row.sort}`.toLowerCase().includes(wanted))
  while (from < shown.length) {
    const first = shown[from]!
    let to = from + 1
    while (shown[to]?.partition === first.partition) to++
    found.push({ kind: "partition", partition: first.partition, rows: to - from, row: first })
    for (let i = from; i < to; i++) found.push({ kind: "row", row: shown[i]! })
    from = to
  }
  return found
}

/** A row's key as `tablefold explain` writes it: `ORDER#1 / ITEM#2`. */
export const nameOf = ({ partition, sort }: Pick<Row, "partition" | "sort">): string =>
  sort === "" ? partition : `${partition} / ${sort}`
