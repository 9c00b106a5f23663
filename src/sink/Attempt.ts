/**
 * A patch on its way into one document. It is tried whole; where that is refused it is halved until the refused rows
 * stand alone, so that a bad row keeps none of its neighbours out. Pure; every sink drives it the same way.
 */
import type { NotComputed } from "../fold/derive.ts"
import type { Patch, Registers } from "../fold/Patch.ts"
import type { Rendered } from "../fold/source.ts"
import type { Outcome, Refusal } from "./Sink.ts"
import type { Step } from "./step.ts"

export interface Attempt {
  readonly patch: Patch
  /** What is still to be written, the next piece first. */
  readonly pieces: ReadonlyArray<Registers>
  readonly refusals: ReadonlyArray<Refusal>
  readonly hasWritten: boolean
  /** Derived fields that the document goes without, as it was written last. */
  readonly notComputed: NotComputed | undefined
}

export const start = (patch: Patch): Attempt => ({
  patch,
  pieces: patch.registers.size === 0 ? [] : [patch.registers],
  refusals: [],
  hasWritten: false,
  notComputed: undefined
})

/** The piece to be tried next, as a patch. */
export const next = ({ patch, pieces }: Attempt): Patch =>
  pieces[0] === patch.registers ? patch : { ...patch, registers: pieces[0] ?? new Map() }

/** The piece is in the document as it was written now. */
export const written = (attempt: Attempt, { notComputed }: Pick<Rendered, "notComputed">): Attempt => ({
  ...unchanged(attempt),
  hasWritten: true,
  notComputed
})

/** The document had the piece before. */
export const unchanged = (attempt: Attempt): Attempt => ({ ...attempt, pieces: attempt.pieces.slice(1) })

/** The piece is refused: halved, or, where it is one row, that row is. */
export const refused = (attempt: Attempt, reason: string, serverType?: string): Attempt => {
  const [piece = new Map(), ...rest] = attempt.pieces
  const rows = [...piece]
  if (rows.length <= 1) {
    return { ...attempt, pieces: rest, refusals: [...attempt.refusals, refusal(rows[0]?.[0], reason, serverType)] }
  }
  const half = rows.length >> 1
  return { ...attempt, pieces: [new Map(rows.slice(0, half)), new Map(rows.slice(half)), ...rest] }
}

/** These rows of the piece are refused; what is left of it is still to be tried. */
export const refusedRows = (attempt: Attempt, rowKeys: ReadonlyArray<string>, reason: string): Attempt => {
  const [piece = new Map(), ...rest] = attempt.pieces
  const left = new Map([...piece].filter(([rowKey]) => !rowKeys.includes(rowKey)))
  const refusals = [...attempt.refusals, ...rowKeys.map((rowKey) => ({ rowKey, reason }))]
  return { ...attempt, pieces: left.size === 0 ? rest : [left, ...rest], refusals }
}

/** The aggregate takes nothing more, whatever the row. */
export const broken = (attempt: Attempt, reason: string, serverType?: string): Attempt => ({
  ...attempt,
  pieces: [],
  refusals: [...attempt.refusals, refusal(undefined, reason, serverType)]
})

const refusal = (rowKey: string | undefined, reason: string, serverType: string | undefined): Refusal =>
  serverType === undefined ? { rowKey, reason } : { rowKey, reason, serverType }

/** The attempt after a step that a sink did not have to ask a server for, or whose write was accepted. */
export const after = (attempt: Attempt, step: Step): Attempt => {
  if (step._tag === "Write") return written(attempt, step)
  return step._tag === "Unchanged" ? unchanged(attempt) : refusedRows(attempt, step.rows, step.reason)
}

/** What became of the patch; `undefined` while something of it is still to be tried. */
export const outcome = ({ hasWritten, notComputed, pieces, refusals }: Attempt): Outcome | undefined => {
  if (pieces.length > 0) return undefined
  const without = notComputed === undefined ? {} : { notComputed }
  if (refusals.length > 0) return { _tag: "Refused", refusals, ...without }
  return hasWritten ? { _tag: "Written", ...without } : { _tag: "Unchanged" }
}
