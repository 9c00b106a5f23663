/**
 * Compares a table and its documents both ways while the stream is live, and repairs what is wrong if asked to.
 *
 * A scan gives candidates, and so does a walk through all documents; neither is believed. Each candidate is looked at
 * again in the order that repair needs, document first, and once more when the stream has had time to tell what had
 * changed: only what differs in the same way in both inspections is drift. Repair is safe whatever the stream does
 * meanwhile. Memory holds pages and a limited number of candidates, whatever the table's size.
 */
import { Clock, Effect, Semaphore, Stream } from "effect"
import type { DocumentRef } from "../define/DocumentRef.ts"
import * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import type { SourceError } from "../pipeline/Pipeline.ts"
import type { Sink, SinkError } from "../sink/Sink.ts"
import type { ScanApi, ScanApiError } from "../source/scan/ScanApi.ts"
import { layerMemory, type ScanProgressError } from "../source/scan/ScanProgress.ts"
import type { TableReader, TableReadError } from "../source/scan/TableReader.ts"
import * as Scan from "../source/scan/Scan.ts"
import * as TableScan from "../source/scan/TableScan.ts"
import { describe } from "./checkKeyNames.ts"
import * as Settle from "./settle.ts"
import { StoredDocuments } from "./StoredDocuments.ts"
import { CandidateSet } from "./CandidateSet.ts"
import { candidateDocuments, candidateRows } from "./candidates.ts"
import { Tally, type Progress, type Report } from "./VerifyTally.ts"

export interface Options extends Omit<TableScan.Options, "target" | "isFirst">, Settle.Options {
  /** The most findings that the report names; all are counted. Defaults to 20. */
  readonly namedMax?: number | undefined
  /** Tells whether the findings that are named hold what index and table have, which may be much. Defaults to no. */
  readonly withValues?: boolean | undefined
  readonly onProgress?: ((progress: Progress) => Effect.Effect<void>) | undefined
}

export type VerifyError = SourceError | SinkError | ScanApiError | ScanProgressError | TableReadError

/** Candidates held at a time; each is an id. */
const candidatesMax = 1000

/**
 * Verifies all aggregates of a table. For repair the sink should remember no documents (`cacheBytesMax: 0`): one that
 * somebody else removed it would take for written. What it finds is in the report; it fails where it could not look.
 */
export const verify = Effect.fnUntraced(function* (
  table: Table.Table,
  options: Options
): Effect.fn.Return<Report, VerifyError, ScanApi | TableReader | StoredDocuments | Sink> {
  const documents = yield* StoredDocuments
  const { tableArn } = yield* describe(table, options.tableName)
  const begun = yield* Effect.forEach(table.aggregates.map(Shape.of), (shape) =>
    Effect.map(documents.generation(shape, tableArn), ({ marks, name, writeAlias }) => {
      return [shape.aggregate.name, { index: name, writeAlias, marks }] as const
    })
  )
  const naming = { namedMax: options.namedMax ?? 20, withValues: options.withValues ?? false }
  const tally = new Tally(yield* Clock.currentTimeMillis, Object.fromEntries(begun), naming)
  const candidates = new CandidateSet()
  const turn = Semaphore.makeUnsafe(1)
  const settle = Effect.suspend(() => Settle.settle(table, options, candidates.take(), tally))
  const add = Effect.fnUntraced(function* (found: ReadonlyArray<DocumentRef>) {
    for (const candidate of found) candidates.add(candidate)
    if (candidates.size >= candidatesMax) yield* turn.withPermits(1)(settle)
    yield* options.onProgress?.(tally.progress()) ?? Effect.void
  })
  const cut = new Set<string>()
  yield* Effect.gen(function* () {
    const scan = yield* TableScan.begin({ ...options, target: "verify" })
    tally.begin(scan.start.table)
    const inspect = Effect.fnUntraced(function* (batch: Scan.Batch) {
      const found = yield* candidateRows(table, tableArn, batch, cut)
      tally.add(batch)
      yield* add(found)
      return [batch.position]
    })
    yield* Scan.run(
      scan,
      Stream.mapEffect(inspect, { concurrency: options.segmentsAtOnce ?? Scan.segmentsAtOnceDefault })
    )
  }).pipe(Effect.provide(layerMemory))
  for (const shape of table.aggregates.map(Shape.of)) {
    yield* documents.each(shape, tableArn, (page) =>
      Effect.flatMap(candidateDocuments(shape, page, tally.table, cut), (found) => (tally.addPage(page), add(found)))
    )
  }
  yield* settle
  return tally.report()
})
