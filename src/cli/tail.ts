/** `tablefold tail`: follows a table's stream and keeps the documents right until it is stopped. */
import { Duration, Effect, Layer, Option, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import type * as Table from "../define/Table.ts"
import * as Metrics from "../metrics/Metrics.ts"
import * as following from "../pipeline/following.ts"
import { settledPositions } from "../pipeline/joined.ts"
import { Budget } from "../Budget.ts"
import { type News, Sink } from "../sink/Sink.ts"
import * as Checkpoints from "../source/stream/Checkpoints.ts"
import { retryForever } from "../source/retryForever.ts"
import { log, type Progress, Reporter } from "../source/stream/Progress.ts"
import * as StreamTail from "../source/stream/StreamTail.ts"
import { StreamApi } from "../source/stream/StreamApi.ts"
import { Failure } from "./Failure.ts"
import * as LoadTable from "./loadTable.ts"
import { layerFollowing, layerOpenSearch, openSearchEnvironment } from "./openSearch.ts"
import { layerPrinting } from "./printingSink.ts"
import { haveKeys } from "./reached.ts"
import { dynamodbEnvironment, endpoint, layerStream } from "./stream.ts"
import * as tailConsole from "./tailConsole.ts"
import * as destination from "./tailDestination.ts"
import * as TailProgress from "./TailProgress.ts"
import { exitCodes } from "./report.ts"
import { endStatus, printJson, say } from "./terminal.ts"
import { writable } from "./writable.ts"

const tableName = Argument.String("name").pipe(Argument.withDescription("The name of the DynamoDB table"))

const from = Flag.Literals("from", ["checkpoint", "trim-horizon", "latest"]).pipe(
  Flag.withDescription(
    "Begin after the checkpoint, at the oldest record there is (24 hours), or with what changes from now on " +
      "(default: checkpoint; with --memory: trim-horizon)"
  ),
  Flag.optional
)

const checkpoint = Flag.String("checkpoint").pipe(
  Flag.withMetavar("file"),
  Flag.withDescription(
    "The file that keeps how far each shard is acknowledged (default: ./<name>.checkpoint.json; with --memory: none)"
  ),
  Flag.optional
)

const memory = Flag.Boolean("memory").pipe(
  Flag.withDescription(
    "Keep documents in memory and print each when it changes, instead of writing to OpenSearch " +
      "(default: write to OpenSearch)"
  ),
  Flag.withDefault(false)
)

const json = Flag.Boolean("json").pipe(
  Flag.withDescription(
    "Print what was done as a line of JSON when it is stopped (default: it is told on standard error)"
  ),
  Flag.withDefault(false)
)

export const tail = Command.make(
  "tail",
  {
    tableName,
    table: LoadTable.flag,
    from,
    checkpoint,
    ...destination.flags,
    ...tailConsole.flags,
    endpoint,
    memory,
    json
  },
  Effect.fnUntraced(function* (options) {
    const { memory, tableName } = options
    const table = yield* LoadTable.loadTable(options.table)
    if (memory && (Option.isSome(options.checkpoint) || Option.contains(options.from, "checkpoint"))) {
      return yield* new Failure({
        message: "documents in memory begin empty: leave --checkpoint and --from checkpoint out with --memory"
      })
    }
    const file = Option.getOrElse(options.checkpoint, () => `./${tableName}.checkpoint.json`)
    const layer = Layer.mergeAll(
      memory ? Checkpoints.layerMemory : Checkpoints.layerFile(file),
      memory ? layerPrinting : Option.isSome(options.http) ? layerFollowing : layerOpenSearch,
      yield* destination.layerFor(options),
      yield* layerStream(Option.getOrUndefined(options.endpoint)),
      Metrics.layerOtlp
    )
    const progress = yield* TailProgress.make(tableName)
    const kept = () => {
      if (memory) return "documents in memory are gone"
      return progress.isSaved() ? `${file} says where to go on` : `${file} is not saved: what came last comes again`
    }
    const following = { tableName, keys: table, from: Option.getOrElse(options.from, () => fromDefault(memory)) }
    yield* tailConsole.serveFor(table, options).pipe(
      Effect.flatMap((watching) => run(table, progress, watching, following)),
      Effect.provide(layer),
      Effect.onInterrupt(() => stopped(progress, kept, options.json))
    )
  }, Effect.scoped)
).pipe(
  Command.withDescription(
    `Follow a table's stream, write every change to OpenSearch, and go on until stopped by Ctrl-C.
  A change is acknowledged in the checkpoint once its document is stored, or once a dead letter tells why it never
  can be; what fails otherwise is tried again, while later changes pass it. With --memory each document is
  printed as a line {"_index", "_id", "_source"}, whose _source is null when readers no longer see it.

  ${exitCodes("refused rows, changes that may be missing, or changes that wait to be tried again")}

${openSearchEnvironment("without --memory")}

${dynamodbEnvironment}

  With DEAD_LETTER_WITH_DATA=true dead letters hold the rows' data, for people to look at.
  With OTEL_EXPORTER_OTLP_ENDPOINT, http://localhost:4318, metrics and traces go to that collector.`
  ),
  Command.withShortDescription("Follow a table's stream into OpenSearch"),
  Command.withExamples([
    {
      command: "OPENSEARCH_NODE=http://localhost:9200 tablefold tail shop --endpoint http://localhost:8000",
      description: "From DynamoDB Local into an OpenSearch on this machine"
    },
    {
      command: "tablefold tail shop --memory --from latest | jq 'select(._index == \"orders\")'",
      description: "Look at orders as they change"
    }
  ])
)

const fromDefault = (memory: boolean) => (memory ? "trim-horizon" : "checkpoint")

/** While a delivery goes on nothing else is delivered, so what can't be settled now is tried again later. */
const timeBudget = Duration.seconds(10)

const run = Effect.fnUntraced(
  function* (
    table: Table.Table,
    progress: TailProgress.TailProgress,
    watching: tailConsole.Watching,
    options: StreamTail.Options
  ) {
    // Reported before an index is made. Whether a DynamoDB that does not answer now is one at all is said below.
    const found = yield* (yield* StreamApi).findStream(options.tableName).pipe(
      Effect.tap(({ keys }) => haveKeys(options.tableName, keys, table)),
      Effect.catchIf(
        (error) => error._tag === "StreamApiError" && error.isRetryable,
        () => Effect.undefined
      )
    )
    const tableArn = found?.tableArn
    // A wrong password or an index that does not fit is reported now, not with the first change.
    yield* writable(table)
    const sink = yield* Sink
    // Without the table's ARN it would be said of what readers see, which may be another table's.
    const isAtWork = found === undefined ? Effect.void : Effect.ignore(following.report(table, { tableArn }))
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(isAtWork, Effect.sleep(following.reportEvery))))
    const note = (gap: string) => Effect.provideService(noted(table, { tableArn, gap }), Sink, sink)
    const reporter = (event: Progress) =>
      Effect.andThen(Effect.andThen(watching.report(event), log(event)), onProgress(progress, note, event))
    yield* Effect.gen(function* () {
      const tail = yield* StreamTail.begin(options)
      yield* StreamTail.run(tail, (batches, stop) =>
        batches.pipe(
          following.settle(table, stop, watching.watch),
          Stream.tap(({ answer }) => (answer === undefined ? Effect.void : progress.note(answer))),
          Stream.map(settledPositions)
        )
      )
    }).pipe(Effect.provideService(Reporter, reporter), Effect.provideService(Budget, timeBudget), Effect.scoped)
  },
  Effect.scoped,
  Effect.catchReason("StreamApiError", "Unavailable", (_, { message }) =>
    Effect.fail(new Failure({ message: `${message}; check the network, and --endpoint or DYNAMODB_ENDPOINT if set` }))
  )
)

/** A gap outlives the run: until the index is verified, changes may be missing in it. */
const onProgress = (
  progress: TailProgress.TailProgress,
  note: (gap: string) => Effect.Effect<void>,
  event: Progress
): Effect.Effect<void> =>
  event._tag === "Gap" ? Effect.andThen(progress.reportGap, note(event.message)) : progress.report(event)

/** Notes in the index that changes may be missing; nothing more is acknowledged before that is done. */
const noted = (table: Table.Table, news: News) =>
  following.report(table, news).pipe(
    retryForever("noting that changes may be missing", () => true),
    Effect.orDie
  )

const stopped = Effect.fnUntraced(function* (
  { show, summary }: TailProgress.TailProgress,
  kept: () => string,
  isJson: boolean
) {
  yield* show
  endStatus()
  say(`stopped; ${kept()}`)
  const counts = summary()
  if (isJson) yield* printJson(counts)
  process.exitCode = counts.refused + counts.gaps + counts.waiting > 0 ? 2 : 0
})
