/**
 * Whose each generation of an alias is: by the hash of the definition that writes it, and by the table its rows come
 * from. Two tables may stand behind one alias side by side, the successor of a table or its replica in another region
 * beside it; readers see one of them. Pure.
 */
import type { Generation } from "./indices.ts"

/**
 * The generation that a definition, by its hash, writes for a table: the table's own, else one that was not fed yet.
 * Where no table is given, the one that readers see, else the newest.
 */
export const ownOf = (
  found: ReadonlyArray<Generation>,
  hash: string,
  tableArn: string | undefined
): Generation | undefined => {
  const own = found.filter(({ state }) => state.current === hash)
  return tableArn === undefined
    ? (own.find(({ isLive }) => isLive) ?? own.at(-1))
    : (own.find(isMadeFrom(tableArn)) ?? own.find(({ state }) => state.source === null))
}

/**
 * The generation that definitions for a table are compared with: the one that readers see, or, where that is made from
 * another table, the newest of the table's own.
 */
export const standingOf = (found: ReadonlyArray<Generation>, tableArn: string | undefined): Generation | undefined => {
  const live = found.find(({ isLive }) => isLive)
  return live !== undefined && otherSource(live, tableArn) === undefined ? live : found.findLast(isMadeFrom(tableArn))
}

/** The table that a generation is made from, where that is another one than this. */
export const otherSource = (
  { state: { source } }: Pick<Generation, "state">,
  tableArn: string | undefined
): string | undefined =>
  source === null || tableArn === undefined || source.tableArn === tableArn ? undefined : source.tableArn

const isMadeFrom =
  (tableArn: string | undefined) =>
  ({ state }: Generation): boolean =>
    state.source?.tableArn === tableArn
