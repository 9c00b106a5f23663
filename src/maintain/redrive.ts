/**
 * Dead letters worked off. A dead letter's row is read from the table, consistently, and what is read, or "removed",
 * goes through the pipeline under the dead letter's version with the time of the reading: newer than what was refused,
 * older than whatever the stream said since. So a dead letter may be redriven late, twice, and in any order; its data
 * counts for nothing.
 */
import { Clock, Context, Effect, Result } from "effect"
import * as Arn from "../Arn.ts"
import * as Claim from "../decode/Claim.ts"
import { groupBy } from "../groupBy.ts"
import { decode } from "../decode/decode.ts"
import * as Version from "../Version.ts"
import type * as Table from "../define/Table.ts"
import { keysOf } from "../pipeline/deadLetters.ts"
import * as Pipeline from "../pipeline/Pipeline.ts"
import { refusal } from "../pipeline/settlement.ts"
import { DeadLetters } from "../sink/deadletter/DeadLetters.ts"
import type * as DeadLetterQueue from "../sink/deadletter/DeadLetterQueue.ts"
import type { Sink, SinkError } from "../sink/Sink.ts"
import type { Attributes, Change } from "../source/Change.ts"
import type { StreamApi, StreamApiError } from "../source/stream/StreamApi.ts"
import { readRange } from "../source/stream/streamRange.ts"
import type { ReadRecord } from "../source/record/streamRecord.ts"
import * as KeyNames from "../KeyNames.ts"
import { TableReader, type TableReadError } from "../source/scan/TableReader.ts"

/** The result for one thing out of a dead letter queue: settled, so that it may go, or not, and why. */
export interface Answer {
  readonly isSettled: boolean
  /** Rows that are as the table has them now. */
  readonly rows: number
  readonly reasons: ReadonlyArray<string>
}

export type RedriveError = Pipeline.SourceError | SinkError | StreamApiError | TableReadError

/** A row to be read again, and the version that it is to stand under. */
interface Wanted {
  readonly tableArn: string
  readonly keys: Attributes
  readonly version: Version.Version
}

/** The content of a dead letter or message: rows, and what of it can't be read again. */
interface Opened {
  readonly rows: ReadonlyArray<Wanted>
  readonly problems: ReadonlyArray<string>
}

/**
 * Redrives some contents of a dead letter queue, each with an answer, in their order. With `isDryRun` nothing is
 * written: the rows are read and decoded, so the answers are those of the definition alone.
 */
export const redrive = Effect.fn("redrive")(function* (
  table: Table.Table,
  contents: ReadonlyArray<DeadLetterQueue.Content>,
  isDryRun = false
): Effect.fn.Return<ReadonlyArray<Answer>, RedriveError, Sink | StreamApi | TableReader> {
  yield* checkKeys(table, contents)
  const opened = yield* Effect.forEach(contents, (content) => open(table, content))
  const wanted = opened.flatMap(({ rows }) => rows)
  const problems = new Map<Wanted, string>()
  for (const [tableArn, rows] of groupBy(wanted, ({ tableArn }) => tableArn)) {
    for (const [row, problem] of yield* apply(table, tableArn, rows, isDryRun)) problems.set(row, problem)
  }
  return opened.map(({ rows, problems: own }): Answer => {
    const reasons = [...own, ...new Set(rows.flatMap((row) => problems.get(row) ?? []))]
    const applied = rows.filter((row) => !problems.has(row)).length
    return { isSettled: reasons.length === 0, rows: applied, reasons }
  })
})

/** Fails where the definition's key names are not a table's: no row would be claimed, or another one. */
const checkKeys = Effect.fnUntraced(function* (table: Table.Table, contents: ReadonlyArray<DeadLetterQueue.Content>) {
  const reader = yield* TableReader
  const tables = new Set(
    contents.flatMap((content) => {
      if (content._tag === "DeadLetter") return content.deadLetter.tableArn ?? []
      const { streamArn } = content.batch
      return Arn.epochOf(streamArn) === undefined ? [] : Arn.tableOf(streamArn)
    })
  )
  for (const tableArn of tables) {
    const problem = KeyNames.problem(tableArn, yield* reader.keyNames(tableArn), table)
    if (problem !== undefined) return yield* new Pipeline.SourceError({ message: problem })
  }
})

/** Reads rows of one table and applies what was read; gives those that are still not settled, with the reason. */
const apply = Effect.fnUntraced(function* (
  table: Table.Table,
  tableArn: string,
  rows: ReadonlyArray<Wanted>,
  isDryRun: boolean
) {
  const problems = new Map<Wanted, string>()
  for (const row of rows) {
    const problem = problemOf(table, row)
    if (problem !== undefined) problems.set(row, problem)
  }
  const claimed = rows.filter((row) => !problems.has(row))
  // Taken before the request: what is read may be newer than this says, and then the stream tells it again.
  const readAt = yield* Clock.currentTimeMillis
  const images = yield* (yield* TableReader).rows(
    tableArn,
    claimed.map(({ keys }) => keys)
  )
  const changes = claimed.map((row, i) => changeOf(row, images[i], readAt))
  if (isDryRun) {
    for (const [i, change] of changes.entries()) {
      for (const meaning of decode(table, change)) {
        if (meaning._tag === "Reject") problems.set(claimed[i]!, refusal(meaning).sentence)
        if (meaning._tag === "Misconfigured") return yield* new Pipeline.SourceError({ message: meaning.reason })
      }
    }
    return problems
  }
  if (changes.length === 0) return problems
  // A row that is refused again has its dead letter already.
  const { unacknowledged } = yield* Pipeline.deliver(table, changes.map(Result.succeed), {
    maySkipSuperseded: false
  }).pipe(Effect.updateContext((context: Context.Context<Sink>) => Context.omit(DeadLetters)(context)))
  for (const { index, reason } of unacknowledged) problems.set(claimed[index]!, reason)
  return problems
})

const changeOf = ({ keys, tableArn, version }: Wanted, image: Attributes | undefined, readAt: number): Change => {
  const { epoch, kind, sequence } = version
  return { keys, image, origin: { _tag: "Reading", tableArn, epoch, kind, sequence, readAt } }
}

const unclaimed = "no aggregate of the definition claims its row"

/** Says why a row is not to be read; `undefined` for one that an aggregate claims. */
const problemOf = (table: Table.Table, row: Wanted): string | undefined => {
  const [first] = Claim.of(table, changeOf(row, undefined, 0))
  return first === undefined ? unclaimed : first._tag === "Claim" ? undefined : first.reason
}

const open = (table: Table.Table, content: DeadLetterQueue.Content): Effect.Effect<Opened, StreamApiError, StreamApi> =>
  content._tag === "DeadLetter" ? Effect.succeed(openDeadLetter(content.deadLetter)) : openBatch(table, content.batch)

const openDeadLetter = (
  deadLetter: Extract<DeadLetterQueue.Content, { readonly _tag: "DeadLetter" }>["deadLetter"]
): Opened => {
  const rows: Array<Wanted> = []
  const problems: Array<string> = []
  for (const { key, keys, sequenceNumber, version } of deadLetter.rows) {
    const { tableArn } = deadLetter
    if (keys !== undefined && version !== undefined && tableArn !== undefined) rows.push({ tableArn, keys, version })
    else {
      const what =
        keys === undefined
          ? "its record does not name a row by the table's keys"
          : "its record did not say where it stood, so verify the index, then remove the dead letter by hand"
      problems.push(`${key ?? `the record ${sequenceNumber ?? "without number"}`} can't be read again: ${what}`)
    }
  }
  return { rows, problems }
}

/** Lambda's message says only where records stand: which rows they were about, the stream tells while it has them. */
const openBatch = Effect.fnUntraced(function* (table: Table.Table, batch: DeadLetterQueue.StreamBatch) {
  const { missing, records } = yield* readRange(batch)
  const rows = new Map<string, Wanted>()
  const problems: Array<string> = []
  for (const record of records) {
    const row = wantedOf(table, record, batch.streamArn)
    if (typeof row === "string") problems.push(row)
    else if (problemOf(table, row) !== unclaimed) rows.set(JSON.stringify(row.keys), row)
  }
  if (missing !== undefined) {
    problems.push(
      `${missing}; which rows those were is no longer known, so compare the index with the table and then remove ` +
        "the message by hand"
    )
  }
  return { rows: [...rows.values()], problems }
})

/** Records stand in the order of their sequence numbers, so the last one of a row is its newest. */
const wantedOf = (table: Table.Table, record: ReadRecord, streamArn: string): Wanted | string => {
  const told = Result.isSuccess(record)
    ? { keys: record.success.keys, ...(record.success.origin._tag === "Stream" ? record.success.origin : {}) }
    : { keys: record.failure.found?.keys, sequenceNumber: record.failure.sequenceNumber }
  const epoch = Arn.epochOf(streamArn)
  if (epoch === undefined) return `"${streamArn}" is not the ARN of a DynamoDB stream`
  const { sequenceNumber } = told
  const keys = keysOf(table, told.keys)
  if (keys === undefined || sequenceNumber === undefined) {
    return `the record ${sequenceNumber ?? "without number"} can't be read again: it does not name a row`
  }
  return { tableArn: Arn.tableOf(streamArn), keys, version: Version.stream(epoch, sequenceNumber) }
}
