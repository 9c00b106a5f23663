/**
 * A generation's state as a document of its own, hidden from readers by their alias's filter: read by id, and written
 * on the condition that nobody else wrote it meanwhile.
 */
import { Effect, Random, Result, Schema } from "effect"
import { reservedId } from "../../decode/rowKey.ts"
import * as answer from "./answer.ts"
import { lines } from "./bulk.ts"
import { request } from "./request.ts"
import { gone, misconfigured, incompatible, unreachable } from "./errors.ts"
import { State } from "./State.ts"
import { Transport } from "./Transport.ts"

/** The state as it is stored, with its place in the index's history of writes. */
export interface Stored {
  readonly state: State
  readonly seqNo: number
  readonly primaryTerm: number
}

/** A query that finds the state document alone, and one that finds all others. */
export const isState = { ids: { values: [reservedId] } }
export const notState = { bool: { must_not: isState } }

const decode = Schema.decodeUnknownResult(State)

/** Reads it, the newest acknowledged write included. Fails where the index can't be read, or holds a newer form. */
export const read = Effect.fnUntraced(function* (index: string) {
  const path = `/${encodeURIComponent(index)}/_mget`
  const { reason = "an answer that is cut off", status, text } = yield* request("POST", path, { ids: [reservedId] })
  const [found] = answer.docsOf(text, 1) ?? []
  if (status === 404) return yield* gone(index)
  if (found === undefined) return yield* unreachable(`the state of ${index} could not be read: ${reason}`)
  const unread = answer.unread([found])
  if (unread?._tag === "IndexMissing") return yield* gone(index)
  if (unread !== undefined) return yield* unreachable(`the state of ${index} could not be read: ${unread.reason}`)
  const { _primary_term: primaryTerm, _seq_no: seqNo } = found
  if (found.found !== true || seqNo === undefined || primaryTerm === undefined) return undefined
  const source = found._source as { readonly _sync?: { readonly state?: unknown } } | undefined
  const state = decode(source?._sync?.state)
  if (Result.isFailure(state)) {
    return yield* incompatible(`the state of ${index} can't be read; was it written by a newer version of tablefold?`)
  }
  return { state: state.success, seqNo, primaryTerm } satisfies Stored
})

/**
 * Writes it in place of what was read (`undefined`: nothing was there). Gives what is stored then, or `undefined` where
 * somebody else was first.
 */
export const write = Effect.fnUntraced(function* (writeAlias: string, state: State, seen: Stored | undefined) {
  const source = JSON.stringify({ _sync: { live: false, state } })
  const body = lines({ id: reservedId, seen, text: source })
  const path = `/${encodeURIComponent(writeAlias)}/_bulk?require_alias=true&timeout=1s`
  const { reason = "an answer that is cut off", text } = yield* request("POST", path, body)
  const [item] = answer.itemsOf(text, 1) ?? []
  if (item === undefined) return yield* unreachable(`the state behind "${writeAlias}" could not be written: ${reason}`)
  const verdict = answer.ofItem(item)
  if (verdict._tag === "Conflict") return undefined
  if (verdict._tag === "IndexMissing") return yield* gone(writeAlias)
  if (verdict._tag === "Misconfigured") return yield* misconfigured((yield* Transport).node, verdict.reason)
  const { _primary_term: primaryTerm, _seq_no: seqNo } = item
  if (verdict._tag === "Accepted" && seqNo !== undefined && primaryTerm !== undefined) {
    return { state, seqNo, primaryTerm } satisfies Stored
  }
  const why = answer.reasonOf(verdict) ?? "it was answered without a sequence number"
  return yield* unreachable(`the state behind "${writeAlias}" could not be written: ${why}`)
})

/** Writers of one generation's state that meet: as many come after each other before one gives up. */
const triesMax = 30

/** The first tries follow each other without a wait: most often one other was first. */
const atOnceMax = 3

/**
 * Changes it, as often as others come between. `change` is given the state as it is and gives the next one, or the very
 * same where there is nothing to write. `known` is what was read before; gives what is stored in the end.
 */
export const update = Effect.fnUntraced(function* (
  { index, writeAlias }: { readonly index: string; readonly writeAlias: string },
  known: { readonly state: State; readonly stored: Stored | undefined },
  change: (state: State) => State
) {
  let { state, stored } = known
  for (let tries = 0; tries < triesMax; tries++) {
    const next = change(state)
    if (next === state && stored !== undefined) return { state, stored }
    const written = yield* write(writeAlias, next, stored)
    if (written !== undefined) return { state: written.state, stored: written }
    if (tries >= atOnceMax) yield* Effect.sleep((yield* Random.next) * Math.min(1000, 10 * 2 ** tries))
    stored = yield* read(index)
    state = stored?.state ?? state
  }
  return yield* unreachable(`the state of ${index} could not be written: others were first ${triesMax} times`)
})
