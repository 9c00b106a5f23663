/**
 * A patch on its way into one document. It is tried whole; where that is refused it is split until the refused rows
 * stand alone, so that a bad row keeps none of its neighbours out: first what removes rows or changes those that are
 * there, then additions, so that a limit of the document refuses only rows that would exceed it. Refused rows leave
 * marks. Pure; every sink drives it the same way.
 */
import { codePoints } from "../decode/codePoints.ts"
import type { NotComputed } from "../fold/derive.ts"
import type { Document } from "../fold/Document.ts"
import * as Mark from "../fold/Mark.ts"
import * as Patch from "../fold/Patch.ts"
import type { Rendered } from "../fold/source.ts"
import { isOneObject } from "./isOneObject.ts"
import type { Outcome, Refusal } from "./Outcome.ts"
import type { Step } from "./step.ts"

export interface Attempt {
  readonly patch: Patch.Patch
  /** The pieces that are still to be written, the next one first. */
  readonly pieces: ReadonlyArray<Patch.Changes>
  /** To be written when all pieces are. */
  readonly marks: Mark.Marks
  readonly refusals: ReadonlyArray<Refusal>
  /** The number of refusals, from the first on, that are known to be of their rows and not of the document as it is. */
  readonly proven: number
  /** Tells whether the document was written, so that it is not refused whatever is done with it. */
  readonly hasWritten: boolean
  /** Derived fields that the document goes without, as it was written last. */
  readonly notComputed: NotComputed | undefined
}

/** The reason why a write of the piece is refused. */
export interface Refused {
  readonly reason: string
  readonly serverType?: string | undefined
  /** Tells whether the document would have too many nested objects. */
  readonly isLimit: boolean
}

export const start = (patch: Patch.Patch): Attempt => ({
  patch,
  pieces: Patch.isEmpty(patch) && patch.replaces === undefined ? [] : [patch],
  marks: Mark.none,
  refusals: [],
  proven: 0,
  hasWritten: false,
  notComputed: undefined
})

/** The piece to be tried next, as a patch. */
export const next = ({ patch, pieces: [piece = Patch.empty] }: Attempt): Patch.Patch => {
  if (piece === patch) return patch
  const { marks, registers } = piece
  return { shape: patch.shape, id: patch.id, longKey: patch.longKey, registers, marks }
}

/** The piece is in the document as it was written now. */
export const written = (attempt: Attempt, { notComputed }: Pick<Rendered, "notComputed">): Attempt => ({
  ...unchanged(attempt),
  hasWritten: true,
  notComputed
})

/** The document had the piece before. */
export const unchanged = (attempt: Attempt): Attempt =>
  goOn({ ...attempt, proven: attempt.refusals.length }, attempt.pieces.slice(1))

/** The write of the piece into what is stored is refused: it is split, or, where it is one row, that row is refused. */
export const refused = (attempt: Attempt, refused: Refused, stored: Document | undefined): Attempt => {
  const [piece = Patch.empty, ...rest] = attempt.pieces
  const [first] = piece.registers
  if (first === undefined) return marksRefused(attempt, refused, stored)
  const waiting = { ...attempt, marks: Mark.combine(attempt.marks, piece.marks ?? Mark.none) }
  if (piece.registers.size > 1) return { ...waiting, pieces: [...split(piece.registers, stored), ...rest] }
  const rows = refused.isLimit ? [first, ...excess(first, rest, stored)] : [first]
  return without(
    waiting,
    rest,
    rows.map(([rowKey]) => rowKey),
    refused,
    stored
  )
}

/** These rows of the piece are refused; what is left of it is still to be tried. */
export const refusedRows = (attempt: Attempt, rowKeys: ReadonlyArray<string>, reason: string): Attempt =>
  without(attempt, attempt.pieces, rowKeys, { reason, isLimit: false }, undefined)

/** The attempt after a step that a sink did not have to ask a server for, or whose write was accepted. */
export const after = (attempt: Attempt, step: Step): Attempt => {
  if (step._tag === "Write") return written(attempt, step)
  return step._tag === "Unchanged" ? unchanged(attempt) : refusedRows(attempt, step.rows, step.reason)
}

/** The outcome of the patch; `undefined` while something of it is still to be tried. */
export const outcome = ({ hasWritten, notComputed, pieces, refusals }: Attempt): Outcome | undefined => {
  if (pieces.length > 0) return undefined
  const without = notComputed === undefined ? {} : { notComputed }
  if (refusals.length > 0) return { _tag: "Refused", refusals, ...without }
  return hasWritten ? { _tag: "Written", ...without } : { _tag: "Unchanged" }
}

/** The outcome of a patch that can't be gone on with: refused rows that are known stay refused. */
export const unsettled = ({ proven, refusals }: Attempt, reason: string): Outcome =>
  proven === 0 ? { _tag: "Unsettled", reason } : { _tag: "Unsettled", reason, refusals: refusals.slice(0, proven) }

/** An attempt with these pieces left. The marks are written once nothing else is left. */
export const goOn = (attempt: Attempt, pieces: ReadonlyArray<Patch.Changes>): Attempt =>
  pieces.length > 0 || attempt.marks.size === 0
    ? { ...attempt, pieces }
    : { ...attempt, pieces: [{ registers: Patch.empty.registers, marks: attempt.marks }], marks: Mark.none }

/** Takes rows out of pieces and refuses them. */
const without = (
  attempt: Attempt,
  pieces: ReadonlyArray<Patch.Changes>,
  rowKeys: ReadonlyArray<string>,
  { reason, serverType }: Refused,
  stored: Document | undefined
): Attempt => {
  const { patch } = attempt
  const gone = new Set(rowKeys)
  const left = pieces.flatMap(({ marks, registers }): Patch.Changes | [] => {
    const changes = { marks, registers: new Map([...registers].filter(([rowKey]) => !gone.has(rowKey))) }
    return Patch.isEmpty(changes) ? [] : changes
  })
  const marks = new Map(attempt.marks)
  for (const rowKey of rowKeys) Mark.add(marks, rowKey, patch.registers.get(rowKey)!.version)
  const more = rowKeys.map((rowKey): Refusal => ({
    rowKey,
    reason,
    ...(serverType === undefined ? {} : { serverType })
  }))
  const refusals = [...attempt.refusals, ...more]
  // Of a document that is refused as it is no row is to blame. The first marks show it, before more rows are tried.
  if (attempt.hasWritten || stored === undefined) {
    return goOn({ ...attempt, marks, refusals, proven: refusals.length }, left)
  }
  return prove({ ...attempt, marks, refusals }, left)
}

/** An attempt that writes its marks before it goes on with these pieces. */
export const prove = (attempt: Attempt, pieces: ReadonlyArray<Patch.Changes>): Attempt => ({
  ...attempt,
  pieces: [{ registers: Patch.empty.registers, marks: attempt.marks }, ...pieces],
  marks: Mark.none
})

/** Marks alone are refused: so is the document as it is stored, and with it all that is left. */
const marksRefused = (attempt: Attempt, refused: Refused, stored: Document | undefined): Attempt => {
  const isWhole = !attempt.hasWritten && attempt.refusals.length > 0 && stored !== undefined
  return isWhole ? refusedAsStored(attempt, refused) : goOn(attempt, attempt.pieces.slice(1))
}

/** The document is refused as it is stored, and with it all that is left. */
export const refusedAsStored = (attempt: Attempt, { reason, serverType }: Refused): Attempt => {
  const whole: Refusal = { rowKey: undefined, reason: `the document is refused as it is stored: ${reason}` }
  const refusals = [serverType === undefined ? whole : { ...whole, serverType }]
  return { ...attempt, pieces: [], marks: Mark.none, refusals }
}

type Entry = readonly [rowKey: string, change: Patch.Change]

/**
 * Two pieces: removals before changes of rows that are there, and these, with the root, by which rows leave the sync
 * state, before additions; else halves.
 */
const split = (registers: Patch.Registers, stored: Document | undefined): ReadonlyArray<Patch.Changes> => {
  const present = presentIn(stored)
  const rank = ([rowKey, { json, row }]: Entry): number =>
    json === undefined ? 0 : row.kind === "root" || present.has(rowKey) ? 1 : 2
  const rows = [...registers].sort((a, b) => rank(a) - rank(b) || codePoints(a[0], b[0]))
  const border = rows.findIndex((row) => rank(row) !== rank(rows[0]!))
  const at = border === -1 ? rows.length >> 1 : border
  return [{ registers: new Map(rows.slice(0, at)) }, { registers: new Map(rows.slice(at)) }]
}

/**
 * The other rows of a kind that would be added, where one more of it is one nested object too many: they need no
 * trial each.
 */
const excess = (
  [rowKey, { json, row }]: Entry,
  pieces: ReadonlyArray<Patch.Changes>,
  stored: Document | undefined
): ReadonlyArray<Entry> => {
  const present = presentIn(stored)
  if (json === undefined || present.has(rowKey) || !isOneObject(row)) return []
  const isAddition = ([rowKey, change]: Entry) => change.json !== undefined && !present.has(rowKey)
  const left = pieces.flatMap(({ registers }) => [...registers])
  return left.filter((one) => one[1].row === row && isAddition(one))
}

const presentIn = (stored: Document | undefined): ReadonlySet<string> =>
  new Set(stored?.rows.flatMap(({ json, rowKey }) => (json === undefined ? [] : [rowKey])))
