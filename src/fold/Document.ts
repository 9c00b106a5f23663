/**
 * A document: every row of its aggregate with its newest known state, removed ones as tombstones. `apply` takes each
 * register of a patch that is newer than what the document has, so `apply(apply(d, p), q) = apply(d, combine(p, q))`.
 */
import { codePoints } from "../decode/codePoints.ts"
import type { Shape } from "../define/Shape.ts"
import type { Change, Patch } from "./Patch.ts"
import * as Register from "./Register.ts"

export interface Row extends Register.Register {
  readonly rowKey: string
  /** For a tombstone, when the sink wrote it, in epoch milliseconds; `undefined` until then, and for live rows. */
  readonly removedAt: number | undefined
}

export interface Document {
  readonly shape: Shape
  readonly id: string
  readonly longKey: string | undefined
  /** In the table's own order of sort keys. */
  readonly rows: ReadonlyArray<Row>
}

export const empty = ({ id, longKey, shape }: Omit<Document, "rows">): Document => ({ shape, id, longKey, rows: [] })

/** The document with the patch's newer registers in it; the very same document when there are none. */
export const apply = (document: Document, patch: Patch): Document => {
  const added: Array<Row> = []
  let rows: Array<Row> | undefined
  for (const [rowKey, change] of patch.registers) {
    const at = placeOf(document.rows, rowKey)
    const known = document.rows[at]
    if (known?.rowKey !== rowKey) added.push(toRow(rowKey, change))
    else if (Register.compare(change, known) > 0) {
      rows ??= [...document.rows]
      rows[at] = toRow(known.rowKey, change)
    }
  }
  if (rows === undefined && added.length === 0) return document
  if (added.length === 0) return { ...document, rows: rows! }
  return { ...document, rows: [...(rows ?? document.rows), ...added].sort((a, b) => codePoints(a.rowKey, b.rowKey)) }
}

/** Where a row stands among rows, or would stand. */
const placeOf = (rows: ReadonlyArray<Row>, rowKey: string): number => {
  let from = 0
  let to = rows.length
  while (from < to) {
    const middle = (from + to) >> 1
    if (codePoints(rows[middle]!.rowKey, rowKey) < 0) from = middle + 1
    else to = middle
  }
  return from
}

const toRow = (rowKey: string, { json, row, version }: Change): Row => ({
  rowKey,
  row,
  version,
  json,
  removedAt: undefined
})

/** Whether readers see the document: its root is there, or, where no root is declared, any of its rows. */
export const isLive = ({ rows, shape }: Document): boolean =>
  rows.some(({ json, row }) => json !== undefined && (shape.root === undefined || row === shape.root))

/** Gives tombstones that have no time yet the time at which they are written. */
export const stamp = (document: Document, now: number): Document =>
  document.rows.some(isUnstamped)
    ? { ...document, rows: document.rows.map((row) => (isUnstamped(row) ? { ...row, removedAt: now } : row)) }
    : document

const isUnstamped = (row: Row): boolean => row.json === undefined && row.removedAt === undefined

/** Drops tombstones written before `before`, in epoch milliseconds. */
export const prune = (document: Document, before: number): Document =>
  document.rows.some((row) => isOld(row, before))
    ? { ...document, rows: document.rows.filter((row) => !isOld(row, before)) }
    : document

const isOld = (row: Row, before: number): boolean => row.removedAt !== undefined && row.removedAt < before

/**
 * The row keys of a patch that can't be judged: their events are older than `before`, and the document knows nothing of
 * the row, perhaps because its tombstone was dropped. Applying them could bring a removed row back.
 */
export const unjudged = (document: Document, patch: Patch, before: number): ReadonlyArray<string> => {
  const known = new Set(document.rows.map(({ rowKey }) => rowKey))
  return [...patch.registers].flatMap(([rowKey, { changedAt }]) =>
    changedAt !== undefined && changedAt < before && !known.has(rowKey) ? [rowKey] : []
  )
}
