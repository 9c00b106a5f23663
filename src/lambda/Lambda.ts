/**
 * The program for AWS Lambda: a handler for a function that an event source mapping feeds with a table's stream. It
 * answers with partial batch responses, so turn `ReportBatchItemFailures` on; without it Lambda ignores the answer.
 */
import {
  ConfigProvider,
  Duration,
  Effect,
  Layer,
  Logger,
  type LogLevel,
  ManagedRuntime,
  References,
  Result
} from "effect"
import type * as Table from "../define/Table.ts"
import * as Pipeline from "../Pipeline.ts"
import { Budget } from "../sink/opensearch/retry.ts"
import type { Sink, SinkError } from "../sink/Sink.ts"
import * as LambdaEvent from "../source/LambdaEvent.ts"
import { respond, type Response } from "./respond.ts"

/** As much of Lambda's context as is used. */
export interface Context {
  readonly getRemainingTimeInMillis: () => number
}

export type Handler = (event: unknown, context?: Context) => Promise<Response>

export interface Options {
  /** The sink: `OpenSearchSink.layerConfig`, or `Sink.layerMemory` in tests. */
  readonly layer: Layer.Layer<Sink, SinkError>
  /** What is left of the invocation's time when writing must have ended, to answer in. Defaults to 1 second. */
  readonly margin?: Duration.Input
}

/**
 * Makes the handler. The layer is built once for each container. A batch that nothing can be settled of (a wrong event,
 * a wrong configuration, another table's records) throws with a sentence; else the answer names the lowest sequence
 * number that is not settled, from which on Lambda delivers again.
 */
export const make = (table: Table.Table, { layer, margin = "1 second" }: Options): Handler => {
  const environment = ConfigProvider.layer(Effect.sync(() => ConfigProvider.fromEnv()))
  const make = () => ManagedRuntime.make(Layer.provide(Layer.mergeAll(layer, logging), environment))
  let runtime: ReturnType<typeof make> | undefined
  return async (event, context) => {
    runtime ??= make()
    const left = context === undefined ? undefined : context.getRemainingTimeInMillis() - Duration.toMillis(margin)
    const exit = await runtime
      .runPromise(Effect.result(invocation(table, event, left)))
      .catch(async (error: unknown) => {
        // A container whose layer could not be built tries again with its next invocation.
        await runtime?.dispose()
        runtime = undefined
        throw error
      })
    if (Result.isFailure(exit)) throw exit.failure
    return exit.success
  }
}

const invocation = Effect.fn("Lambda.invocation")(function* (table: Table.Table, event: unknown, left?: number) {
  const records = LambdaEvent.read(event)
  if (Result.isFailure(records)) return yield* new Pipeline.SourceError({ message: records.failure.message })
  const delivery = Pipeline.deliver(table, records.success)
  const { summary, unacknowledged } = yield* left === undefined
    ? delivery
    : Effect.provideService(delivery, Budget, Duration.millis(Math.max(0, left)))
  yield* Effect.annotateLogs(Effect.logInfo("batch"), { ...summary })
  const response = respond(unacknowledged)
  return response ?? (yield* new Pipeline.SourceError({ message: unacknowledged[0]!.reason }))
})

const logging = Layer.unwrap(
  Effect.sync(() =>
    Layer.mergeAll(
      Logger.layer([Logger.consoleJson]),
      Layer.succeed(References.MinimumLogLevel, levels[process.env["AWS_LAMBDA_LOG_LEVEL"] ?? ""] ?? "Info")
    )
  )
)

/** The levels of Lambda's own logging configuration. */
const levels: { readonly [name: string]: LogLevel.LogLevel } = {
  TRACE: "Trace",
  DEBUG: "Debug",
  INFO: "Info",
  WARN: "Warn",
  ERROR: "Error",
  FATAL: "Fatal"
}
