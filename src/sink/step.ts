/** One document's next state: what a write would put in its place, or why there is nothing to write. Pure. */
import * as IsoTime from "../IsoTime.ts"
import * as Document from "../fold/Document.ts"
import type * as Patch from "../fold/Patch.ts"
import * as Register from "../fold/Register.ts"
import * as source from "../fold/source.ts"

/**
 * The time for which removed rows are remembered where nothing else is said: a day more than 30, as a stream keeps a
 * day.
 */
export const tombstonesKeptFor = "31 days"

/** Times by which tombstones are judged, in epoch milliseconds. */
export interface Times {
  readonly now: number
  /** Tombstones written before this are dropped. */
  readonly horizon: number
  /** The time at which the generation was made. One younger than the horizon has dropped no tombstone yet. */
  readonly createdAt: number
}

export type Step =
  | ({ readonly _tag: "Write"; readonly document: Document.Document } & source.Rendered)
  | { readonly _tag: "Unchanged" }
  /** These rows of the patch can't be applied. */
  | { readonly _tag: "Refused"; readonly rows: ReadonlyArray<string>; readonly reason: string }

/** Applies a patch to what the index has (`undefined`: nothing), and renders what is to be written. */
export const step = (stored: Document.Document | undefined, patch: Patch.Patch, times: Times): Step => {
  const before = stored ?? Document.empty(patch)
  const pruned = times.createdAt < times.horizon ? times.horizon : Number.NEGATIVE_INFINITY
  const from = Math.max(pruned, Document.judgesFrom(before))
  const rows = Document.unjudged(before, patch, from)
  if (rows.length > 0) {
    const since = IsoTime.format(from)
    return {
      _tag: "Refused",
      rows,
      reason: `the change is from before ${since}, and whether its row was removed since is no longer known`
    }
  }
  const after = Document.apply(before, patch)
  const isOldNews = after.refused === before.refused && onlyReadAgain(before, patch)
  if (after === before || isOldNews) return { _tag: "Unchanged" }
  return write(Document.stamp(Document.prune(after, times.horizon), times.now))
}

/** Writes a document as it is. */
export const write = (document: Document.Document): Step => ({ _tag: "Write", document, ...source.render(document) })

/**
 * Tells whether all that a patch brings is rows of a scan that an earlier scan read just so, beside the same stream.
 * Their later times are not worth a write: what changed in between, the stream tells, and that is newer than any scan.
 */
const onlyReadAgain = ({ rows }: Document.Document, { registers }: Patch.Patch): boolean => {
  for (const [, { version }] of registers) if (version.kind !== 0 || version.reading > 0) return false
  const known = new Map<string, Document.Row>()
  for (const row of rows) known.set(row.rowKey, row)
  for (const [rowKey, change] of registers) {
    const row = known.get(rowKey)
    if (row === undefined && Register.isScannedAway(change)) continue
    if (row === undefined) return false
    if (Register.compare(change, row) <= 0) continue
    const { epoch, kind } = row.version
    if (row.json !== change.json || kind !== 0 || epoch === 0 || epoch !== change.version.epoch) return false
  }
  return true
}
