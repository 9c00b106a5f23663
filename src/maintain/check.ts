/** Reads a table, a sample of it, or an export, and says what its rows are by a definition. Writes nothing. */
import { Effect, Layer, type Scope, Stream } from "effect"
import type * as Table from "../define/Table.ts"
import { type ExportError, ExportFiles } from "../source/export/ExportFiles.ts"
import { exportPages } from "../source/export/exportPages.ts"
import type { TableExport } from "../source/export/TableExport.ts"
import { samplePages, sampleSegments, shareOf } from "../source/scan/samplePages.ts"
import * as Scan from "../source/scan/Scan.ts"
import type { ScanApi, ScanApiError, TableDescription } from "../source/scan/ScanApi.ts"
import { layerMemory, type ScanProgressError } from "../source/scan/ScanProgress.ts"
import * as TableScan from "../source/scan/TableScan.ts"
import { CheckTally, type Report } from "./CheckTally.ts"

export interface Options {
  /** Rows to read at most, from all over the table. Defaults to all. */
  readonly rowsMax?: number | undefined
  /** Tells whether values of refused attributes are reported. Defaults to false. */
  readonly withValues?: boolean | undefined
  /** Called after each batch. */
  readonly onProgress?: ((progress: Progress) => Effect.Effect<void>) | undefined
}

export interface Progress {
  readonly rows: number
  /** Rows that are to be read, as far as it is known. */
  readonly rowsTotal: number
  readonly refused: number
  readonly unclaimed: number
}

export interface Checked extends Report {
  /** Rows that the table has, as DynamoDB last counted them, or the export. */
  readonly rowsTotal: number
  /** Read units used; none of an export. */
  readonly units: number
}

/** Checks the rows of a table. */
export const checkTable = Effect.fnUntraced(function* (
  definition: Table.Table,
  { segments, ...reading }: TableScan.Reading,
  options: Options
): Effect.fn.Return<Checked, ScanApiError | ScanProgressError, ScanApi> {
  const pages = yield* TableScan.pages({ ...reading, ...pagesFor(segments, options.rowsMax) })
  return yield* check(definition, pages, options)
})

const pagesFor = (segments: number | undefined, rowsMax: number | undefined) => {
  if (rowsMax === undefined) return { segments }
  const own = segments ?? sampleSegments(rowsMax)
  return { segments: own, pageRowsMax: Math.min(TableScan.pageRowsDefault, shareOf(rowsMax, own)) }
}

/** Checks the rows of an export, for which DynamoDB is not asked. */
export const checkExport = Effect.fnUntraced(function* (
  definition: Table.Table,
  taken: TableExport,
  options: Options
): Effect.fn.Return<Checked, ExportError | ScanProgressError, ExportFiles | Scope.Scope> {
  return yield* check(definition, yield* exportPages(taken, describedBy(definition, taken)), options)
})

/** The rest of what a table is, no check asks for. */
const describedBy = (
  { partitionKey, sortKey }: Table.Table,
  { bytes, rows, tableArn }: TableExport
): TableDescription => ({
  tableArn,
  partitionKey: { name: partitionKey, type: "S" },
  sortKey: sortKey === undefined ? undefined : { name: sortKey, type: "S" },
  epoch: 0,
  bytes,
  rows
})

const check = Effect.fnUntraced(
  function* <E>(definition: Table.Table, all: Scan.Pages<E>, options: Options) {
    const { rowsMax } = options
    const pages = rowsMax === undefined ? all : samplePages(all, rowsMax)
    const tally = new CheckTally(definition, options.withValues === true)
    const rowsTotal = pages.table.rows
    let units = 0
    const add = Effect.fnUntraced(function* ({ changes, ends, position, units: used }: Scan.Batch) {
      units += used
      tally.add(
        position.segment,
        changes.map(({ success }) => success),
        ends
      )
      const { refused, rows, unclaimed } = tally
      yield* (
        options.onProgress?.({ rows, rowsTotal: Math.min(rowsTotal, rowsMax ?? rowsTotal), refused, unclaimed }) ??
          Effect.void
      )
      return [position]
    })
    const scan = yield* Scan.begin(pages, { target: "check" })
    yield* Scan.run(scan, Stream.mapEffect(add))
    return { ...tally.report(), rowsTotal, units }
  },
  Effect.provide(Layer.fresh(layerMemory))
)
