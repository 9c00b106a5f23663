/** One document's next state: what a write would put in its place, or why there is nothing to write. Pure. */
import { Result } from "effect"
import * as IsoTime from "../IsoTime.ts"
import * as Document from "../fold/Document.ts"
import type * as Patch from "../fold/Patch.ts"
import * as Register from "../fold/Register.ts"
import * as source from "../fold/source.ts"

/** How long removed rows are remembered where nothing else is said: a day more than 30, as a stream keeps a day. */
export const tombstonesKeptFor = "31 days"

/** Times by which tombstones are judged, in epoch milliseconds. */
export interface Times {
  readonly now: number
  /** Tombstones written before this are dropped. */
  readonly horizon: number
  /** When the generation was made; one younger than the horizon has dropped no tombstone yet. */
  readonly createdAt: number
}

export type Step =
  | { readonly _tag: "Write"; readonly document: Document.Document; readonly text: string }
  | { readonly _tag: "Unchanged" }
  /** The patch can't be applied. `rows` are those it fails for, where they are known; else some row, or all. */
  | { readonly _tag: "Refused"; readonly rows: ReadonlyArray<string> | undefined; readonly reason: string }
  /** The document can't be rendered even as it is stored, whatever the patch. */
  | { readonly _tag: "Broken"; readonly reason: string }

/** Applies a patch to what the index has (`undefined`: nothing), and renders what is to be written. */
export const step = (stored: Document.Document | undefined, patch: Patch.Patch, times: Times): Step => {
  const before = stored ?? Document.empty(patch)
  const rows = times.createdAt < times.horizon ? Document.unjudged(before, patch, times.horizon) : []
  if (rows.length > 0) {
    const since = IsoTime.format(times.horizon)
    return {
      _tag: "Refused",
      rows,
      reason: `the change is from before ${since}, and whether its row was removed since is no longer known`
    }
  }
  const after = Document.apply(before, patch)
  if (after === before || onlyReadAgain(before, patch)) return { _tag: "Unchanged" }
  const document = Document.stamp(Document.prune(after, times.horizon), times.now)
  const text = source.render(document)
  if (Result.isSuccess(text)) return { _tag: "Write", document, text: text.success }
  const isBroken = stored !== undefined && Result.isFailure(source.render(stored))
  return isBroken
    ? { _tag: "Broken", reason: text.failure }
    : { _tag: "Refused", rows: undefined, reason: text.failure }
}

/** A document as it is stored, to be written once more. */
export const again = (stored: Document.Document): Step =>
  Result.match(source.render(stored), {
    onSuccess: (text): Step => ({ _tag: "Write", document: stored, text }),
    onFailure: (reason): Step => ({ _tag: "Broken", reason })
  })

/**
 * Whether all that a patch brings is rows of a scan that an earlier scan read just so, beside the same stream. Their
 * later times are not worth a write: what changed in between, the stream tells, and that is newer than any scan.
 */
const onlyReadAgain = ({ rows }: Document.Document, { registers }: Patch.Patch): boolean => {
  for (const [, { version }] of registers) if (version.kind !== 0 || version.reading > 0) return false
  const known = new Map<string, Document.Row>()
  for (const row of rows) known.set(row.rowKey, row)
  for (const [rowKey, change] of registers) {
    const row = known.get(rowKey)
    if (row === undefined) return false
    if (Register.compare(change, row) <= 0) continue
    const { epoch, kind } = row.version
    if (row.json !== change.json || kind !== 0 || epoch === 0 || epoch !== change.version.epoch) return false
  }
  return true
}
