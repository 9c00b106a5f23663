/**
 * One round of optimistic writing: gather what the index has, apply the patches, write on the condition that nobody
 * else wrote. Tells what is to be tried again at once (a patch in pieces) or after a wait (a conflict, trouble that
 * passes).
 */
import { Clock, Duration, Effect, type Schedule } from "effect"
import type { Document } from "../../fold/Document.ts"
import * as Patch from "../../fold/Patch.ts"
import * as source from "../../fold/source.ts"
import * as Attempt from "../Attempt.ts"
import type { Origin, Outcome, SinkError } from "../Sink.ts"
import { type Step, step, write } from "../step.ts"
import { isLimitOfDocument, reasonOf } from "./answer.ts"
import type { Action } from "./bulk.ts"
import { confirm, gather, type Pending, type Problems, type Ready } from "./gather.ts"
import type { Generations } from "./Generations.ts"
import type { KnownDocuments } from "./known.ts"
import { send, type Sent } from "./send.ts"
import { Transport } from "./Transport.ts"

export interface Options {
  readonly generations: Generations
  readonly known: KnownDocuments
  readonly retry: Schedule.Schedule<unknown, unknown>
  readonly tombstonesKeptFor: Duration.Duration
  readonly requestBytesMax: number
  readonly requestsMax: number
}

/** What a writer keeps from call to call: the share of its last hundred or so writes that others were ahead of. */
export interface Memory {
  conflictShare: number
}

/** From this share on, documents are read first instead of written on what this process knows. */
const conflictShareMax = 0.2

const conflictWeight = 0.01

/** One call's books: an outcome for each patch, and the conflicts seen. */
export interface Books {
  readonly outcomes: Array<Outcome | undefined>
  conflicts: number
}

interface Open {
  readonly atOnce: Array<Pending>
  readonly later: Array<Pending>
}

interface Write extends Pick<source.Rendered, "notComputed"> {
  readonly action: Action
  readonly ready: Ready
  readonly document: Document
  /** The document as it was read, written once more: the patch brings nothing new. */
  readonly isAgain: boolean
}

/** A patch of which nothing is to be written, and why. */
interface Idle extends Ready {
  readonly step: Step
}

/** Writes what can be written of some pending patches, and gives back what is open. */
export const round = Effect.fnUntraced(function* (
  options: Options,
  memory: Memory,
  pending: ReadonlyArray<Pending>,
  origins: ReadonlyArray<Origin>,
  books: Books
): Effect.fn.Return<Open, SinkError, Transport> {
  const transport = yield* Transport
  const open: Open = { atOnce: [], later: [] }
  const trusting = memory.conflictShare < conflictShareMax
  const gathered = yield* gather(options.generations, options.known, pending, origins, trusting)
  putAside(gathered, books, open)

  const now = yield* Clock.currentTimeMillis
  const writes: Array<Write> = []
  const unsure: Array<Idle> = []
  for (const ready of gathered.ready) {
    const prepared = prepare(options, ready, now)
    if ("action" in prepared) writes.push(prepared)
    else if (prepared.isFresh) settle(options, prepared, books, open)
    else unsure.push(prepared)
  }
  const actions = writes.map(({ action }) => action)
  const sending = send(transport, actions, options.requestBytesMax, (index, sent) => {
    const isConflict = sent._tag === "Conflict"
    memory.conflictShare += ((isConflict ? 1 : 0) - memory.conflictShare) * conflictWeight
    if (isConflict) books.conflicts++
    conclude(options, writes[index]!, sent, books, open)
  })
  yield* Effect.all([sending, settleUnsure(options, unsure, books, open)], { concurrency: 2, discard: true })
  return open
})

const putAside = ({ retry, unsettled }: Problems, books: Books, open: Open): void => {
  for (const [{ index }, reason] of unsettled) books.outcomes[index] = { _tag: "Unsettled", reason }
  for (const [one, reason] of retry) open.later.push(Object.assign(one, { reason }))
}

/** Settles what the server confirms; the rest is read in the next round. */
const settleUnsure = Effect.fnUntraced(function* (
  options: Options,
  unsure: ReadonlyArray<Idle>,
  books: Books,
  open: Open
) {
  const confirmed = yield* confirm(options.generations, unsure)
  putAside(confirmed, books, open)
  for (const idle of confirmed.same) settle(options, idle, books, open)
  for (const { pending } of confirmed.changed) open.atOnce.push(Object.assign(pending, { mustRead: true }))
})

/** A patch gets on without a write. */
const settle = ({ known }: Options, idle: Idle, books: Books, open: Open): void => {
  const { pending, step } = idle
  keep(known, idle)
  advance(pending, Attempt.after(pending.attempt, step), books, open)
}

/** Keeps what the index is still known to have, as nothing was written. */
const keep = (known: KnownDocuments, { isReplacing, pending, seen, target }: Ready): void => {
  if (seen !== undefined && !isReplacing) known.put(target, pending.attempt.patch.id, seen)
}

/**
 * The write that a ready patch comes to, or why there is none. What a document that was only read has
 * already is written again: the delivery before may have had no answer because the write is on the primary alone, and
 * OpenSearch shows such writes to readers (tried: it was lost with the primary's node). An acknowledged write is on
 * every copy.
 */
const prepare = (options: Options, ready: Ready, now: number): Write | Idle => {
  const { isReplacing, pending, seen, target } = ready
  const { id } = pending.attempt.patch
  const horizon = now - Duration.toMillis(options.tombstonesKeptFor)
  const times = { now, horizon, createdAt: target.meta.createdAt }
  pending.outdated = Patch.outdated(pending.attempt.patch, seen?.document)
  const patch = Attempt.next(pending.attempt)
  const first = step(seen?.document, patch, times)
  const isAgain = first._tag === "Unchanged" && seen?.isSafe === false && Patch.isRepeated(patch, seen.document)
  const isBare = isReplacing && first._tag === "Unchanged"
  const next = (isAgain || isBare) && seen !== undefined ? write(seen.document) : first
  if (next._tag === "Write") {
    const { document, notComputed, text } = next
    const action = { id, seen, text, writeAlias: target.writeAlias }
    return { document, notComputed, ready, isAgain, action }
  }
  return { ...ready, step: next }
}

/** What the answer to one write means for its attempt. */
const conclude = ({ generations, known }: Options, write: Write, sent: Sent, books: Books, open: Open): void => {
  const { pending, seen, target } = write.ready
  const { id, shape } = pending.attempt.patch
  if (sent._tag === "Accepted") {
    const { primaryTerm, seqNo } = sent
    if (seqNo !== undefined && primaryTerm !== undefined) {
      known.put(target, id, { document: write.document, seqNo, primaryTerm, isSafe: true })
    }
    const { attempt } = pending
    return advance(pending, write.isAgain ? Attempt.unchanged(attempt) : Attempt.written(attempt, write), books, open)
  }
  if (sent._tag === "Refused" || sent._tag === "TooLarge") {
    if (!pending.isRechecked) {
      // Not to blame a row for an index that was changed meanwhile, or for a document that is another by now.
      generations.forget(shape)
      open.atOnce.push(Object.assign(pending, { isRechecked: true, mustRead: true }))
      return
    }
    keep(known, write.ready)
    const isLimit = isLimitOfDocument(sent.reason)
    const refused = { reason: source.readable(sent.reason), serverType: sent.type, isLimit }
    const { attempt } = pending
    const next = write.isAgain
      ? Attempt.refusedAsStored(attempt, refused)
      : Attempt.refused(attempt, refused, seen?.document)
    return advance(pending, next, books, open)
  }
  if (sent._tag === "IndexMissing" || sent._tag === "Blocked") generations.forget(shape)
  if (sent._tag === "Blocked") {
    books.outcomes[pending.index] = { _tag: "Unsettled", reason: sent.reason }
    return
  }
  pending.mustRead = true
  pending.reason = reasonOf(sent) ?? "others keep writing the document first"
  open.later.push(pending)
}

/** An attempt that got on: its outcome if it is through, else its next piece is tried at once. */
const advance = (pending: Pending, attempt: Attempt.Attempt, { outcomes }: Books, { atOnce }: Open): void => {
  pending.attempt = attempt
  const outcome = Attempt.outcome(attempt)
  if (outcome === undefined) atOnce.push(pending)
  else outcomes[pending.index] = outcome
}
