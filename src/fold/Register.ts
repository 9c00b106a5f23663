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

/** Positive where `a` wins over `b`, 0 where they say the same. */
export const compare = (a: Pick<Register, "version" | "json">, b: Pick<Register, "version" | "json">): number => {
  const byVersion = Version.compare(a.version, b.version)
  if (byVersion !== 0 || a.json === b.json) return byVersion
  if (a.json === undefined) return 1
  if (b.json === undefined) return -1
  return a.json > b.json ? 1 : -1
}
