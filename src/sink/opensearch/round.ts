/**
 * One round of optimistic writing: gather what the index has, apply the patches, write on the condition that nobody
 * else wrote. Tells what is to be tried again at once (a patch in pieces) or after a wait (a conflict, trouble that
 * passes).
 */
import { Clock, Duration, Effect, type Schedule } from "effect"
import type { Document } from "../../fold/Document.ts"
import * as Patch from "../../fold/Patch.ts"
import type * as source from "../../fold/source.ts"
import * as Attempt from "../Attempt.ts"
import type { Origin, SinkError } from "../Sink.ts"
import { type Step, step, write } from "../step.ts"
import { reasonOf } from "./answer.ts"
import { advance, type Open, type Remembered, resume, unsettle } from "./attempts.ts"
import type { Action } from "./bulk.ts"
import * as fieldNames from "./fieldNames.ts"
import { confirm, gather, type Pending, type Problems, type Ready } from "./gather.ts"
import type { DocumentCache } from "./DocumentCache.ts"
import type { RefreshLimiter } from "./RefreshLimiter.ts"
import { send, type Sent } from "./send.ts"
import { Transport } from "./Transport.ts"

export interface Options extends Remembered {
  readonly known: DocumentCache
  readonly refreshes: RefreshLimiter
  readonly retry: Schedule.Schedule<unknown, unknown>
  readonly tombstonesKeptFor: Duration.Duration
  readonly requestBytesMax: number
  readonly requestsMax: number
}

/**
 * Facts that a writer keeps from call to call: the share of its last hundred or so writes that others were ahead of.
 */
export interface Memory {
  conflictShare: number
}

/** From this share on, documents are read first instead of written on what this process knows. */
const conflictShareMax = 0.2

const conflictWeight = 0.01

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
  origins: ReadonlyArray<Origin>
): Effect.fn.Return<Open, SinkError, Transport> {
  const transport = yield* Transport
  const open: Open = { atOnce: [], later: [] }
  const trusting = memory.conflictShare < conflictShareMax
  const gathered = yield* gather(options.generations, options.known, pending, origins, trusting)
  const now = yield* Clock.currentTimeMillis
  const call: Call = { options, open, now }
  putAside(call, gathered)

  const writes: Array<Write> = []
  const unsure: Array<Idle> = []
  for (const ready of gathered.ready) {
    resume(options, ready, now)
    const prepared = prepare(options, ready, now)
    if ("action" in prepared) writes.push(prepared)
    else if (prepared.isFresh) settle(call, prepared)
    else unsure.push(prepared)
  }
  const actions = writes.map(({ action }) => action)
  const sending = send({ transport, ...options }, actions, (index, sent) => {
    const isConflict = sent._tag === "Conflict"
    memory.conflictShare += ((isConflict ? 1 : 0) - memory.conflictShare) * conflictWeight
    if (isConflict) writes[index]!.ready.pending.conflicts++
    conclude(call, writes[index]!, sent)
  })
  yield* Effect.all([sending, settleUnsure(call, unsure)], { concurrency: 2, discard: true })
  return open
})

/** One round's means and ends. */
interface Call {
  readonly options: Options
  readonly open: Open
  /** The time at which it began to write, in epoch milliseconds. */
  readonly now: number
}

const putAside = ({ now, open, options }: Call, { retry, unsettled }: Problems): void => {
  for (const [one, reason] of unsettled) unsettle(options, one, reason, now)
  for (const [one, reason] of retry) {
    one.reason = reason
    open.later.push(one)
  }
}

/** Settles what the server confirms; the rest is read in the next round. */
const settleUnsure = Effect.fnUntraced(function* (call: Call, unsure: ReadonlyArray<Idle>) {
  const confirmed = yield* confirm(call.options.generations, unsure)
  putAside(call, confirmed)
  for (const idle of confirmed.same) settle(call, idle)
  for (const { pending } of confirmed.changed) {
    pending.mustRead = true
    call.open.atOnce.push(pending)
  }
})

/** A patch gets on without a write. */
const settle = ({ now, open, options }: Call, idle: Idle): void => {
  const { pending, step } = idle
  keep(options.known, idle)
  advance(options, pending, Attempt.after(pending.attempt, step), open, now)
}

/** Keeps what the index is still known to have, as nothing was written. */
const keep = (known: DocumentCache, { isReplacing, pending, seen, target }: Ready): void => {
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
  const { id, shape } = pending.attempt.patch
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
    const { refreshEvery, writeAlias } = target
    const action = { id, seen, text, writeAlias, refreshEvery, fields: fieldNames.of(shape) }
    return { document, notComputed, ready, isAgain, action }
  }
  return { ...ready, step: next }
}

/** Applies the answer to one write to its attempt. */
const conclude = ({ now, open, options }: Call, write: Write, sent: Sent): void => {
  const { generations, known } = options
  const { pending, seen, target } = write.ready
  const { id, shape } = pending.attempt.patch
  if (sent._tag === "Accepted") {
    const { primaryTerm, seqNo } = sent
    if (seqNo !== undefined && primaryTerm !== undefined) {
      known.put(target, id, { document: write.document, seqNo, primaryTerm, isSafe: true })
    }
    const { attempt } = pending
    const next = write.isAgain ? Attempt.unchanged(attempt) : Attempt.written(attempt, write)
    return advance(options, pending, next, open, now)
  }
  if (sent._tag === "Refused" || sent._tag === "TooLarge") {
    if (!pending.isRechecked) {
      // Not to blame a row for an index that was changed meanwhile, or for a document that is another by now.
      generations.forget(shape)
      pending.isRechecked = true
      pending.mustRead = true
      open.atOnce.push(pending)
      return
    }
    keep(known, write.ready)
    const isLimit = sent._tag === "Refused" && sent.isLimit === true
    const refused = { reason: sent.reason, serverType: sent.type, isLimit }
    const { attempt } = pending
    const next = write.isAgain
      ? Attempt.refusedAsStored(attempt, refused)
      : Attempt.refused(attempt, refused, seen?.document)
    return advance(options, pending, next, open, now)
  }
  if (sent._tag === "IndexMissing" || sent._tag === "Blocked") generations.forget(shape)
  if (sent._tag === "Blocked") return unsettle(options, pending, sent.reason, now)
  pending.mustRead = true
  pending.reason = reasonOf(sent) ?? "others keep writing the document first"
  open.later.push(pending)
}
