/** A search through the alias that readers use, so that they find what they may see alone. */
import { Effect } from "effect"
import { IndexMissing, type Search, type SearchAnswer, SearchRefused, SinkError } from "../Sink.ts"
import * as answer from "./answer.ts"
import { unreachable } from "./errors.ts"
import { judge, send } from "./request.ts"
import { inFull } from "./serverError.ts"
import { Transport } from "./Transport.ts"

/** The sync state, less what tells of a document that its derived fields could not be computed. */
const excludes = ["rows", "versions", "kept", "refused"].map((name) => `_sync.${name}`)

/** Asks for what a search finds behind an alias; never for a part of it because a shard can't answer. */
export const search = Effect.fnUntraced(function* (
  alias: string,
  body: Search
): Effect.fn.Return<SearchAnswer, SinkError | SearchRefused, Transport> {
  const path = `/${encodeURIComponent(alias)}/_search`
  const response = yield* send("POST", `${path}?allow_partial_search_results=false`, {
    ...body,
    _source: { excludes }
  })
  const { status, text } = yield* judge("POST", path, response)
  if (status === 200) {
    const found = answer.parse(text) as (SearchAnswer & { readonly timed_out?: boolean }) | undefined
    if (found !== undefined && found.timed_out !== true) return found
    const what = found === undefined ? "an answer that is cut off" : "a part of it, as the time was up"
    return yield* unreachable(`a search of ${alias} was answered with ${what}`)
  }
  const verdict = answer.ofResponse(status, text, inFull)
  const reason = answer.reasonOf(verdict) ?? String(status)
  if (verdict._tag !== "IndexMissing") return yield* new SearchRefused({ message: `a search of ${alias}: ${reason}` })
  const message = `there is no alias "${alias}"; it is made with the first change that is written (${reason})`
  return yield* new SinkError({ reason: new IndexMissing({ message }) })
})
