/**
 * A document: every row of its aggregate with its newest known state, removed ones as tombstones, and marks of rows
 * whose newest state was refused. `apply` takes each register and mark of a patch that is newer than what the document
 * has, so `apply(apply(d, p), q) = apply(d, combine(p, q))`. But a scan's word that a row is of no kind leaves nothing
 * where the document lacks the row, or a filled table would leave a tombstone for each row of other kinds. All that it
 * could beat are older scans and older streams, after which a verification is due anyway.
 */
import { codePoints } from "../decode/codePoints.ts"
import { linesOf, textOf, versionOf } from "../decode/RowEvent.ts"
import type * as Version from "../Version.ts"
import type { DocumentRef } from "../define/DocumentRef.ts"
import * as inspection from "../define/inspection.ts"
import * as Mark from "./Mark.ts"
import type { Change, Changes, Patch } from "./Patch.ts"
import * as Register from "./Register.ts"

export interface Row extends Register.Register {
  readonly rowKey: string
  /** For a tombstone, when the sink wrote it, in epoch milliseconds; `undefined` until then, and for live rows. */
  readonly removedAt: number | undefined
}

/** A mark, which is newer than the row's register. */
export interface Refused {
  readonly rowKey: string
  readonly version: Version.Version
  /** The time at which the sink wrote it, in epoch milliseconds; `undefined` until then. */
  readonly refusedAt: number | undefined
}

export interface Document extends DocumentRef {
  /** In the table's own order of sort keys. */
  readonly rows: ReadonlyArray<Row>
  /** In the order of rows. */
  readonly refused: ReadonlyArray<Refused>
  /**
   * The time at which the rows were read from which an unreadable document was made anew, in epoch milliseconds. The
   * document does not know which rows had been removed before. Absent for all others.
   */
  readonly anew?: number
}

/** Makes a document that shows itself with a line for each row. */
export const make: (document: Document) => Document = inspection.maker((document: Document) =>
  linesOf(document, [
    ...document.rows.map((row) => `${textOf(row)} @ ${versionOf(row)}${timeOf(row.removedAt)}`),
    ...document.refused.map((mark) => `${Mark.textOf(mark)}${timeOf(mark.refusedAt)}`)
  ])
)

const timeOf = (at: number | undefined): string => (at === undefined ? "" : `, written at ${at}`)

export const empty = ({ id, longKey, shape }: DocumentRef): Document =>
  make({ shape, id, longKey, rows: [], refused: [] })

/** The document with what is newer of the patch in it; the very same document when nothing is. */
export const apply = (document: Document, { marks = Mark.none, registers }: Changes): Document => {
  const rows = applyRegisters(document, registers)
  const refused = applyMarks(document.refused, marks, rows)
  return rows === document.rows && refused === document.refused ? document : make({ ...document, rows, refused })
}

const applyRegisters = (
  { refused, rows: known }: Pick<Document, "refused" | "rows">,
  registers: Changes["registers"]
): ReadonlyArray<Row> => {
  const added: Array<Row> = []
  let rows: Array<Row> | undefined
  for (const [rowKey, change] of registers) {
    const at = placeOf(known, rowKey)
    const row = known[at]
    if (row?.rowKey !== rowKey) {
      const isMarked = refused.some((mark) => mark.rowKey === rowKey)
      if (isMarked || !Register.isScannedAway(change)) added.push(toRow(rowKey, change))
    } else if (Register.compare(change, row) > 0) {
      rows ??= [...known]
      rows[at] = toRow(row.rowKey, change)
    }
  }
  return added.length === 0 ? (rows ?? known) : [...(rows ?? known), ...added].sort(byRowKey)
}

const applyMarks = (
  known: ReadonlyArray<Refused>,
  marks: Mark.Marks,
  rows: ReadonlyArray<Row>
): ReadonlyArray<Refused> => {
  if (known.length === 0 && marks.size === 0) return known
  const all = new Map(known.map((refused) => [refused.rowKey, refused]))
  for (const [rowKey, version] of marks) {
    if (Mark.stands(version, all.get(rowKey))) all.set(rowKey, { rowKey, version, refusedAt: undefined })
  }
  const left = [...all.values()].filter(({ rowKey, version }) => Mark.stands(version, rowOf(rows, rowKey)))
  const isSame = left.length === known.length && left.every((refused, i) => refused === known[i])
  return isSame ? known : left.sort(byRowKey)
}

const byRowKey = (a: { readonly rowKey: string }, b: { readonly rowKey: string }): number =>
  codePoints(a.rowKey, b.rowKey)

const rowOf = (rows: ReadonlyArray<Row>, rowKey: string): Row | undefined => {
  const row = rows[placeOf(rows, rowKey)]
  return row?.rowKey === rowKey ? row : undefined
}

/** Finds the place of a row among rows, or the place that it would have. */
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

/**
 * Tells whether readers see the document: its root is there, or, where no root is declared, any of its rows but those
 * that wait for an outer row.
 */
export const isLive = ({ rows, shape }: Pick<Document, "rows" | "shape">): boolean =>
  rows.some(
    ({ json, row }) => json !== undefined && (shape.root === undefined ? row.outer === undefined : row === shape.root)
  )

/** Gives tombstones and marks that have no time yet the time at which they are written. */
export const stamp = (document: Document, now: number): Document => {
  const { refused, rows } = document
  if (!rows.some(isUnstamped) && !refused.some(isUnstampedMark)) return document
  return make({
    ...document,
    rows: rows.map((row) => (isUnstamped(row) ? { ...row, removedAt: now } : row)),
    refused: refused.map((mark) => (isUnstampedMark(mark) ? { ...mark, refusedAt: now } : mark))
  })
}

const isUnstamped = (row: Row): boolean => row.json === undefined && row.removedAt === undefined

const isUnstampedMark = ({ refusedAt }: Refused): boolean => refusedAt === undefined

/**
 * Drops tombstones written before `before`, in epoch milliseconds, and the note of a document made anew before. A mark
 * stays while its row is as it is.
 */
export const prune = (document: Document, before: number): Document => {
  const { anew, ...rest } = document
  const kept = anew !== undefined && anew < before ? make(rest) : document
  return kept.rows.some((row) => isOld(row, before))
    ? make({ ...kept, rows: kept.rows.filter((row) => !isOld(row, before)) })
    : kept
}

const isOld = (row: Row, before: number): boolean => row.removedAt !== undefined && row.removedAt < before

/**
 * The row keys of a patch that can't be judged: their events are older than `before`, and the document knows nothing of
 * the row, perhaps because its tombstone was dropped. Applying them could bring a removed row back. A removal can't.
 */
export const unjudged = (document: Document, patch: Patch, before: number): ReadonlyArray<string> => {
  const known = new Set(document.rows.map(({ rowKey }) => rowKey))
  return [...patch.registers].flatMap(([rowKey, { changedAt, json }]) =>
    json !== undefined && changedAt !== undefined && changedAt < before && !known.has(rowKey) ? [rowKey] : []
  )
}

/** From when on a document made anew can judge events: they say when they were made by the second, rounded down. */
export const judgesFrom = ({ anew }: Document): number =>
  anew === undefined ? Number.NEGATIVE_INFINITY : Math.floor(anew / 1000) * 1000
