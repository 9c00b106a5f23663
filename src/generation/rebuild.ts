/**
 * A new generation from the table, or from another one that takes its place, while the old one goes on: made, noticed
 * by every writer, filled, verified, and only then what readers see. Each step looks at what is there already, so that
 * a rebuild stopped anywhere goes on.
 */
import { Clock, Data, Duration, Effect } from "effect"
import type * as Aggregate from "../define/Aggregate.ts"
import * as Table from "../define/Table.ts"
import type { Sink } from "../sink/Sink.ts"
import type { Transport } from "../sink/opensearch/Transport.ts"
import type { ScanApi } from "../source/scan/ScanApi.ts"
import type { ScanProgress } from "../source/scan/ScanProgress.ts"
import type { TableReader } from "../source/scan/TableReader.ts"
import * as Backfill from "../maintain/backfill.ts"
import type { Progress } from "../maintain/BackfillTally.ts"
import { describe } from "../maintain/checkKeyNames.ts"
import { missingRows } from "./missingRows.ts"
import { type Plan, plan } from "./plan.ts"
import * as promote from "./promote.ts"
import type { StoredDocuments } from "../maintain/StoredDocuments.ts"
import * as Verify from "../maintain/verify.ts"
import type { Report } from "../maintain/VerifyTally.ts"

export interface Options {
  readonly tableName: string
  readonly aliasPrefix: string
  /** Tells whether a generation may be made beside a live one of another table. Defaults to no. */
  readonly isNewSource?: boolean | undefined
  readonly segments?: number | undefined
  readonly unitsPerSecond?: number | undefined
  /**
   * The time to wait after a generation was made before its backfill begins. Every writer must have noticed it by then,
   * or a change that the scan came too early for would be in neither. Defaults to 90 seconds: writers look once a
   * minute.
   */
  readonly noticedAfter?: Duration.Input | undefined
  /** As `verify` has it. */
  readonly settle?: Duration.Input | undefined
  readonly onStep: (sentence: string) => Effect.Effect<void>
  readonly onBackfill?: ((progress: Progress) => Effect.Effect<void>) | undefined
}

/** A fault of the new generation that was found and could not be put right; the generation is not promoted. */
export class NotRight extends Data.TaggedError("NotRight")<{ readonly message: string }> {}

export type RebuildError = Backfill.BackfillError | Verify.VerifyError | NotRight

type Needs = ScanApi | ScanProgress | TableReader | StoredDocuments | Sink | Transport

/** The aggregates to rebuild, and the table to rebuild them from. */
interface Work {
  readonly tableArn: string
  readonly part: Table.Table
  readonly options: Options
}

/**
 * Makes, fills and verifies the generations that the table's definitions need anew. Gives the aggregates that are ready
 * to be promoted; none where no definition needs one. Readers notice nothing yet.
 */
export const rebuild = Effect.fnUntraced(function* (
  table: Table.Table,
  options: Options
): Effect.fn.Return<ReadonlyArray<Aggregate.Any>, RebuildError, Needs> {
  const { epoch, tableArn } = yield* describe(table, options.tableName)
  const plans = yield* plan(table.aggregates, options.aliasPrefix, tableArn)
  const other = plans.map(otherSource).find((source) => source !== undefined)
  if (other !== undefined && options.isNewSource !== true) {
    return yield* new NotRight({
      message: `${other}, not from ${tableArn}; if this table takes the other's place, add --new-source`
    })
  }
  const due = plans.filter(({ change }) => change._tag === "NewGeneration" || change._tag === "NewSource")
  if (due.length === 0) return []
  for (const { aggregate, alias } of due) {
    const source = { kind: "stream", tableArn, epoch } as const
    const { index, isNew } = yield* promote.make(aggregate, options.aliasPrefix, source)
    yield* options.onStep(`${alias}: ${index} ${isNew ? "is made" : "was made before"}`)
  }
  const aggregates = due.map(({ aggregate }) => aggregate)
  const work = { tableArn, part: Table.part(table, aggregates), options }
  yield* untilNoticed(work)
  yield* fill(work)
  yield* verified(work)
  return aggregates
})

/** Says that readers see rows of another table. */
const otherSource = ({ alias, change }: Plan): string | undefined =>
  change._tag === "NewSource"
    ? `readers of "${alias}" see ${change.index}, which is made from ${change.source}`
    : undefined

const owns = ({ options: { aliasPrefix }, part, tableArn }: Work) =>
  Effect.forEach(part.aggregates, (aggregate) =>
    Effect.map(promote.findGenerations(aggregate, aliasPrefix, tableArn), ({ own }) => own)
  )

const untilNoticed = Effect.fnUntraced(function* (work: Work) {
  const { options } = work
  const made = (yield* owns(work)).map((own) => own?.meta.createdAt ?? 0)
  const from = Math.max(...made) + Duration.toMillis(options.noticedAfter ?? "90 seconds")
  const left = from - (yield* Clock.currentTimeMillis)
  if (left <= 0) return
  yield* options.onStep(`waiting ${Math.ceil(left / 1000)} s, until every writer has noticed what was made`)
  yield* Effect.sleep(Duration.millis(left))
})

const fill = Effect.fnUntraced(function* (work: Work) {
  if ((yield* owns(work)).every((own) => own?.state.filled === true)) return
  const { options, part } = work
  const { onBackfill: onProgress, segments, tableName, unitsPerSecond } = options
  yield* options.onStep(`filling from ${tableName}`)
  const { documents, refusals, refused, rows } = yield* Backfill.backfill(part, {
    tableName,
    segments,
    unitsPerSecond,
    onSaved: options.onStep,
    onProgress
  })
  yield* options.onStep(`filled: ${rows} rows made ${documents} documents`)
  for (const reason of refusals) yield* options.onStep(`refused: ${reason}`)
  if (refused > refusals.length) yield* options.onStep(`${refused} rows or documents were refused in all`)
})

/** Of as many refused rows it is looked up whether readers see them now. */
const refusedMax = 1000

/** Verifies and repairs, and verifies again if there was something: only what was found right as a whole is marked. */
const verified = Effect.fnUntraced(function* (work: Work) {
  const { options, part } = work
  const { segments, settle, tableName, unitsPerSecond } = options
  const scan = { tableName, segments, settle, unitsPerSecond }
  const check = Verify.verify(part, { ...scan, isRepairing: true, namedMax: refusedMax })
  yield* options.onStep("verifying what was filled")
  let report = yield* check
  if (report.drift + report.restless > 0) {
    yield* options.onStep(`${inWords(report)}; verifying once more`)
    report = yield* check
  }
  if (report.drift > 0) {
    return yield* new NotRight({ message: `${inWords(report)}; look with \`tablefold verify\`, then run this again` })
  }
  if (report.restless > 0) {
    return yield* new NotRight({
      message:
        `${inWords(report)}, such as ${report.restlessNamed[0]}; is the stream written to the new index? Deploy its ` +
        "definition, or give a longer --settle, then run this again"
    })
  }
  yield* withoutHoles(work, report)
  for (const aggregate of part.aggregates) {
    if (yield* promote.markVerified(aggregate, options.aliasPrefix, report)) continue
    return yield* new NotRight({
      message: `changes of "${aggregate.name}" were left out during the verification; run this again`
    })
  }
  const { counts, documents, rows } = report
  const others = counts.refused === 0 ? "" : `, but for ${counts.refused} refused`
  yield* options.onStep(`verified: ${rows} rows and ${documents} documents agree${others}`)
})

/** Fails where readers would miss rows that they see now, and where so many are refused that nobody can tell. */
const withoutHoles = Effect.fnUntraced(function* ({ options, part, tableArn }: Work, report: Report) {
  const refused = report.named.filter(({ kind }) => kind === "refused")
  const found = yield* Effect.forEach(part.aggregates, (aggregate) =>
    missingRows(
      aggregate,
      options.aliasPrefix,
      tableArn,
      refused.filter((named) => named.aggregate === aggregate.name)
    )
  )
  const [first] = found.flat()
  const n = found.flat().length
  if (first !== undefined) {
    return yield* new NotRight({
      message:
        `readers would miss ${n === 1 ? "a row" : `${n} rows`} of the live index that the new one refuses, such as ` +
        `${first.key} (${first.reason}); mend the table or the definition, then run this again`
    })
  }
  if (refused.length === report.counts.refused) return
  return yield* new NotRight({
    message: `${report.counts.refused} rows are refused; look with \`tablefold verify\`, then run this again`
  })
})

const inWords = ({ drift, repaired, restless }: Report): string => {
  const found = `${drift} ${drift === 1 ? "difference" : "differences"} found, ${repaired} repaired`
  if (restless === 0) return found
  const open = `${restless} ${restless === 1 ? "aggregate" : "aggregates"} changed in the table and not in the index`
  return drift === 0 ? open : `${found}; ${open}`
}
