/**
 * A table in memory, one checkpoint that outlives its readers, and whatever goes wrong between them: `world` is made
 * once per test, each `tail` is one process. Faults are decided by the test, per request, before it is made.
 */
import { type Duration, Effect, Fiber, Layer, Option, Result, Stream } from "effect"
import { TestClock } from "effect/testing"
import { type Checkpoint, CheckpointError, Checkpoints } from "../../../src/source/stream/Checkpoints.ts"
import { log, type Progress, Reporter } from "../../../src/source/stream/Progress.ts"
import {
  type RecordsPage,
  StreamApi,
  StreamApiError,
  type StreamApiReason
} from "../../../src/source/stream/StreamApi.ts"
import type { Batch } from "../../../src/source/Batch.ts"
import * as following from "../../../src/pipeline/following.ts"
import { type Answer, joined, settledPositions } from "../../../src/pipeline/joined.ts"
import type { Place } from "../../../src/source/stream/shards.ts"
import * as StreamTail from "../../../src/source/stream/StreamTail.ts"
import type { ReadRecord } from "../../../src/source/record/streamRecord.ts"
import * as MemoryTable from "../../../src/testing/MemoryTable.ts"

export interface Faults {
  /** The reason a request to DynamoDB fails, if it does; `subject` names the shard or stream. */
  request: (operation: string, subject: string) => StreamApiReason | undefined
  deliver: (sequenceNumbers: ReadonlyArray<string>) => string | undefined
  save: () => string | undefined
  /** Left out of the list of shards, as DynamoDB does at times. */
  isUnlisted: (shardId: string) => boolean
  /** Acknowledged and not delivered: what no tail can notice and every check must. */
  lose: () => boolean
}

export const makeWorld = Effect.fnUntraced(function* (options: MemoryTable.Options = {}) {
  const table = yield* MemoryTable.make(options)
  const faults: Faults = {
    request: () => undefined,
    deliver: () => undefined,
    save: () => undefined,
    isUnlisted: () => false,
    lose: () => false
  }
  const world = {
    table,
    faults,
    /** Sequence numbers in the order they were acknowledged, by all tails together. */
    delivered: [] as Array<string>,
    progress: [] as Array<Progress>,
    checkpoint: Option.none<Checkpoint>(),
    /** What the shards' iterators were asked for, in order. */
    asked: [] as Array<string>
  }
  const checkpoints = Checkpoints.of({
    load: Effect.sync(() => world.checkpoint),
    save: (checkpoint) =>
      Effect.suspend(() => {
        const message = faults.save()
        if (message !== undefined) return Effect.fail(new CheckpointError({ operation: "save", message }))
        world.checkpoint = Option.some(structuredClone(checkpoint))
        return Effect.void
      })
  })
  /** Of each batch by itself. */
  const deliver = (stopOn: (message: string) => boolean) => (batches: ReadonlyArray<Batch>) =>
    Effect.gen(function* () {
      const unacknowledged: Array<{ readonly index: number; readonly reason: string }> = []
      let begin = 0
      for (const { changes } of batches) {
        const numbers = changes.map(sequenceNumberOf)
        const reason = faults.deliver(numbers)
        if (reason !== undefined && stopOn(reason)) return yield* Effect.fail(reason)
        if (reason !== undefined) unacknowledged.push(...numbers.map((_, i) => ({ index: begin + i, reason })))
        else if (!faults.lose()) world.delivered.push(...numbers)
        begin += changes.length
      }
      return { unacknowledged }
    })
  const layer = Layer.mergeAll(
    Layer.succeed(StreamApi, faulty(table.streamApi, faults, world.asked)),
    Layer.succeed(Checkpoints, checkpoints)
  )
  const tail = ({ stopOn = () => false, ...options }: TailOptions = {}) =>
    follow(
      { tableName: table.tableName, from: "checkpoint", ...options },
      deliver(stopOn),
      (error) => !stopOn(error)
    ).pipe(
      Effect.provideService(Reporter, (progress) =>
        Effect.andThen(
          log(progress),
          Effect.sync(() => void world.progress.push(progress))
        )
      ),
      Effect.provide(layer)
    )
  return { ...world, world, tail }
})

interface TailOptions extends Partial<StreamTail.Options> {
  readonly stopOn?: (message: string) => boolean
}

/** Follows a table, with a function that delivers batches together. */
export const follow = <A extends Answer, E, R>(
  options: StreamTail.Options,
  deliver: (batches: ReadonlyArray<Batch<Place>>) => Effect.Effect<A, E, R>,
  isRetryable: (error: E) => boolean = () => true
) =>
  Effect.flatMap(StreamTail.begin(options), (tail) =>
    StreamTail.run(tail, (batches, stop) =>
      batches.pipe(joined({ deliver, isRetryable, stop, subjectOf: following.subjectOf }), Stream.map(settledPositions))
    )
  ).pipe(Effect.scoped)

/** The checkpoint of a reader that has not listed a shard yet. */
export const nothingRead = (streamArn: string): Checkpoint => ({ streamArn, listedTo: 0, shards: {}, times: {} })

/** Follows in the background while `during` runs, which moves the clock; then stops as a signal would. */
export const whileFollowing = <A, E, R, B, E2, R2>(
  follow: Effect.Effect<A, E, R>,
  during: Effect.Effect<B, E2, R2>
): Effect.Effect<B, E2, R | R2> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(follow)
    const result = yield* during
    yield* Fiber.interrupt(fiber)
    return result
  })

/**
 * Moves the clock after everything that can run without it has run: the TestClock waits for the fibers it wakes, but
 * not for those that were running before.
 */
export const advance = (duration: Duration.Input): Effect.Effect<void> =>
  Effect.andThen(Effect.repeat(Effect.yieldNow, { times: 200 }), TestClock.adjust(duration))

/** Runs to its end, with as much time as it asks for up to an hour. */
export const toEnd = <A, E, R>(follow: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(follow)
    for (let minutes = 0; fiber.pollUnsafe() === undefined && minutes < 60; minutes++) {
      yield* advance("1 minute")
    }
    if (fiber.pollUnsafe() === undefined) return yield* Effect.die(new Error("still following after an hour"))
    return yield* Fiber.join(fiber)
  })

export const once = { until: "caught-up" } as const

export const gaps = (progress: ReadonlyArray<Progress>) =>
  progress.flatMap((p) => (p._tag === "Gap" ? [p.message] : []))

export const tags = (progress: ReadonlyArray<Progress>, tag: Progress["_tag"]) =>
  progress.filter(({ _tag }) => _tag === tag)

export const order = (n: number) => ({ PK: { S: `ORDER#${n}` }, SK: { S: "DETAILS" } })

/** `count` new rows, and the sequence numbers their records should have come with, from the stream itself. */
export const putOrders = (table: MemoryTable.MemoryTable, from: number, count: number) =>
  Effect.forEach(Array.from({ length: count }), (_, i) => table.put({ ...order(from + i), n: { N: `${i}` } }), {
    discard: true
  })

/** All sequence numbers a stream (the newest, unless named) holds now, shard by shard, each in order. */
export const inStream = Effect.fnUntraced(function* (table: MemoryTable.MemoryTable, streamArn?: string) {
  const shards = yield* shardsOf(table, streamArn)
  return shards.map(({ numbers }) => numbers)
})

/** The same with each shard's place in the family. */
export const shardsOf = Effect.fnUntraced(function* (
  { streamApi, tableName }: MemoryTable.MemoryTable,
  streamArn?: string
) {
  const arn = streamArn ?? (yield* streamApi.findStream(tableName)).latest?.streamArn ?? ""
  const { shards } = yield* streamApi.describeStream(arn)
  return yield* Effect.forEach(shards, (shard) =>
    Effect.gen(function* () {
      const numbers: Array<string> = []
      let next: string | undefined = yield* streamApi.shardIterator(arn, shard.shardId, { _tag: "TrimHorizon" })
      while (next !== undefined) {
        const page: RecordsPage = yield* streamApi.records(next)
        numbers.push(...page.records.map((record) => (record as SdkRecord).dynamodb.SequenceNumber))
        next = page.records.length === 0 ? undefined : page.next
      }
      return { ...shard, numbers }
    })
  )
})

interface SdkRecord {
  readonly dynamodb: { readonly SequenceNumber: string }
}

export const sequenceNumberOf = (read: ReadRecord) => {
  const known = Result.isFailure(read) ? read.failure : read.success.origin
  return ("sequenceNumber" in known ? known.sequenceNumber : undefined) ?? "none"
}

const faulty = (api: StreamApi["Service"], faults: Faults, asked: Array<string>) => {
  const guard = <A>(operation: string, subject: string, request: Effect.Effect<A, StreamApiError>) =>
    Effect.suspend(() => {
      const reason = faults.request(operation, subject)
      if (reason === undefined) return request
      return Effect.fail(new StreamApiError({ operation, reason, message: `${operation} of ${subject}: injected` }))
    })
  return StreamApi.of({
    findStream: (tableName) => guard("DescribeTable", tableName, api.findStream(tableName)),
    describeStream: (streamArn) =>
      guard("DescribeStream", streamArn, api.describeStream(streamArn)).pipe(
        Effect.map(({ shards, viewType }) => ({
          viewType,
          shards: shards.filter(({ shardId }) => !faults.isUnlisted(shardId))
        }))
      ),
    shardIterator: (streamArn, shardId, start) =>
      guard(
        "GetShardIterator",
        shardId,
        Effect.tap(api.shardIterator(streamArn, shardId, start), () => Effect.sync(() => asked.push(start._tag)))
      ),
    records: (iterator) => guard("GetRecords", (JSON.parse(iterator) as [string, string])[1], api.records(iterator))
  })
}
