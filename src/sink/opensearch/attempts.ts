/** The attempts of one call of `write`: resumed where one before found something out, gone on with, and ended. */
import * as Attempt from "../Attempt.ts"
import { refusalsOf } from "../Sink.ts"
import * as Unfinished from "../Unfinished.ts"
import type { Pending, Ready } from "./gather.ts"
import type { Generations } from "./Generations.ts"
import type { UnfinishedAttempts } from "./UnfinishedAttempts.ts"

/** Patches to be tried again. */
export interface Open {
  readonly atOnce: Array<Pending>
  readonly later: Array<Pending>
}

/** Memory beyond one call. */
export interface Remembered {
  readonly generations: Generations
  readonly unfinished: UnfinishedAttempts
}

/**
 * Lets an attempt begin where one before it ended, once it is known which index it goes to; it begins anew where that
 * is another index than before, which has nothing of what was written. Of one that ended in the midst the index was
 * looked at anew when it ended, and the document is known to be refused.
 */
export const resume = ({ unfinished }: Remembered, { pending, target }: Ready, now: number): void => {
  const { patch } = pending.attempt
  const before = pending.target
  pending.target = target
  if (before !== undefined) {
    if (before.identity === target.identity && before.writeAlias === target.writeAlias) return
    pending.attempt = Attempt.start(patch)
    pending.isRechecked = false
  }
  const known = unfinished.get(target, patch.id, now)
  if (known === undefined) return
  pending.attempt = Unfinished.resume(patch, known)
  pending.isRechecked = known.pieces.length > 0
}

/** An attempt that got on: its outcome if it is through, else its next piece is tried at once. */
export const advance = (
  remembered: Remembered,
  pending: Pending,
  attempt: Attempt.Attempt,
  { atOnce }: Open,
  now: number
): void => {
  pending.attempt = attempt
  const outcome = Attempt.outcome(attempt)
  if (outcome === undefined) {
    atOnce.push(pending)
    return
  }
  pending.outcome = outcome
  const { unfinished } = remembered
  const { target } = pending
  if (target === undefined) return
  if (refusalsOf(outcome).some(({ rowKey }) => rowKey !== undefined)) {
    unfinished.put(target, attempt.patch.id, attempt, now)
  } else unfinished.forget(target, attempt.patch.id)
}

/** An attempt that ends before it is through. */
export const unsettle = (
  { generations, unfinished }: Remembered,
  pending: Pending,
  reason: string,
  now: number
): void => {
  const { attempt, isRechecked, target } = pending
  pending.outcome = Attempt.unsettled(attempt, reason)
  if (!isRechecked || target === undefined) return
  unfinished.put(target, attempt.patch.id, attempt, now)
  generations.forget(attempt.patch.shape)
}
