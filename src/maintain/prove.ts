/**
 * Proof that an index is right, a part at a time: each run goes on where the last one ended, through the table and
 * through the index, within a budget. A difference is looked at again by the next runs, and counts only once the stream
 * was seen past the time at which it was first found: until then the stream may still bring what is missing.
 */
import { Clock, Duration, Effect } from "effect"
import * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import { type Sink, SinkError } from "../sink/Sink.ts"
import * as Proof from "../sink/opensearch/Proof.ts"
import { ScanApi, type ScanApiError } from "../source/scan/ScanApi.ts"
import type { ScanProgressError } from "../source/scan/ScanProgress.ts"
import { TableReader, type TableReadError } from "../source/scan/TableReader.ts"
import * as TableScan from "../source/scan/TableScan.ts"
import type { SourceError } from "../pipeline/Pipeline.ts"
import { checkKeyNames } from "./checkKeyNames.ts"
import { lookAgain, repairWrong, settleCandidates } from "./differences.ts"
import { ProofRun, roomIn } from "./ProofRun.ts"
import { Proofs } from "./Proofs.ts"
import { proveIndex } from "./proveIndex.ts"
import { proveTable, segments } from "./proveTable.ts"
import type { StoredDocuments } from "./StoredDocuments.ts"

export interface Options {
  readonly tableName: string
  /** The time that a run may take. */
  readonly time: Duration.Input
  /** Read units that a run may take; the page that exceeds them is its last. Defaults to 20,000. */
  readonly unitsMax?: number | undefined
  /** The time from the beginning of a round to that of the next one. Defaults to a day. */
  readonly every?: Duration.Input | undefined
  /** Lets a round be due that began before this time, in epoch milliseconds, whatever `every` says. */
  readonly since?: number | undefined
  /** The time after which a document that differs is looked at again in the same run. Defaults to 10 seconds. */
  readonly settle?: Duration.Input | undefined
  /** Documents that are repaired in a round; where more are wrong, none is. Defaults to 0. */
  readonly repairsMax?: number | undefined
}

export interface Report {
  /** Rows and documents that this run compared, and the read units that it took. */
  readonly rows: number
  readonly documents: number
  readonly units: number
  readonly repaired: number
  /** Tells that nothing is left to be read until the next round is due. */
  readonly isResting: boolean
  readonly aggregates: ReadonlyArray<Proof.Summary & { readonly aggregate: string; readonly index: string }>
}

export type ProveError = SourceError | SinkError | ScanApiError | ScanProgressError | TableReadError

type Needs = ScanApi | TableReader | StoredDocuments | Proofs | Sink

/** Candidates held at a time; each is an id. */
const candidatesMax = 1000

/** Makes one run. */
export const prove = Effect.fnUntraced(function* (
  table: Table.Table,
  options: Options
): Effect.fn.Return<Report, ProveError, Needs> {
  const { repairsMax = 0, settle = "10 seconds", tableName, time, unitsMax = 20_000 } = options
  const now = yield* Clock.currentTimeMillis
  const pages = yield* TableScan.pages({ tableName, segments })
  yield* checkKeyNames(table, pages.table)
  const proofs = yield* Proofs
  const held = yield* Effect.forEach(table.aggregates.map(Shape.of), (shape) =>
    Effect.map(proofs.load(shape, pages.table.tableArn), (held) => [shape, held] as const)
  )
  const run = new ProofRun(table, pages.table, held, { until: now + readingTime(time, settle), unitsMax })
  const walk = Effect.gen(function* () {
    yield* lookAgain(run, tableName)
    yield* repairWrong(run, tableName, repairsMax)
    let isResting = false
    while (!isResting && run.candidates.size < candidatesMax && (yield* roomIn(run))) {
      const next = nextOf(run, yield* Clock.currentTimeMillis, options)
      if (next === undefined) isResting = true
      else if (next === "table") yield* proveTable(run, pages, tableName)
      else yield* proveIndex(run, next, tableName)
    }
    yield* settleCandidates(run, { tableName, settle })
    return isResting
  })
  const isResting = yield* counted(run, walk)
  if (run.isFull) {
    yield* Effect.logError(
      "more documents differ than are remembered, so nothing further is compared: is the stream followed? " +
        "`tablefold verify --repair` looks at all of them"
    )
  }
  const { documents, kept, repaired, rows, units } = run
  yield* Effect.forEach(kept, ({ held, proof, shape }) => proofs.save(shape, held, proof), { discard: true })
  const aggregates = kept.map(({ held: { index }, proof, shape }) => {
    return { aggregate: shape.aggregate.name, index, ...Proof.summarize(proof) }
  })
  return { rows, documents, units, repaired, isResting, aggregates }
})

/** The rest is for looking again at what was found: twice the time to settle, half of all at most. */
const readingTime = (time: Duration.Input, settle: Duration.Input): number => {
  const all = Duration.toMillis(time)
  return Math.max(all / 2, all - 2 * Duration.toMillis(settle))
}

/** The walk that goes on: the table's, or the index's of an aggregate. */
const nextOf = (run: ProofRun, now: number, { every = "1 day", since = 0 }: Options) => {
  const rest = Math.min(Duration.toMillis(every), now - since)
  const walks = run.own.flatMap(({ proof, shape }) => [
    { of: "table" as const, walk: proof.table, since: proof.since },
    { of: shape, walk: proof.index, since: proof.since }
  ])
  return Proof.next(walks, now, rest)?.of
}

/** Counts read units: those that DynamoDB says, and one for each row read by its key. */
const counted = <A, E, R>(run: ProofRun, effect: Effect.Effect<A, E, R | ScanApi | TableReader>) =>
  Effect.gen(function* () {
    const api = yield* ScanApi
    const reader = yield* TableReader
    const add = (units: number) => Effect.sync(() => void (run.units += units))
    return yield* effect.pipe(
      Effect.provideService(ScanApi, {
        ...api,
        query: (partition) => Effect.tap(api.query(partition), ({ units }) => add(units))
      }),
      Effect.provideService(TableReader, {
        ...reader,
        has: (tableArn, keys) => Effect.tap(reader.has(tableArn, keys), () => add(keys.length))
      })
    )
  })
