/** A function on a schedule that proves the index right, a part of table and index with each invocation. */
import { Clock, Data, Duration, Effect, Layer } from "effect"
import type * as Table from "../define/Table.ts"
import * as IsoTime from "../IsoTime.ts"
import type { Proofs } from "../maintain/Proofs.ts"
import type { Options as ProveOptions, Report as Proven } from "../maintain/prove.ts"
import type { StoredDocuments } from "../maintain/StoredDocuments.ts"
import * as emf from "../metrics/emf.ts"
import { ofProof } from "../metrics/measures.ts"
import { Observations, Observed, ofDimensions } from "../metrics/observe.ts"
import * as setting from "../setting.ts"
import type { Sink, SinkError } from "../sink/Sink.ts"
import type { ScanApi } from "../source/scan/ScanApi.ts"
import type { TableReader } from "../source/scan/TableReader.ts"
import { Container, type Context, timeBefore } from "./Container.ts"

export interface Options extends Pick<ProveOptions, "unitsMax" | "every" | "settle" | "repairsMax"> {
  /** The index: `OpenSearchIndex.layerConfig`. */
  readonly layer: Layer.Layer<Sink | StoredDocuments | Proofs, SinkError>
  /** The table's name. Defaults to what `DYNAMODB_TABLE` says. */
  readonly tableName?: string
  /** Reads the table. Defaults to DynamoDB, in the region of the function. */
  readonly source?: Layer.Layer<ScanApi | TableReader>
  /** The part of the invocation's time that is left when a run must have ended. Defaults to 10 seconds. */
  readonly margin?: Duration.Input
  /** Makes metrics of the log line of each run, in CloudWatch's embedded metric format. Defaults to true. */
  readonly emf?: boolean
  /** Exporters of metrics and traces beside the log, as `Lambda.make` has them. Defaults to none. */
  readonly telemetry?: Layer.Layer<never, setting.SettingError>
}

/** An event that asks for what there is not. */
export class VerifyRefused extends Data.TaggedError("VerifyRefused")<{ readonly message: string }> {}

/** An event of a caller; those of a schedule ask for nothing more than to go on. */
export interface VerifyEvent {
  /** Asks for a round that begins after this time, in ISO 8601, for a caller who goes on until `isFinished`. */
  readonly since?: string
}

/** A run's answer: what is known of each index then. */
export interface Report {
  /** Tells that all parts were compared after the time that was asked for; after any, if none was. */
  readonly isFinished: boolean
  readonly aggregates: ReadonlyArray<{
    readonly aggregate: string
    readonly index: string
    /** The time at which the oldest part was last compared, or began to wait for that. */
    readonly provenAt: string
    /** Tells that every part was compared at some time, in both directions. */
    readonly isWhole: boolean
    readonly documents: number
    /** Documents that are not as the table has them. */
    readonly wrong: number
    /** Documents that differ, of which the stream may still tell. */
    readonly differing: number
    readonly refused: number
  }>
}

/**
 * Makes a handler for a schedule, every few minutes, of which one runs at a time. Each invocation goes on where the
 * last one ended, within its time and `unitsMax` read units. Documents that are wrong are named in the log, as errors,
 * and repaired if there are at most `repairsMax` of them in a round; metrics say how many, and how old the proof is.
 * It throws where table or index can't be read.
 */
export const verify = (
  table: Table.Table,
  options: Options
): ((event: VerifyEvent, context?: Context) => Promise<Report>) => {
  const { layer, source = layerAws, telemetry = Layer.empty } = options
  const container = new Container(Layer.mergeAll(layer, source, telemetry))
  return (event, context) => {
    const remaining = context?.getRemainingTimeInMillis() ?? Duration.toMillis("1 minute")
    const time = timeBefore(options.margin ?? "10 seconds", remaining)
    return container.invoke(invocation(table, options, event, time), context)
  }
}

// The SDK takes its time to load, which a function that follows the stream need not spend.
const layerAws = Layer.unwrap(
  Effect.promise(async () => {
    const [scanApi, reader] = await Promise.all([
      import("../source/scan/awsScanApi.ts"),
      import("../source/scan/awsTableReader.ts")
    ])
    return Layer.merge(scanApi.layerAws(), reader.layerAws())
  })
)

const invocation = Effect.fn("Lambda.verify")(function* (
  table: Table.Table,
  options: Options,
  event: VerifyEvent,
  time: number
) {
  const since = event.since === undefined ? 0 : IsoTime.parse(event.since)
  if (since === undefined)
    return yield* new VerifyRefused({ message: "since must be a time like 2026-01-31T08:00:00Z" })
  const tableName = options.tableName ?? (yield* setting.required("DYNAMODB_TABLE", "the table's name"))
  const { observeProof, prove } = yield* Effect.promise(() => import("../maintain/observedProof.ts"))
  const observations = new Observations()
  const proven = yield* Effect.gen(function* () {
    const proven = yield* prove(table, { ...options, tableName, time, since })
    yield* observeProof(proven)
    return proven
  }).pipe(ofDimensions({ table: tableName }), Effect.provideService(Observed, observations))
  const metrics = options.emf === false ? {} : emf.fields(observations, ofProof, yield* Clock.currentTimeMillis)
  yield* Effect.annotateLogs(Effect.logInfo("proof"), metrics)
  return reportOf(proven, since)
})

const reportOf = ({ aggregates }: Proven, since: number): Report => ({
  isFinished: aggregates.every(({ isWhole, provenAt }) => isWhole && provenAt >= since),
  aggregates: aggregates.map(({ provenAt, waiting, wrong, ...rest }) => ({
    ...rest,
    provenAt: IsoTime.format(provenAt),
    wrong: wrong.length,
    differing: waiting.length
  }))
})
