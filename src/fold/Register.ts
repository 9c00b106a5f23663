/**
 * One row's newest known state: its version with its data, or with "removed". Of two registers of one row the newer
 * wins; where versions tie, removed wins, then the greater JSON text. One rule, for combining and for applying.
 */
import type { RowShape } from "../define/Shape.ts"
import * as Version from "../Version.ts"

export interface Register {
  readonly row: RowShape
  readonly version: Version.Version
  /** The row's JSON text; `undefined` for a removed row. */
  readonly json: string | undefined
}

/** Tells whether a scan read a row that is of no kind: it is there, and counts as removed. */
export const isScannedAway = ({ json, version }: Pick<Register, "version" | "json">): boolean =>
  json === undefined && version.kind === 0 && version.reading === 0

/** Positive where `a` wins over `b`, 0 where they say the same. */
export const compare = (a: Pick<Register, "version" | "json">, b: Pick<Register, "version" | "json">): number => {
  const byVersion = Version.compare(a.version, b.version)
  if (byVersion !== 0 || a.json === b.json) return byVersion
  if (a.json === undefined) return 1
  if (b.json === undefined) return -1
  return a.json > b.json ? 1 : -1
}
