/**
 * Tells what of a batch is settled, by what its changes meant and what became of their patches: a change is once all of
 * its claims are. Pure.
 */
import { Result } from "effect"
import * as Arn from "../Arn.ts"
import { groupBy } from "../groupBy.ts"
import type { Claim } from "../decode/Claim.ts"
import type { Reject } from "../decode/RowEvent.ts"
import * as Table from "../define/Table.ts"
import type { Patch } from "../fold/Patch.ts"
import type { Claimed, Meaning } from "./patches.ts"
import { type Origin, type Outcome, refusalsOf, type Settled } from "../sink/Sink.ts"
import type { Change } from "../source/Change.ts"
import type { MalformedRecord } from "../source/record/streamRecord.ts"

/** A change as sources hand it over: whole, or malformed. */
export type Received = Result.Result<Change, MalformedRecord>

/**
 * Says why a batch is not of the definition's table: of its records none has the table's keys. One record
 * among others is only refused. `undefined` where one fits, or where none says its keys.
 */
export const noRecordFits = (table: Table.Table, changes: ReadonlyArray<Received>): string | undefined => {
  let other: Change | undefined
  for (const change of changes) {
    const keys = Result.isSuccess(change) ? change.success.keys : change.failure.found?.keys
    if (keys !== undefined && Table.hasKeyNames(table, keys)) return undefined
    if (Result.isSuccess(change)) other ??= change.success
  }
  if (other === undefined) return undefined
  const { keys, origin } = other
  return (
    `the keys of ${origin._tag === "Stream" ? origin.streamArn : origin.tableArn} are ` +
    `${Table.otherKeyNames(table, Object.keys(keys))}; correct partitionKey and sortKey in Table.make, or feed the ` +
    "stream of the table that it describes"
  )
}

/** A change that must come again: where it stood in the batch, and why. */
export interface Unacknowledged {
  readonly index: number
  readonly sequenceNumber: string | undefined
  /** The aggregate's name; `undefined` where the record did not get that far. */
  readonly aggregate: string | undefined
  readonly reason: string
  /** Tells whether it can never be written as it is; the same change again settles nothing then. */
  readonly isRefused: boolean
}

/** A claim that is not settled, or that was refused; a change may have several. */
export interface Open extends Unacknowledged {
  readonly meaning: Meaning
}

export const isRefusal = (meaning: Meaning): meaning is Reject | MalformedRecord =>
  meaning._tag === "Reject" || meaning._tag === "MalformedRecord"

/** The refusals among the meanings of a batch's changes. */
export const refusals = (results: ReadonlyArray<Claimed>): ReadonlyArray<Reject | MalformedRecord> =>
  results.some((meanings) => meanings.some(isRefusal)) ? results.flat().filter(isRefusal) : []

/**
 * Meanings in which a claim that can't be decoded counts as a claim while the write of its document, and so of its
 * mark, is open: no dead letter settles it yet, and it comes again.
 */
export const withoutOpenMarks = (
  claimed: ReadonlyArray<Claimed>,
  results: ReadonlyArray<Claimed>,
  settled: ReadonlyArray<Settled>
): ReadonlyArray<Claimed> => {
  const open = new Set(settled.flatMap(({ outcome, patch }) => (outcome._tag === "Unsettled" ? documentOf(patch) : [])))
  if (open.size === 0 || refusals(results).length === 0) return results
  return results.map((meanings, i) =>
    meanings.map((meaning, at) => {
      const claim = claimed[i]![at]!
      return claim._tag === "Claim" && open.has(documentOf(claim)) ? claim : meaning
    })
  )
}

const documentOf = ({ id, shape }: Pick<Patch, "id" | "shape">): string => JSON.stringify([shape.aggregate.name, id])

/** The claims for which their changes may not be acknowledged, in the order of the batch. */
export const open = (
  changes: ReadonlyArray<Received>,
  results: ReadonlyArray<Claimed>,
  settled: ReadonlyArray<Settled>
): ReadonlyArray<Open> => {
  const outcomes = new Map<Patch["shape"], Map<string, Outcome>>()
  for (const { outcome, patch } of settled) {
    if (outcome._tag === "Written" || outcome._tag === "Unchanged") continue
    const { id, shape } = patch
    const ids = outcomes.get(shape) ?? new Map<string, Outcome>()
    outcomes.set(shape, ids.set(id, outcome))
  }
  if (outcomes.size === 0 && refusals(results).length === 0) return []
  return results.flatMap((meanings, index) =>
    meanings.flatMap((meaning): ReadonlyArray<Open> => {
      const why: Why | undefined = isRefusal(meaning)
        ? { reason: refusal(meaning).sentence, isRefused: true }
        : meaning._tag === "Claim"
          ? reasonFor(meaning, outcomes.get(meaning.shape)?.get(meaning.id))
          : undefined
      if (why === undefined) return []
      const sequenceNumber = sequenceNumberOf(changes[index]!)
      return [{ index, ...why, aggregate: aggregateOf(meaning), sequenceNumber, meaning }]
    })
  )
}

const aggregateOf = (meaning: Meaning): string | undefined => {
  if (meaning._tag === "Claim") return meaning.shape.aggregate.name
  return meaning._tag === "Reject" ? meaning.aggregate : undefined
}

/** The changes that must come again, each with its first reason; refused where all that is open of it is. */
export const unacknowledged = (open: ReadonlyArray<Unacknowledged>): ReadonlyArray<Unacknowledged> =>
  [...groupBy(open, ({ index }) => index).values()]
    .map(([first, ...others]): Unacknowledged => {
      const { aggregate, index, isRefused, reason, sequenceNumber } = first!
      return {
        index,
        sequenceNumber,
        aggregate,
        reason,
        isRefused: isRefused && others.every(({ isRefused }) => isRefused)
      }
    })
    .sort((a, b) => a.index - b.index)

type Why = Pick<Unacknowledged, "reason" | "isRefused">

const reasonFor = ({ rowKey }: Claim, outcome: Outcome | undefined): Why | undefined => {
  if (outcome === undefined) return undefined
  const refused = refusalsOf(outcome).find((refusal) => refusal.rowKey === undefined || refusal.rowKey === rowKey)
  if (refused !== undefined) return { reason: refused.reason, isRefused: true }
  return outcome._tag === "Unsettled" ? { reason: outcome.reason, isRefused: false } : undefined
}

/** Something that was not written: the sentence about it, and the part of it that says why. */
export interface Problem {
  readonly sentence: string
  readonly reason: string
}

/** The change that can't be decoded: which row, and why. */
export const refusal = (refused: Reject | MalformedRecord): Problem => {
  if (refused._tag === "MalformedRecord") return { sentence: refused.message, reason: refused.message }
  const { aggregate, key, reason, sequenceNumber } = refused
  const at = sequenceNumber === undefined ? "" : ` at ${sequenceNumber}`
  const record = [aggregate ?? "a record", key].filter((text) => text !== "").join(" ")
  return { sentence: `${record}${at}: ${reason}`, reason }
}

/** Lists what was not written: which document or row, and why. */
export const problems = (settled: ReadonlyArray<Settled>): ReadonlyArray<Problem> =>
  settled.flatMap(({ outcome, patch: { id, shape } }): ReadonlyArray<Problem> => {
    const document = `${shape.aggregate.name} ${id}`
    const refused = refusalsOf(outcome).map(({ reason, rowKey }) => ({
      sentence: `${document}${rowKey ? ` / ${rowKey}` : ""} is refused: ${reason}`,
      reason
    }))
    if (outcome._tag !== "Unsettled") return refused
    return [{ sentence: `${document} is not settled: ${outcome.reason}`, reason: outcome.reason }, ...refused]
  })

/** Rows of a patch that its document took, where it was written. */
export const rowsWritten = ({ outcome, patch }: Settled): number =>
  outcome._tag === "Written" || outcome._tag === "Refused" ? patch.registers.size - rowsRefused({ outcome, patch }) : 0

/** Rows of a patch that its document can't take. */
export const rowsRefused = ({ outcome, patch }: Pick<Settled, "outcome" | "patch">): number => {
  const refusals = refusalsOf(outcome)
  return refusals.some(({ rowKey }) => rowKey === undefined) ? patch.registers.size : refusals.length
}

/** Documents that were written without derived fields: which document, which fields, and why. */
export const withoutDerived = (settled: ReadonlyArray<Settled>): ReadonlyArray<Problem> =>
  settled.flatMap(({ outcome, patch: { id, shape } }): ReadonlyArray<Problem> => {
    if (!("notComputed" in outcome)) return []
    const { fields, reason } = outcome.notComputed
    const document = `${shape.aggregate.name} ${id}`
    return [{ sentence: `${document} is written without ${fields.join(", ")}: ${reason}`, reason }]
  })

/** Problems and reasons that are named one by one. A batch of Lambda's holds up to 10,000 rows. */
const namedMax = 10

/** The lines for a log: the first problems as they are, the others counted by reason, the most frequent first. */
export const summarize = (problems: ReadonlyArray<Problem>): ReadonlyArray<string> => {
  const groups = [...groupBy(problems.slice(namedMax), ({ reason }) => reason)]
  const counted = groups.map(([kind, { length }]) => ({ kind, length })).sort((a, b) => b.length - a.length)
  const rest = counted.slice(namedMax)
  const others = rest.reduce((sum, { length }) => sum + length, 0)
  return [
    ...problems.slice(0, namedMax).map(({ sentence }) => sentence),
    ...counted.slice(0, namedMax).map(({ kind, length }) => `and ${length} more: ${kind}`),
    ...(rest.length === 0 ? [] : [`and ${others} more, for ${rest.length} other reasons`])
  ]
}

/** For each document which rows changed and what became of it: keys, never data. */
export const describe = (settled: ReadonlyArray<Settled>): ReadonlyArray<string> =>
  settled.map(({ outcome, patch: { id, registers, shape } }) => {
    const rows = [...registers.keys()].join(", ")
    return `${shape.aggregate.name} ${id} (${rows}): ${outcome._tag.toLowerCase()}`
  })

/** The streams and scans that changes come from, one entry each. */
export const originsOf = (changes: ReadonlyArray<Received>): ReadonlyArray<Origin> => {
  const byKey = new Map<string, Origin>()
  let last = ""
  let lastAt: number | undefined
  for (const change of changes) {
    if (Result.isFailure(change)) continue
    const { origin } = change.success
    const isStream = origin._tag === "Stream"
    const key = isStream ? origin.streamArn : origin.tableArn
    const at = isStream ? origin.createdAt : undefined
    if (key === last && at === lastAt) continue
    last = key
    lastAt = at
    const known = byKey.get(key)
    if (known !== undefined && (at === undefined || (known.changedAt ?? 0) >= at)) continue
    const tableArn = isStream ? Arn.tableOf(origin.streamArn) : origin.tableArn
    const epoch = isStream ? Arn.epochOf(origin.streamArn) : origin.epoch
    if (epoch !== undefined) byKey.set(key, { tableArn, epoch, changedAt: at ?? known?.changedAt })
  }
  return [...byKey.values()]
}

/** The time at which the oldest of some changes was made, in epoch milliseconds; `undefined` where none says so. */
export const oldestAt = (changes: ReadonlyArray<Received>): number | undefined => {
  let oldest: number | undefined
  for (const change of changes) {
    if (Result.isFailure(change)) continue
    const { origin } = change.success
    const at = origin._tag === "Stream" ? origin.createdAt : undefined
    if (at !== undefined && (oldest === undefined || at < oldest)) oldest = at
  }
  return oldest
}

/** From the oldest change to `now`, in milliseconds; 0 where no change says when it was made. */
export const delay = (changes: ReadonlyArray<Received>, now: number): number =>
  Math.max(0, now - (oldestAt(changes) ?? now))

const sequenceNumberOf = (change: Received): string | undefined => {
  if (Result.isFailure(change)) return change.failure.sequenceNumber
  const { origin } = change.success
  return origin._tag === "Stream" ? origin.sequenceNumber : undefined
}
