/**
 * A batch's source, as most of its records say it, where one of them says something else: such a record is damaged,
 * or strayed in, so it is refused by itself and its neighbours go on. Pure.
 */
import { Result } from "effect"
import * as Arn from "../Arn.ts"
import * as Claim from "../decode/Claim.ts"
import type * as Table from "../define/Table.ts"
import type { Claimed } from "./patches.ts"
import type { Received } from "./settlement.ts"

/** Refuses the records of another table than most of the batch is of. Where no table has most, all stay. */
export const ofOneTable = (changes: ReadonlyArray<Received>): ReadonlyArray<Received> =>
  withoutOthers(changes, Arn.tableOf)

/**
 * Refuses the records of another stream than most of the batch is of, for batches of a followed stream: those come from
 * one stream. A record under a label that is not its own would stand above or below all true changes of its row.
 */
export const ofOneStream = (changes: ReadonlyArray<Received>): ReadonlyArray<Received> =>
  withoutOthers(changes, (streamArn) => streamArn)

const withoutOthers = (
  changes: ReadonlyArray<Received>,
  sourceOf: (streamArn: string) => string
): ReadonlyArray<Received> => {
  const [first] = changes
  if (first === undefined || changes.every((change) => arnOf(change) === arnOf(first))) return changes
  const main = mostOf(changes, sourceOf)
  if (main === undefined) return changes
  return changes.map((change, i) => {
    const streamArn = arnOf(change)
    if (streamArn === undefined || sourceOf(streamArn) === main || !isStream(streamArn)) return change
    // Nothing can be read again by a name that may be wrong, so only the key is kept.
    if (Result.isFailure(change)) {
      return Result.fail({ ...change.failure, found: { keys: change.failure.found?.keys, streamArn: undefined } })
    }
    const { keys, origin } = change.success
    return Result.fail({
      _tag: "MalformedRecord" as const,
      message: `record ${i + 1} is of ${sourceOf(streamArn)}, and the others of its batch are of ${main}`,
      sequenceNumber: origin._tag === "Stream" ? origin.sequenceNumber : undefined,
      found: { keys, streamArn: undefined }
    })
  })
}

const arnOf = (change: Received): string | undefined => {
  if (Result.isFailure(change)) return change.failure.found?.streamArn
  const { origin } = change.success
  return origin._tag === "Stream" ? origin.streamArn : undefined
}

const isStream = (streamArn: string): boolean => Arn.epochOf(streamArn) !== undefined

/** The source of more than half of the records that name a stream. */
const mostOf = (changes: ReadonlyArray<Received>, sourceOf: (streamArn: string) => string): string | undefined => {
  const counts = new Map<string, number>()
  let all = 0
  for (const change of changes) {
    const streamArn = arnOf(change)
    if (streamArn === undefined || !isStream(streamArn)) continue
    const source = sourceOf(streamArn)
    counts.set(source, (counts.get(source) ?? 0) + 1)
    all++
  }
  return [...counts].find(([, count]) => count * 2 > all)?.[0]
}

/**
 * Refuses the records whose stream has no new images, by what they say, where more of the batch bring one: then it is
 * not the stream that is set up wrongly.
 */
export const withImages = (
  table: Table.Table,
  changes: ReadonlyArray<Received>,
  claimed: ReadonlyArray<Claimed>
): ReadonlyArray<Claimed> => {
  const without = claimed.filter(([first]) => first?._tag === "Misconfigured").length
  if (without === 0) return claimed
  const withOne = claimed.filter(([first]) => first?._tag === "Claim" && first.change.image !== undefined).length
  if (withOne <= without) return claimed
  return claimed.map((meanings, i) => {
    const change = changes[i]!
    const [first] = meanings
    return first?._tag === "Misconfigured" && Result.isSuccess(change)
      ? [Claim.reject(table, change.success, undefined, undefined, first.reason)]
      : meanings
  })
}
