/** One document's next state: what a write would put in its place, or why there is nothing to write. Pure. */
import { Result } from "effect"
import * as Document from "../../fold/Document.ts"
import type * as Patch from "../../fold/Patch.ts"
import * as source from "../../fold/source.ts"
import type { Outcome } from "../Sink.ts"

/** Times by which tombstones are judged, in epoch milliseconds. */
export interface Times {
  readonly now: number
  /** Tombstones written before this are dropped. */
  readonly horizon: number
  /** When the generation was made; one younger than the horizon has dropped no tombstone yet. */
  readonly createdAt: number
}

export type Step = { readonly _tag: "Write"; readonly document: Document.Document; readonly text: string } | Outcome

/** Applies a patch to what the index has (`undefined`: nothing), and renders what is to be written. */
export const step = (stored: Document.Document | undefined, patch: Patch.Patch, times: Times): Step => {
  const before = stored ?? Document.empty(patch)
  const unjudged = times.createdAt < times.horizon ? Document.unjudged(before, patch, times.horizon) : []
  if (unjudged.length > 0) {
    const rows = unjudged.slice(0, 5).join(", ")
    const since = new Date(times.horizon).toISOString()
    return {
      _tag: "Refused",
      reason: `the change of ${rows} is from before ${since}, and whether its row was removed since is no longer known`
    }
  }
  const after = Document.apply(before, patch)
  if (after === before) return { _tag: "Unchanged" }
  const document = Document.stamp(Document.prune(after, times.horizon), times.now)
  const text = source.render(document)
  return Result.isFailure(text)
    ? { _tag: "Refused", reason: text.failure }
    : { _tag: "Write", document, text: text.success }
}
