/**
 * Feeds batches of damaged records, whole ones among them, through the handler and holds it to this: it answers, or
 * fails with a sentence of its own; whole records are written; of the damaged ones each is in a document, stands in a
 * dead letter, is nobody's, or comes again; and nothing of a row's data is seen in a log or a dead letter.
 */
import { assert } from "@effect/vitest"
import { Console, Effect, Layer, Result } from "effect"
import * as Claim from "../../src/decode/Claim.ts"
import { contentOf } from "../../src/decode/decode.ts"
import * as Version from "../../src/Version.ts"
import type * as Table from "../../src/define/Table.ts"
import * as Lambda from "../../src/lambda/Lambda.ts"
import * as DeadLetters from "../../src/sink/deadletter/DeadLetters.ts"
import { layerMemory, Sink } from "../../src/sink/Sink.ts"
import { readStreamRecord } from "../../src/source/record/streamRecord.ts"
import { Random } from "../whole/random.ts"
import { damaged, damagedEvent } from "./damage.ts"
import { type Kind, kinds, record, secret } from "./tables.ts"

/** How often what came of a damaged record. */
export interface Tally {
  records: number
  damaged: number
  settled: number
  deadLettered: number
  open: number
  failedBatches: number
}

/** Another `DAMAGE_SEED` makes other damage; the one that a failure names makes the same again. */
export const seed = Number(process.env["DAMAGE_SEED"] ?? 20_261_127)

/** What a failure of the handler may be. */
const ownFailure = /^(?:SourceError|SinkError|NothingSettled)$/

interface Batch {
  readonly records: ReadonlyArray<unknown>
  readonly whole: ReadonlyArray<number>
}

/** One container with a table's handler, what it has written, and where its lines go. */
const container = (table: Table.Table, random: Random, log: (line: unknown) => void) => {
  const sink = Effect.runSync(Effect.provide(Effect.service(Sink), layerMemory))
  const deadLetters: Array<DeadLetters.DeadLetter> = []
  const destination = Layer.succeed(DeadLetters.DeadLetters, {
    withData: random.chance(0.2),
    put: (taken) => Effect.sync(() => (deadLetters.push(...taken), new Map()))
  })
  const hasDeadLetters = random.chance(0.7)
  const layer = Layer.merge(Layer.succeed(Sink, sink), Layer.succeed(Console.Console, { ...console, log }))
  const handler = Lambda.make(table, hasDeadLetters ? { layer, deadLetters: destination } : { layer })
  return { handler, deadLetters, sink }
}

const batchOf = (own: ReadonlyArray<Kind>, first: number, random: Random): Batch => {
  const whole: Array<number> = []
  const share = random.pick([0.05, 0.9, 0.9, 0.9])
  const all = Array.from({ length: 20 }, (_, i) => {
    const id = `${first.toString(36).padStart(8, "0")}-${String(i).padStart(2, "0")}`
    const record_ = record(random.pick(own), id, first + i, random)
    if (i !== 7 && random.chance(share)) return damaged(record_, random)
    whole.push(i)
    return record_
  })
  return { records: all, whole }
}

/** Feeds `count` damaged records, with whole ones among them; all of it is chosen by the seed. */
export const feed = async (seed: number, count: number): Promise<Tally> => {
  const random = new Random(seed)
  const tally = { records: 0, damaged: 0, settled: 0, deadLettered: 0, open: 0, failedBatches: 0 }
  let lines: Array<string> = []
  const log = (line: unknown) => void lines.push(String(line))
  while (tally.damaged < count) {
    const { table } = random.pick(kinds)
    const own = kinds.filter((kind) => kind.table === table)
    const at = container(table, random, log)
    for (let i = 0; i < 50 && tally.damaged < count; i++) {
      const batch = batchOf(own, tally.records, random)
      lines = []
      at.deadLetters.length = 0
      await check(table, at, batch, lines, tally)
      if (random.chance(0.2)) await feedNoEvent(at.handler, damagedEvent(batch.records, random))
    }
  }
  return tally
}

const attempt = (handler: Lambda.Handler, event: unknown) =>
  handler(event).then(
    (response) => ({ response, error: undefined }),
    (error: unknown) => ({ response: undefined, error: error as { readonly _tag?: string } & Error })
  )

const feedNoEvent = async (handler: Lambda.Handler, event: unknown) => {
  const { error } = await attempt(handler, event)
  if (error !== undefined) assert.match(String(error._tag), ownFailure, String(error.stack))
}

const check = async (
  table: Table.Table,
  { handler, deadLetters, sink }: ReturnType<typeof container>,
  { records, whole }: Batch,
  lines: ReadonlyArray<string>,
  tally: Tally
) => {
  const { error, response } = await attempt(handler, { Records: records })
  tally.records += records.length
  tally.damaged += records.length - whole.length
  if (error !== undefined) {
    tally.failedBatches++
    assert.match(String(error._tag), ownFailure, String(error.stack))
    // A record without a number can't be named in an answer, so all of its batch comes again, by a failure.
    assert.include(error.message, "no answer can name it")
  }
  const open = response?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) ?? ["0"]
  for (const [i, value] of records.entries()) {
    const isWhole = whole.includes(i)
    const read = readStreamRecord(value, i + 1)
    const sequence = Result.isSuccess(read) ? sequenceOf(read.success) : read.failure.sequenceNumber
    const isOpen = open.length > 0 && (sequence === undefined || Version.compareSequence(sequence, open[0]!) >= 0)
    if (isWhole) {
      if (!(await areWritten(sink, Claim.of(table, Result.getOrThrow(read)))))
        assert.fail(`the whole record ${i + 1} is not written`)
    } else if (isOpen) tally.open++
    else if (deadLetters.some(({ rows }) => rows.some(({ sequenceNumber }) => sequenceNumber === sequence)))
      tally.deadLettered++
    else {
      const isSettled = Result.isSuccess(read) && (await areWritten(sink, Claim.of(table, read.success)))
      if (!isSettled) assert.fail(`record ${i + 1} is lost: ${JSON.stringify(value)?.slice(0, 2000)}`)
      tally.settled++
    }
  }
  const told = [
    ...lines,
    ...deadLetters.map((deadLetter) => JSON.stringify({ ...deadLetter, rows: [] })),
    error?.message ?? ""
  ]
  const leak = told.find((line) => line.includes(secret))
  if (leak !== undefined && !records.some((value) => keysHold(value, secret))) assert.fail(`data is told: ${leak}`)
  for (const deadLetter of deadLetters) DeadLetters.encode(deadLetter)
}

const sequenceOf = ({ origin }: Claim.Claim["change"]): string | undefined =>
  origin._tag === "Stream" ? origin.sequenceNumber : undefined

/** Tells whether all claims are written, of which there is something to write: a row may be of nobody, or of no kind. */
const areWritten = async (sink: Sink["Service"], claims: ReadonlyArray<Claim.Claimed>): Promise<boolean> => {
  for (const claim of claims) {
    if (claim._tag !== "Claim") return false
    const content = contentOf(claim)
    if (Result.isSuccess(content) && content.success === undefined) continue
    const [document] = await Effect.runPromise(sink.read(claim.shape, [claim.id]))
    const row = document?.rows.find(({ rowKey }) => rowKey === claim.rowKey)
    if (row === undefined || Version.compare(row.version, claim.version) < 0) return false
  }
  return true
}

/** Tells whether a row's data was put where keys stand, which are told. */
const keysHold = (value: unknown, text: string): boolean => {
  try {
    return JSON.stringify((value as { dynamodb: { Keys: unknown } }).dynamodb.Keys).includes(text)
  } catch {
    return false
  }
}
