/** The end of a patch, as every sink tells it. Pure. */
import type { NotComputed } from "../fold/derive.ts"

/** A row or an aggregate that can never be written as it is, and the reason why. */
export interface Refusal {
  /** The row whose newest state is refused; `undefined` where the aggregate as a whole is. */
  readonly rowKey: string | undefined
  /** In words, with the server's own type and reason where there are some; never with data of the row. */
  readonly reason: string
  /** The server's own word for it, where a server refused: `mapper_parsing_exception`. */
  readonly serverType?: string | undefined
}

/** The end of a patch. `notComputed`: derived fields that the document went without as it was written. */
export type Outcome =
  | { readonly _tag: "Written"; readonly notComputed?: NotComputed }
  /** The document had it all already. */
  | { readonly _tag: "Unchanged" }
  /** These rows can't be written; all others of the patch are. */
  | { readonly _tag: "Refused"; readonly refusals: ReadonlyArray<Refusal>; readonly notComputed?: NotComputed }
  /** It may or may not be written; who brought it must bring it again, but for rows that are known to be refused. */
  | { readonly _tag: "Unsettled"; readonly reason: string; readonly refusals?: ReadonlyArray<Refusal> }

/** The refusals of an outcome. */
export const refusalsOf = (outcome: Outcome): ReadonlyArray<Refusal> =>
  "refusals" in outcome ? (outcome.refusals ?? []) : []
