/**
 * Whose each generation of an alias is: by the hash of the definition that writes it, and by the table its rows come
 * from. Two tables may stand behind one alias side by side, the successor of a table or its replica in another region
 * beside it; readers see one of them. Pure.
 */
import type { Generation } from "./indices.ts"
import type { Source } from "./Meta.ts"

/** As much of a generation as tells from which table it is made. */
export type Sourced = Pick<Generation, "meta" | "state">

/** The source of a generation's rows, also of those to come; `null` where the first row is to say it. */
export const sourceOf = ({ meta, state }: Sourced): Source | null => state.source ?? meta.source ?? null

/** The ARN of that table. */
export const tableOf = (generation: Sourced): string | undefined => sourceOf(generation)?.tableArn

/** The table that a generation is made from, where that is another one than this. */
export const otherSource = (generation: Sourced, tableArn: string | undefined): string | undefined => {
  const own = tableOf(generation)
  return own === undefined || tableArn === undefined || own === tableArn ? undefined : own
}

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
    : (own.find((one) => tableOf(one) === tableArn) ?? own.find((one) => tableOf(one) === undefined))
}

/**
 * The generation that definitions for a table are compared with: the one that readers see, or, where that is made from
 * another table, the newest of the table's own.
 */
export const generationFor = (
  found: ReadonlyArray<Generation>,
  tableArn: string | undefined
): Generation | undefined => {
  const live = found.find(({ isLive }) => isLive)
  if (live !== undefined && otherSource(live, tableArn) === undefined) return live
  return found.findLast((one) => tableOf(one) === tableArn)
}
