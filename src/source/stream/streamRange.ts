/** The records of a shard from one sequence number to another, as far as the stream still has them. */
import { Effect, Result, Schedule } from "effect"
import { backoff } from "../retryForever.ts"
import { type IteratorStart, type RecordsPage, StreamApi, type StreamApiError } from "./StreamApi.ts"
import { type ReadRecord, readStreamRecord } from "../record/streamRecord.ts"

export interface Range {
  readonly streamArn: string
  readonly shardId: string
  readonly startSequenceNumber: string
  readonly endSequenceNumber: string
}

export interface Found {
  readonly records: ReadonlyArray<ReadRecord>
  /** A sentence about what the stream no longer has; `undefined` where it has all of it. */
  readonly missing: string | undefined
}

/** Pages without records before a shard is given up; GetRecords may give many before it reaches data. */
const emptyPagesMax = 50

/** Each request is tried up to eight times, waiting for about half a minute in all. */
const policy = backoff.pipe(Schedule.upTo({ times: 7 }))

/** Reads the range. What is older than the 24 hours that a stream keeps is reported as missing; the rest is given. */
export const readRange = Effect.fnUntraced(function* (
  range: Range
): Effect.fn.Return<Found, StreamApiError, StreamApi> {
  const api = yield* StreamApi
  const { shardId, streamArn } = range
  const patiently = <A>(request: Effect.Effect<A, StreamApiError>) =>
    Effect.retry(request, { schedule: policy, while: (error) => error.isRetryable })
  const request = (from: IteratorStart, iterator: string | undefined) =>
    iterator === undefined
      ? Effect.flatMap(patiently(api.shardIterator(streamArn, shardId, from)), (made) => patiently(api.records(made)))
      : patiently(api.records(iterator))

  const records: Array<ReadRecord> = []
  let from: IteratorStart = { _tag: "At", sequenceNumber: range.startSequenceNumber }
  let iterator: string | undefined
  let missing: string | undefined
  for (let empty = 0; empty < emptyPagesMax;) {
    const result: Result.Result<RecordsPage, StreamApiError> = yield* Effect.result(request(from, iterator))
    if (Result.isFailure(result)) {
      iterator = undefined
      const { reason } = result.failure
      if (reason._tag === "ShardGone" || reason._tag === "StreamGone") {
        return { records, missing: `${streamArn} no longer has the shard ${shardId}` }
      }
      if (reason._tag === "IteratorExpired") continue
      if (reason._tag !== "RecordsTrimmed" || from._tag === "TrimHorizon") return yield* result.failure
      missing = `${streamArn} no longer has all records from ${range.startSequenceNumber} to ${range.endSequenceNumber}`
      from = { _tag: "TrimHorizon" }
      continue
    }
    const { next, records: page } = result.success
    for (const [i, each] of page.entries()) {
      const record = readStreamRecord(each, i + 1, streamArn)
      const sequenceNumber = sequenceNumberOf(record)
      if (sequenceNumber !== undefined) {
        if (BigInt(sequenceNumber) > BigInt(range.endSequenceNumber)) return { records, missing }
        from = { _tag: "After", sequenceNumber }
      }
      records.push(record)
      if (sequenceNumber !== undefined && BigInt(sequenceNumber) === BigInt(range.endSequenceNumber)) {
        return { records, missing }
      }
    }
    if (next === undefined) return { records, missing: missing ?? endless(range) }
    iterator = next
    if (page.length > 0) empty = 0
    else {
      empty++
      yield* Effect.sleep("200 millis")
    }
  }
  return { records, missing: missing ?? endless(range) }
})

const endless = ({ endSequenceNumber, shardId }: Range) =>
  `the shard ${shardId} gave no record up to ${endSequenceNumber}`

const sequenceNumberOf = (record: ReadRecord): string | undefined => {
  if (Result.isFailure(record)) return record.failure.sequenceNumber
  const { origin } = record.success
  return origin._tag === "Stream" ? origin.sequenceNumber : undefined
}
