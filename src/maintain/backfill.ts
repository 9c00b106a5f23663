/**
 * Fills the generations of a table's aggregates from the table itself, by a scan through the same pipeline that the
 * stream takes, while the stream is live. What the stream said of a row stands, whenever the page was read or written.
 */
import { Effect, type Scope } from "effect"
import * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import * as IsoTime from "../IsoTime.ts"
import type * as Pipeline from "../pipeline/Pipeline.ts"
import type { Sink, SinkError } from "../sink/Sink.ts"
import { type ExportError, ExportFiles } from "../source/export/ExportFiles.ts"
import { exportPages } from "../source/export/exportPages.ts"
import type { TableExport } from "../source/export/TableExport.ts"
import * as Scan from "../source/scan/Scan.ts"
import type { ScanApi, ScanApiError, TableDescription } from "../source/scan/ScanApi.ts"
import type { ScanProgress, ScanProgressError } from "../source/scan/ScanProgress.ts"
import * as TableScan from "../source/scan/TableScan.ts"
import { BackfillTally, type Progress, type Report, resumedOf } from "./BackfillTally.ts"
import { describe } from "./checkKeyNames.ts"
import { settleScan } from "./settleScan.ts"
import { StoredDocuments } from "./StoredDocuments.ts"
import * as verificationDue from "./verificationDue.ts"

export interface Options extends TableScan.Reading, Pick<Scan.Options, "segmentsAtOnce" | "heldBytesMax"> {
  /** The export that the rows come from. Defaults to the table itself. */
  readonly from?: Export | undefined
  /** Called before the first page if there is a saved state, with a sentence: what is left, or why it begins anew. */
  readonly onSaved?: ((sentence: string) => Effect.Effect<void>) | undefined
  /** Called after each delivery. */
  readonly onProgress?: ((progress: Progress) => Effect.Effect<void>) | undefined
}

export interface Export {
  readonly taken: TableExport
  readonly files: ExportFiles["Service"]
}

export type BackfillError = Pipeline.SourceError | SinkError | ScanApiError | ExportError | ScanProgressError

/**
 * Reads the table and writes its documents. A document that can't be written as it is is counted, and the rest goes on;
 * what is unsettled is tried again without end, after 0.2 to 12 seconds each time. At its end each generation is marked
 * as filled.
 */
export const backfill = Effect.fnUntraced(function* (
  definition: Table.Table,
  options: Options
): Effect.fn.Return<Report, BackfillError, ScanApi | ScanProgress | StoredDocuments | Sink | Scope.Scope> {
  const stored = yield* StoredDocuments
  const shapes = definition.aggregates.map(Shape.of)
  const table = yield* describe(definition, options.tableName)
  const { tableArn } = table
  const before = yield* Effect.forEach(shapes, (shape) => stored.generation(shape, tableArn))
  const { from } = options
  const scanOptions: Scan.Options = {
    ...options,
    isFirst: before.every(({ filled }) => !filled),
    targetMadeAt: Math.max(...before.map(({ createdAt }) => createdAt)),
    target: [...before.map(({ writeAlias }) => writeAlias), from?.taken.exportArn ?? "the table"].join(",")
  }
  const scan: Scan.Scan<ScanApiError | ExportError> =
    from === undefined
      ? yield* TableScan.begin({ ...options, ...scanOptions })
      : yield* exportScan(from, table, scanOptions)
  const { epoch } = scan.start.table
  const tally = new BackfillTally(scan.start)
  const saved = savedText(scan.start)
  if (saved !== undefined) yield* options.onSaved?.(saved) ?? Effect.void
  const onDelivered = Effect.suspend(() => options.onProgress?.(tally.progress()) ?? Effect.void)
  yield* settleScan(definition, scan, tally, { onDelivered })
  yield* Effect.forEach(shapes, (shape) => stored.markFilled(shape, { tableArn, epoch }), { discard: true })
  const due = verificationDue.before(before, epoch, from?.taken.exportedAt)
  return { ...tally.report(), verificationDue: [...due, ...verificationDue.after(tally.outdated, tally.writtenFrom)] }
}, Effect.scoped)

const exportScan = ({ files, taken }: Export, table: TableDescription, options: Scan.Options) =>
  exportPages(taken, table).pipe(
    Effect.flatMap((pages) => Scan.begin(pages, options)),
    Effect.provideService(ExportFiles, files)
  )

const savedText = ({ resumed, segments, stale }: Scan.Start): string | undefined => {
  if (stale !== undefined) return `the saved state is not gone on with, the scan begins anew: ${stale}`
  if (resumed === undefined) return undefined
  const { rows, segmentsLeft, startedAt } = resumedOf(resumed)
  return (
    `going on with the scan begun ${IsoTime.format(startedAt)}: ` +
    `${rows} ${rows === 1 ? "row was" : "rows were"} delivered ` +
    `before, ${segmentsLeft} of ${segments} segments are left`
  )
}
