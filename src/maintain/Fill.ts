/**
 * A table's generations filled in parts, by as many processes as somebody else starts. A plan is made once. A part of
 * it, a file of an export or a segment of a scan, is read and written by itself. At the end all are marked as filled.
 * Nothing is kept in between: who starts the processes hands on the plan, and the place in a part. A part that is done
 * again changes nothing.
 */
import { Clock, Data, Duration, Effect, Option, Schema, type Scope } from "effect"
import * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import type * as Pipeline from "../pipeline/Pipeline.ts"
import type { Sink, SinkError } from "../sink/Sink.ts"
import type { ExportError, ExportFiles } from "../source/export/ExportFiles.ts"
import { epochBefore, exportPages } from "../source/export/exportPages.ts"
import * as TableExport from "../source/export/TableExport.ts"
import * as Scan from "../source/scan/Scan.ts"
import { ScanApi, type ScanApiError } from "../source/scan/ScanApi.ts"
import { type Place, ScanProgress, type State } from "../source/scan/ScanProgress.ts"
import * as TableScan from "../source/scan/TableScan.ts"
import { BackfillTally, type Report } from "./BackfillTally.ts"
import { describe } from "./checkKeyNames.ts"
import { exportProblem } from "./exportProblem.ts"
import { settleScan } from "./settleScan.ts"
import { type Generation, StoredDocuments } from "./StoredDocuments.ts"
import * as verificationDue from "./verificationDue.ts"

const KeyAttribute = Schema.Struct({ name: Schema.String, type: Schema.Literals(["S", "N", "B"]) })

/** All that parts have in common. */
export const Plan = Schema.Struct({
  /** The table as it was named. */
  tableName: Schema.String,
  table: Schema.Struct({
    tableArn: Schema.String,
    partitionKey: KeyAttribute,
    sortKey: Schema.optionalKey(KeyAttribute),
    /** The time at which its stream was made, asked for before the first row was read. */
    epoch: Schema.Finite,
    bytes: Schema.Finite,
    rows: Schema.Finite
  }),
  /** The generations that are filled, by names that no others ever have. */
  target: Schema.String,
  /** True where they were never filled before. */
  isFirst: Schema.Boolean,
  /** The export that the rows come from; absent for the table itself. */
  export: Schema.optionalKey(
    Schema.Struct({ place: Schema.String, exportArn: Schema.String, exportedAt: Schema.Finite })
  ),
  /** Reasons to verify afterwards. */
  verificationDue: Schema.Array(Schema.String)
})
export type Plan = typeof Plan.Type

/** A segment of a scan, from 0. */
export const Segment = Schema.Struct({ segment: Schema.Int, segments: Schema.Int })
export type Segment = typeof Segment.Type

/** A fill that can't be done, and will not be by trying again. */
export class FillRefused extends Data.TaggedError("FillRefused")<{ readonly message: string }> {}

/** Nothing was settled in the time there was; trying again may go better. */
export class FillTooSlow extends Data.TaggedError("FillTooSlow")<{ readonly message: string }> {}

export type FillError = Pipeline.SourceError | SinkError | ScanApiError | ExportError | FillRefused | FillTooSlow

/** Makes the plan for a fill from the table of that name, or from an export of it. */
export const begin = Effect.fnUntraced(function* (
  definition: Table.Table,
  tableName: string,
  taken: TableExport.Summary | undefined
): Effect.fn.Return<Plan, FillError, ScanApi | StoredDocuments> {
  const table = yield* describe(definition, tableName)
  if (taken !== undefined) {
    const { exportArn, exportedAt, place, tableArn } = taken
    if (tableArn !== table.tableArn) {
      return yield* new FillRefused({ message: `${place} is an export of ${tableArn}, not of ${table.tableArn}` })
    }
    yield* checkAge({ exportArn, exportedAt, place })
  }
  const { sortKey, ...others } = table
  const generations = yield* generationsOf(definition, table.tableArn)
  return {
    tableName,
    table: { ...others, ...(sortKey && { sortKey }) },
    target: targetOf(generations),
    isFirst: generations.every(({ filled }) => !filled),
    ...(taken && { export: { place: taken.place, exportArn: taken.exportArn, exportedAt: taken.exportedAt } }),
    verificationDue: verificationDue.before(generations, table.epoch, taken?.exportedAt)
  }
})

/** The segments that a scan of the plan's table is best cut into. */
export const segmentsOf = ({ table }: Plan): number => TableScan.segmentsFor(table.bytes, Scan.segmentsAtOnceDefault)

export interface Options {
  /** The place to go on from, as an earlier call gave it. Defaults to the beginning. */
  readonly from?: Place | undefined
  /** Ends after this; what is on its way then is settled within it. Defaults to when all is done. */
  readonly time?: Duration.Duration | undefined
}

export interface Filled extends Omit<Report, "verificationDue"> {
  /** The place to go on from; `"finished"` once nothing is left. */
  readonly at: Place
}

/** The share of the time after which nothing new is begun. */
const readingShare = 0.85

/** Reads a part, the pages of a `file` or a `segment`, and writes its documents, until it is through or time is up. */
export const part = Effect.fnUntraced(function* <E, R>(
  definition: Table.Table,
  plan: Plan,
  pages: Effect.Effect<Scan.Pages<E>, E | FillRefused, R>,
  { from = "new", time = Duration.infinity }: Options = {}
): Effect.fn.Return<Filled, FillError | E, Exclude<R, Scope.Scope> | StoredDocuments | Sink> {
  yield* checkTarget(definition, plan)
  const begun = yield* Clock.currentTimeMillis
  let state: State = {
    tableArn: plan.table.tableArn,
    target: plan.target,
    startedAt: begun,
    writtenFrom: null,
    rows: 0,
    segments: [from]
  }
  const progress = ScanProgress.of({
    load: Effect.sync(() => Option.some(state)),
    save: (next) => Effect.sync(() => void (state = next)),
    clear: Effect.void
  })
  const filling = Effect.gen(function* () {
    const { isFirst, target } = plan
    const scan = yield* Scan.begin(yield* pages, { target, isFirst, segmentsAtOnce: 1 })
    const tally = new BackfillTally(scan.start)
    const stop = Duration.isFinite(time) ? Effect.sleep(Duration.times(time, readingShare)) : undefined
    yield* Effect.timeoutOption(settleScan(definition, scan, tally, { stop }), time)
    return tally.report()
  }).pipe(
    Effect.scoped,
    Effect.provideService(ScanProgress, progress),
    Effect.catchTag("ScanProgressError", Effect.die)
  )
  const report = yield* filling
  const at = state.segments[0]!
  if (at === "finished" || JSON.stringify(at) !== JSON.stringify(from)) return { ...report, at }
  return yield* new FillTooSlow({ message: "nothing of the part could be settled in the time that there was" })
})

/** Finds the rows of one file of the plan's export, whose files lie in the very place. */
export const file = Effect.fnUntraced(function* (
  { export: taken, table }: Plan,
  line: TableExport.ManifestFile
): Effect.fn.Return<Scan.Pages<ExportError>, ExportError | FillRefused, ExportFiles | Scope.Scope> {
  if (taken === undefined) return yield* new FillRefused({ message: "the plan is not that of an export" })
  const own = yield* TableExport.openFile(line)
  const { tableArn } = table
  const whole = { ...taken, root: "", tableArn, rows: own.rows, bytes: 0, files: [own] }
  return yield* exportPages(whole, { ...table, sortKey: table.sortKey })
})

/** Finds the rows of one segment of the plan's table. */
export const segment = (
  { table, tableName }: Plan,
  own: Segment
): Effect.Effect<Scan.Pages<ScanApiError>, never, ScanApi> =>
  Effect.map(ScanApi, (api) => ({
    table: { ...table, sortKey: table.sortKey },
    segments: 1,
    read: ({ after }) => TableScan.readPage(api, tableName, { ...own, after }, TableScan.pageRowsDefault)
  }))

/** Marks the plan's generations as filled, once all of its parts are finished. */
export const end = Effect.fnUntraced(function* (
  definition: Table.Table,
  plan: Plan
): Effect.fn.Return<void, FillError, StoredDocuments> {
  yield* checkTarget(definition, plan)
  const stored = yield* StoredDocuments
  const { epoch, tableArn } = plan.table
  const own = { tableArn, epoch: plan.export === undefined ? epoch : epochBefore(epoch, plan.export.exportedAt) }
  yield* Effect.forEach(definition.aggregates, (aggregate) => stored.markFilled(Shape.of(aggregate), own))
})

const generationsOf = Effect.fnUntraced(function* (definition: Table.Table, tableArn: string) {
  const stored = yield* StoredDocuments
  return yield* Effect.forEach(definition.aggregates, (aggregate) => stored.generation(Shape.of(aggregate), tableArn))
})

const targetOf = (generations: ReadonlyArray<Generation>): string =>
  generations.map(({ writeAlias }) => writeAlias).join(",")

/** Fails where other generations are written by now: what parts wrote before is not in them. */
const checkTarget = Effect.fnUntraced(function* (definition: Table.Table, plan: Plan) {
  if (plan.export !== undefined) yield* checkAge(plan.export)
  const target = targetOf(yield* generationsOf(definition, plan.table.tableArn))
  if (target === plan.target) return
  return yield* new FillRefused({
    message: `the fill was begun for ${plan.target}, and ${target} is written now: begin it anew`
  })
})

const checkAge = Effect.fnUntraced(function* (taken: NonNullable<Plan["export"]>) {
  const problem = exportProblem(taken, yield* Clock.currentTimeMillis)
  if (problem !== undefined) return yield* new FillRefused({ message: problem })
})
