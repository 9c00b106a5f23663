/**
 * Filling in parts by AWS Lambda: a handler for whoever starts many of its invocations side by side, such as a
 * distributed map of Step Functions. An event is one of four: an export or a table's name begins and answers with a
 * plan; a plan with a part fills that part; a plan with `end` marks the indices as filled. All else is kept by whoever
 * sends them.
 */
import { Duration, Effect, Layer, Schema } from "effect"
import * as Arn from "../Arn.ts"
import type * as Table from "../define/Table.ts"
import * as Fill from "../maintain/Fill.ts"
import type { StoredDocuments } from "../maintain/StoredDocuments.ts"
import * as s3 from "../s3.ts"
import * as setting from "../setting.ts"
import type { Sink, SinkError } from "../sink/Sink.ts"
import * as TableExport from "../source/export/TableExport.ts"
import { Place } from "../source/scan/ScanProgress.ts"
import { Container, type Context, timeBefore } from "./Container.ts"

export interface BackfillOptions {
  /** The sink, and with it the indices as they are stored: `OpenSearchIndex.layerConfig`. */
  readonly layer: Layer.Layer<Sink | StoredDocuments, SinkError>
}

export type BackfillHandler = (event: unknown, context?: Context) => Promise<unknown>

/** Counts of a part, over all invocations that it took. */
const Counts = Schema.Struct({
  rows: Schema.Finite,
  written: Schema.Finite,
  unchanged: Schema.Finite,
  outdated: Schema.Finite,
  unclaimed: Schema.Finite,
  refused: Schema.Finite
})
type Counts = typeof Counts.Type

const none: Counts = { rows: 0, written: 0, unchanged: 0, outdated: 0, unclaimed: 0, refused: 0 }

const Begin = Schema.Struct({
  /** `s3://bucket/prefix`: the export itself, or what it alone lies below. */
  export: Schema.optionalKey(Schema.String),
  /** Defaults to the name of the export's table. */
  tableName: Schema.optionalKey(Schema.String)
})

const OfPart = Schema.Struct({
  plan: Fill.Plan,
  /** A file by its line of the export's manifest, or a segment. */
  part: Schema.Union([Fill.Segment, TableExport.ManifestFile]),
  /**
   * The place to go on from; `"new"` for the beginning. Where an event has none, the part must be through when the
   * invocation's time is: it fails otherwise, as whoever sent it would not go on.
   */
  at: Schema.optionalKey(Place),
  counts: Schema.optionalKey(Counts)
})

const End = Schema.Struct({ plan: Fill.Plan, end: Schema.Literal(true) })

const decodeEvent = Schema.decodeUnknownEffect(Schema.Union([OfPart, End, Begin]))

/** Time of an invocation that is kept to settle what is on its way, and to answer in; of a short one at most half. */
const marginMillis = 5_000

/** Time that is kept to fail in, with a sentence: Lambda itself would only say that the time is up. */
const failingMillis = 2_000

/**
 * Makes the handler. `{"export":"s3://bucket/prefix"}` or `{"tableName":"shop"}` answers with `plan`, and with where
 * the parts are listed: the export's `manifest` (`bucket`, `key`), or `parts`. `{plan, part, at: "new"}` fills a
 * part as far as the time goes, and answers with the event to go on with, and `isFinished`. `{plan, end: true}` marks
 * the indices as filled and answers with the reasons to verify. A part that is done again changes nothing.
 */
export const backfill = (table: Table.Table, { layer }: BackfillOptions): BackfillHandler => {
  const container = new Container(layer)
  return (event, context) => {
    const left = context?.getRemainingTimeInMillis()
    const time = left === undefined ? undefined : Duration.millis(timeBefore(marginMillis, left))
    const handled = handle(table, event, time)
    const all = left === undefined ? handled : within(Math.max(left - failingMillis, 0.75 * left))(handled)
    return container.invoke(all, context)
  }
}

const within = (millis: number) =>
  Effect.timeoutOrElse({
    duration: Duration.millis(millis),
    orElse: () =>
      Effect.fail(
        new Fill.FillTooSlow({ message: "S3, DynamoDB or OpenSearch did not answer in time; the log says which" })
      )
  })

const handle = Effect.fn("Lambda.backfill")(function* (
  table: Table.Table,
  input: unknown,
  time: Duration.Duration | undefined
) {
  const event = yield* Effect.mapError(decodeEvent(input), () => unknownEvent)
  if ("end" in event) {
    yield* Fill.end(table, event.plan)
    const { verificationDue } = event.plan
    yield* Effect.annotateLogs(Effect.logInfo("filled"), { target: event.plan.target, verificationDue })
    return { verificationDue }
  }
  if ("part" in event) return yield* fill(table, event, time)
  return yield* begin(table, event)
})

const unknownEvent = new Fill.FillRefused({
  message:
    'the event is none of a backfill: it must be {"export":"s3://bucket/prefix"} or {"tableName":"…"}, or hold a ' +
    "plan with a part or with end"
})

const begin = Effect.fnUntraced(function* (table: Table.Table, { export: place, tableName }: typeof Begin.Type) {
  if (place === undefined) {
    if (tableName === undefined) return yield* unknownEvent
    const plan = yield* Effect.provide(Fill.begin(table, tableName, undefined), layerScan)
    const segments = Fill.segmentsOf(plan)
    return { plan, parts: Array.from({ length: segments }, (_, segment) => ({ segment, segments })) }
  }
  const taken = yield* Effect.provide(TableExport.find, layerFiles(place))
  const name = tableName ?? Arn.nameOf(taken.tableArn)
  const plan = yield* Effect.provide(Fill.begin(table, name, taken), layerScan)
  const { bucket, prefix } = s3.locationOf(taken.place)!
  return { plan, manifest: { bucket, key: `${prefix}manifest-files.json` } }
})

const fill = Effect.fnUntraced(function* (
  table: Table.Table,
  { at, counts, part, plan }: typeof OfPart.Type,
  time: Duration.Duration | undefined
) {
  const options = { from: at, time }
  const filled =
    "segment" in part
      ? yield* Effect.provide(Fill.part(table, plan, Fill.segment(plan, part), options), layerScan)
      : yield* Effect.provide(
          Fill.part(table, plan, Fill.file(plan, part), options),
          layerFiles(plan.export?.place ?? "")
        )
  const isFinished = filled.at === "finished"
  const sum = Object.fromEntries(
    Object.entries(counts ?? none).map(([name, before]) => [name, before + filled[name as keyof Counts]])
  )
  const about = "segment" in part ? { segment: part.segment } : { file: part.dataFileS3Key }
  const { refusals, rows, written } = filled
  yield* Effect.annotateLogs(Effect.logInfo("backfill"), {
    ...about,
    rows,
    written,
    refused: filled.refused,
    isFinished
  })
  for (const refusal of refusals) yield* Effect.logWarning(`refused: ${refusal}`)
  if (!isFinished && at === undefined) {
    const message = 'the part is not through; send it with "at":"new", and send the answer again until it isFinished'
    return yield* new Fill.FillTooSlow({ message })
  }
  return { plan, part, at: filled.at, counts: sum, isFinished }
})

/** DynamoDB as the SDK finds it, loaded where it is asked. */
const layerScan = Layer.unwrap(
  Effect.map(
    Effect.promise(() => import("../source/scan/awsScanApi.ts")),
    ({ layerAws }) => layerAws()
  )
)

const layerFiles = (place: string) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const location = s3.locationOf(place)
      if (location === undefined) {
        return yield* new Fill.FillRefused({
          message: `"${place}" is no place in S3; it must be like s3://bucket/prefix`
        })
      }
      const { layerS3 } = yield* Effect.promise(() => import("../source/export/s3ExportFiles.ts"))
      return layerS3(location, { endpoint: yield* setting.text("AWS_ENDPOINT_URL_S3") })
    })
  )
