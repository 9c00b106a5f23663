/** The outcome of a batch: counts, what must come again, and the problems that programs make log lines of. */
import { Data, Result } from "effect"
import { keyPattern } from "../decode/keyPattern.ts"
import { KeyPatterns, type PatternCount } from "../decode/KeyPatterns.ts"
import { keyText } from "../decode/rowKey.ts"
import type { Table } from "../define/Table.ts"
import { type Outcome, refusalsOf, type Settled, type SinkError } from "../sink/Sink.ts"
import type { Answer } from "./deadLetters.ts"
import type { Claimed } from "./patches.ts"
import * as settlement from "./settlement.ts"

/** The outcome of a batch. Counts are of documents, where nothing else is said. */
export interface Summary {
  /** Changes of rows that came in. */
  readonly received: number
  readonly written: number
  readonly unchanged: number
  /** The number of times that somebody else had written a document first. */
  readonly conflicts: number
  /** Changes that can't be decoded, and documents that can't be written as they are. */
  readonly refused: number
  /** Rows that documents took, those of documents with refused rows included. */
  readonly rowsWritten: number
  /** Rows that can't be decoded, or that their documents can't take. */
  readonly rowsRefused: number
  /** Documents written without derived fields, which could not be computed. */
  readonly withoutDerived: number
  /** Changes that dead letters stand for, and which are settled by that. */
  readonly deadLettered: number
  /** Changes of rows that no definition claims. */
  readonly unclaimed: number
  /** From the oldest change to the end of the write, in milliseconds; 0 where no change says when it was made. */
  readonly delay: number
}

export interface Delivery {
  readonly summary: Summary
  /** Changes that must come again, in the order of the batch. Empty when all of it may be acknowledged. */
  readonly unacknowledged: ReadonlyArray<settlement.Unacknowledged>
  /** Documents that may or may not be written: the same changes again may settle them. */
  readonly unsettled: number
  /** Rows read by a scan that lost to what a stream had said before. */
  readonly outdated: number
  /** The patterns of keys that no definition claims, the most frequent first: a template's typo shows there. */
  readonly unclaimed: ReadonlyArray<PatternCount>
  /** Problems: what was refused, not settled, or written without derived fields. */
  readonly problems: ReadonlyArray<settlement.Problem>
  /** Changes that can never be written as they are, those that dead letters took among them. */
  readonly refusals: ReadonlyArray<Pick<settlement.Unacknowledged, "index" | "reason">>
  /** The reasons why dead letters were not taken, each once. */
  readonly notTaken: ReadonlyArray<string>
  /** The documents, and what became of each. */
  readonly settled: ReadonlyArray<Settled>
}

/** Nothing of the batch may be acknowledged: its records are not what the definition is made for. */
export class SourceError extends Data.TaggedError("SourceError")<{ readonly message: string }> {}

/** Tells whether the same changes again may be settled: with a wrong source or configuration they can't. */
export const isRetryable = (error: SourceError | SinkError): boolean =>
  error._tag === "SinkError" && error.reason.isRetryable

/** The steps of a batch, all done. */
interface Done {
  readonly table: Table
  readonly changes: ReadonlyArray<settlement.Received>
  /** All patches, those of marks alone included. */
  readonly all: ReadonlyArray<Settled>
  readonly settled: ReadonlyArray<Settled>
  readonly decoded: ReadonlyArray<Claimed>
  readonly results: ReadonlyArray<Claimed>
  /** Claims that are not settled, before dead letters are sent. */
  readonly open: ReadonlyArray<settlement.Open>
  readonly posted: Answer
  readonly unacknowledged: ReadonlyArray<settlement.Unacknowledged>
  /** Epoch milliseconds. */
  readonly now: number
}

/** Sums a batch up. Pure. */
export const deliveryOf = ({
  all,
  changes,
  decoded,
  now,
  open,
  posted,
  results,
  settled,
  table,
  unacknowledged
}: Done): Delivery => {
  const refused = settlement.refusals(decoded)
  const without = settlement.withoutDerived(settled)
  const unclaimed = unclaimedOf(table, changes, results)
  const count = (tag: Outcome["_tag"]) => settled.filter(({ outcome }) => outcome._tag === tag).length
  return {
    summary: {
      received: changes.length,
      written: count("Written"),
      unchanged: count("Unchanged"),
      conflicts: sum(all, ({ conflicts }) => conflicts),
      refused: settled.filter(({ outcome }) => refusalsOf(outcome).length > 0).length + refused.length,
      rowsWritten: sum(settled, settlement.rowsWritten),
      rowsRefused: refused.length + sum(settled, settlement.rowsRefused),
      withoutDerived: without.length,
      deadLettered: posted.deadLettered,
      unclaimed: unclaimed.rows,
      delay: settlement.delay(changes, now)
    },
    unacknowledged,
    unsettled: count("Unsettled"),
    outdated: sum(all, ({ outdated }) => outdated),
    unclaimed: unclaimed.counts(),
    problems: [...refused.map(settlement.refusal), ...settlement.problems(settled), ...without],
    refusals: open
      .filter(({ isRefused }) => isRefused)
      .map(({ index, meaning, reason }) => {
        return { index, reason: settlement.isRefusal(meaning) ? settlement.refusal(meaning).reason : reason }
      }),
    notTaken: posted.notTaken,
    settled
  }
}

const patternsMax = 5

const unclaimedOf = (table: Table, changes: Done["changes"], results: Done["results"]): KeyPatterns => {
  const patterns = new KeyPatterns(patternsMax)
  for (const [i, change] of changes.entries()) {
    if (results[i]!.length > 0 || Result.isFailure(change)) continue
    const { keys } = change.success
    patterns.add(keyPattern(table, keys), () => keyText(table, keys))
  }
  return patterns
}

/** The summary of no batch. */
export const none: Summary = {
  received: 0,
  written: 0,
  unchanged: 0,
  conflicts: 0,
  refused: 0,
  rowsWritten: 0,
  rowsRefused: 0,
  deadLettered: 0,
  withoutDerived: 0,
  unclaimed: 0,
  delay: 0
}

/** Adds two summaries up; the delay is the longer one. */
export const plus = (a: Summary, b: Summary): Summary => ({
  received: a.received + b.received,
  written: a.written + b.written,
  unchanged: a.unchanged + b.unchanged,
  conflicts: a.conflicts + b.conflicts,
  refused: a.refused + b.refused,
  rowsWritten: a.rowsWritten + b.rowsWritten,
  rowsRefused: a.rowsRefused + b.rowsRefused,
  deadLettered: a.deadLettered + b.deadLettered,
  withoutDerived: a.withoutDerived + b.withoutDerived,
  unclaimed: a.unclaimed + b.unclaimed,
  delay: Math.max(a.delay, b.delay)
})

/** Joins what became of one batch with two definitions; counts are those of the first. */
export const withPrevious = (now: Delivery, before: Delivery): Delivery => ({
  ...now,
  unacknowledged: settlement.unacknowledged([...now.unacknowledged, ...before.unacknowledged]),
  unsettled: now.unsettled + before.unsettled,
  problems: [...now.problems, ...before.problems],
  notTaken: [...new Set([...now.notTaken, ...before.notTaken])],
  settled: [...now.settled, ...before.settled]
})

const sum = (all: ReadonlyArray<Settled>, of: (one: Settled) => number): number =>
  all.reduce((total, one) => total + of(one), 0)
