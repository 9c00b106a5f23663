/**
 * Marks of refusal: of a row whose state in this version could not be taken. Of two marks of one row the newer wins,
 * and a register of the row in the same version or a newer one takes it away, whether it came before or comes after.
 *
 * So a mark says that the row shows an older state, or none. It never changes what readers see.
 */
import { versionOf } from "../decode/RowEvent.ts"
import * as Version from "../Version.ts"

/** Versions that were refused, by row key. */
export type Marks = ReadonlyMap<string, Version.Version>

export const none: Marks = new Map()

/** The marks of both sides, the newer one of each row. */
export const combine = (self: Marks, that: Marks): Marks => {
  if (self.size === 0) return that
  if (that.size === 0) return self
  const out = new Map(self)
  for (const [rowKey, version] of that) add(out, rowKey, version)
  return out
}

/** Puts a mark among others, if it is newer than the row's. */
export const add = (into: Map<string, Version.Version>, rowKey: string, version: Version.Version): void => {
  const known = into.get(rowKey)
  if (known === undefined || Version.compare(version, known) > 0) into.set(rowKey, version)
}

/** A mark as it is shown: `refused "ITEM#2" @ 1767225600000 stream 900`. */
export const textOf = (mark: { readonly rowKey: string; readonly version: Version.Version }): string =>
  `refused ${JSON.stringify(mark.rowKey)} @ ${versionOf(mark)}`

/** Tells whether a mark of this version stands beside its row's register. */
export const stands = (
  version: Version.Version,
  register: { readonly version: Version.Version } | undefined
): boolean => register === undefined || Version.compare(version, register.version) > 0
