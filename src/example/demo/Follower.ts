/**
 * Follows the demonstration's table and shows its rows turning into documents: each row with the time from its write to
 * its document, then each document as it now is.
 */
import { Clock, Console, Effect, Option, Result, Schedule, Stream } from "effect"
import { log } from "../../pipeline/log.ts"
import * as Pipeline from "../../pipeline/Pipeline.ts"
import { documentKey, textOf } from "../../decode/rowKey.ts"
import * as Documents from "../../sink/Documents.ts"
import type { Change } from "../../source/Change.ts"
import * as following from "../../pipeline/following.ts"
import { type Answer, joined, settledPositions } from "../../pipeline/joined.ts"
import type { Batch } from "../../source/Batch.ts"
import * as StreamTail from "../../source/stream/StreamTail.ts"
import type { ReadRecord } from "../../source/record/streamRecord.ts"
import { Failure } from "../../cli/Failure.ts"
import { table } from "../table.ts"
import type { Key, Write } from "./day.ts"
import type { Index } from "./Index.ts"
import type { Rows } from "./Rows.ts"
import * as show from "./show.ts"

export interface Shop {
  readonly rows: Rows
  readonly index: Index
}

/** More rows than that are shown by document, not one by one. */
const rowsShownMax = 8

export const make = ({ index, rows }: Shop) => {
  const writtenAt = new Map<string, Array<number>>()
  let isDelivering = false
  const timeOf = (key: string, change: Change, now: number): show.Delay => {
    const times = writtenAt.get(key)
    const at = times?.shift()
    if (times?.length === 0) writtenAt.delete(key)
    if (at !== undefined) return { millis: now - at, isExact: true }
    const { origin } = change
    // DynamoDB tells whole seconds, rounded down.
    return origin._tag === "Stream" && origin.createdAt !== undefined
      ? { millis: now - origin.createdAt, isExact: false }
      : undefined
  }

  const write = Effect.fnUntraced(function* (write: Write) {
    const key = nameOf(write._tag === "Put" ? write.row : write.key)
    const times = writtenAt.get(key) ?? []
    writtenAt.set(key, times)
    times.push(yield* Clock.currentTimeMillis)
    yield* rows.write(write)
  })

  const deliver = Effect.fnUntraced(function* (batch: ReadonlyArray<ReadRecord>) {
    const delivery = yield* Pipeline.deliver(table, batch)
    yield* log(delivery)
    const { summary, unacknowledged } = delivery
    // A row that is refused was reported by a warning. Here it is let go, so that one can play on.
    if (unacknowledged.length > 0 && summary.refused === 0) {
      return yield* new Failure({ message: unacknowledged[0]!.reason })
    }
    const now = yield* Clock.currentTimeMillis
    const changes = batch.flatMap((read) => (Result.isSuccess(read) ? [read.success] : []))
    const lines = changes.map((change) => lineOf(change, (key) => timeOf(key, change, now)))
    const byDocument = Map.groupBy(lines, ({ document }) => document)
    if (lines.length <= rowsShownMax) for (const line of lines) yield* Console.log(show.rowLine(line))
    for (const [document, rows] of byDocument) {
      if (lines.length > rowsShownMax) yield* Console.log(show.rowsLine(rows))
      if (document !== undefined) yield* showDocument(index, document)
    }
  })

  const deliverAll = (batches: ReadonlyArray<Batch>) =>
    Effect.suspend(() => {
      isDelivering = true
      const all = deliver(batches.flatMap(({ changes }) => changes))
      return Effect.as(
        Effect.ensuring(
          all,
          Effect.sync(() => (isDelivering = false))
        ),
        { unacknowledged: [] }
      )
    })

  const follow = followed(rows, deliverAll)

  /** Until all that was written has its document, and that is shown. */
  const settled = Effect.suspend(() =>
    writtenAt.size === 0 && !isDelivering ? Effect.void : Effect.fail("waiting")
  ).pipe(Effect.retry(Schedule.spaced("10 millis")), Effect.orDie)
  return { write, follow, settled }
}

export type Follower = ReturnType<typeof make>

const followed = <E, R>(rows: Rows, deliver: (batches: ReadonlyArray<Batch>) => Effect.Effect<Answer, E, R>) =>
  Effect.gen(function* () {
    const tail = yield* StreamTail.begin({
      tableName: rows.tableName,
      from: "trim-horizon",
      pollEvery: rows.endpoint === undefined ? "20 millis" : "100 millis"
    })
    yield* StreamTail.run(tail, (batches, stop) =>
      batches.pipe(
        joined({ deliver, isRetryable: () => true, stop, subjectOf: following.subjectOf }),
        Stream.map(settledPositions)
      )
    )
  }).pipe(Effect.scoped)

const showDocument = Effect.fnUntraced(function* (index: Index, document: string) {
  const [alias = "", id = ""] = document.split(/\/(.*)/s)
  const aggregate = table.aggregates.find(({ name }) => name === alias)!
  const json = Option.getOrUndefined(yield* Documents.json(aggregate, id))
  yield* Console.log(show.documentLine(`${index.aliasOf(alias)}/${id}`, json))
})

const nameOf = ({ PK, SK }: Key) => `${PK} / ${SK}`

const lineOf = (change: Change, delay: (key: string) => show.Delay) => {
  const PK = textOf(change.keys["PK"]) ?? ""
  const SK = textOf(change.keys["SK"]) ?? ""
  const key = nameOf({ PK, SK })
  const [claim] = table.claims(PK, SK)
  const document =
    claim === undefined ? undefined : `${claim.shape.aggregate.name}/${documentKey(claim.shape, claim.values).id}`
  const { origin } = change
  return { key, document, eventName: origin._tag === "Stream" ? origin.eventName : "", delay: delay(key) }
}
