/** Reads what a stored sync state says of its document's rows, without a definition. */
import * as source from "../fold/source.ts"
import * as versions from "../fold/versions.ts"

export interface SyncRows {
  /** Rows that are there, shown or not. */
  readonly present: number
  /** Removed rows that are remembered. */
  readonly removed: number
  /** Rows whose newest state was refused. */
  readonly refused: number
  /**
   * The time at which the last of the removed and the refused was written, or the document was made anew, in epoch
   * milliseconds; 0 where nothing of that is in it.
   */
  readonly writtenUntil: number
}

/** The fields that it takes: a document may be large. */
export const fields = ["_sync.format", "_sync.versions", "_sync.refused.versions", "_sync.anew"]

/** The fields that `keys` takes. */
export const keyFields = [...fields, "_sync.rows"]

export interface Source {
  readonly _sync?: {
    readonly format?: unknown
    readonly rows?: unknown
    readonly versions?: unknown
    readonly refused?: { readonly versions?: unknown }
    readonly anew?: unknown
  }
}

/** `undefined` where there is no sync state, or one of another format. */
export const read = (from: Source): SyncRows | undefined => {
  const rows = stampsOf(from)
  if (rows === undefined) return undefined
  const removed = rows.filter(({ isRemoved }) => isRemoved)
  const refused = decoded(from._sync?.refused?.versions) ?? []
  // A sink that writes a tombstone or a mark dates it; one without a date is not old.
  const anew = from._sync?.anew
  const times = [
    ...(typeof anew === "number" ? [anew] : []),
    ...[...removed, ...refused].map(({ removedAt }) => removedAt ?? Number.POSITIVE_INFINITY)
  ]
  return {
    present: rows.length - removed.length,
    removed: removed.length,
    refused: refused.length,
    writtenUntil: Math.max(0, ...times)
  }
}

/** The keys of the rows that are there. */
export const keys = (from: Source): ReadonlySet<string> => {
  const rowKeys = ((from._sync?.rows ?? []) as ReadonlyArray<readonly [string, ReadonlyArray<string>]>).flatMap(
    ([, keys]) => keys
  )
  const stamps = stampsOf(from) ?? []
  return new Set(rowKeys.filter((_, i) => stamps[i]?.isRemoved === false))
}

const stampsOf = ({ _sync }: Source) => (_sync?.format === source.format ? decoded(_sync.versions) : undefined)

const decoded = (text: unknown) => (typeof text === "string" ? versions.decode(text) : undefined)
