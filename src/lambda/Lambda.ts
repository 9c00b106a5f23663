/**
 * The program for AWS Lambda: a handler for a function that an event source mapping feeds with a table's stream. It
 * answers with partial batch responses, so turn `ReportBatchItemFailures` on; without it Lambda ignores the answer.
 */
import { Clock, Data, Duration, Effect, identity, Layer, Result } from "effect"
import type * as Table from "../define/Table.ts"
import * as emf from "../metrics/emf.ts"
import { ofBatch } from "../metrics/measures.ts"
import { Observations, Observed } from "../metrics/observe.ts"
import * as following from "../pipeline/following.ts"
import { log } from "../pipeline/log.ts"
import * as Pipeline from "../pipeline/Pipeline.ts"
import type { DeadLettersError } from "../sink/deadletter/DeadLetters.ts"
import { Budget } from "../Budget.ts"
import type { SettingError } from "../setting.ts"
import type { Sink, SinkError } from "../sink/Sink.ts"
import * as LambdaEvent from "../source/record/LambdaEvent.ts"
import { Container, type Context, timeBefore } from "./Container.ts"
import { respond, respondToPipe, type Response } from "./respond.ts"

export { backfill, type BackfillHandler, type BackfillOptions } from "./backfill.ts"
export type { Context } from "./Container.ts"
export { verify, type VerifyEvent, type Report as VerifyReport, type Options as VerifyOptions } from "./verify.ts"

export type Handler = (event: unknown, context?: Context) => Promise<Response>

export interface Options {
  /** The sink: `OpenSearchSink.layerConfig`, or `Sink.layerMemory` in tests. */
  readonly layer: Layer.Layer<Sink, SinkError>
  /**
   * The destination of changes that can never be written as they are: `DeadLetters.layerConfig`, a queue of your own,
   * or a file. Defaults to nowhere: such a change is not acknowledged, and holds up its shard until it is a day old.
   */
  readonly deadLetters?: Layer.Layer<never, DeadLettersError>
  /**
   * The part of the invocation's time that is left when writing must have ended, to send dead letters and to answer in.
   * Defaults to 1 second, or 3 with dead letters, which take 2 at most.
   */
  readonly margin?: Duration.Input
  /**
   * The end of a batch of which nothing is settled. Lambda delivers all of it again either way; an invocation that
   * `"throw"`s counts in the function's Errors metric too, while one that `"answer"`s looks like a success there and
   * shows in the iterator's age. Defaults to `"answer"`: one refused row alone in a batch is no fault of the function,
   * and with BisectBatchOnFunctionError Lambda halves what threw, which helps nobody here.
   */
  readonly onNothingSettled?: "throw" | "answer"
  /**
   * Makes metrics of the log line of each batch, in CloudWatch's embedded metric format; they are billed as custom
   * metrics, 15 for a function and table. Defaults to true.
   */
  readonly emf?: boolean
  /**
   * Exporters of metrics and traces beside the log: `Metrics.layerOtlp` of `tablefold/metrics`. What they hold is sent
   * before each answer, for which an invocation waits a second at most. Defaults to none.
   */
  readonly telemetry?: Layer.Layer<never, SettingError>
}

/** Nothing of a batch could be settled; all of it comes again. The message is the first record's reason. */
export class NothingSettled extends Data.TaggedError("NothingSettled")<{ readonly message: string }> {}

/**
 * Makes the handler. The layer is built once for each container, as it starts: what is wrong with it is told in the log
 * then, before an event comes. A container whose layer could not be built tries again with its next event, and throws
 * if it can't then. A batch that nothing can be settled of (a wrong event, a wrong configuration, another table's
 * records) throws with a sentence; else the answer names the lowest sequence number that is not settled, from which on
 * Lambda delivers again.
 */
export const make = (table: Table.Table, options: Options): Handler => {
  const { deadLetters = Layer.empty, layer, telemetry = Layer.empty } = options
  const margin = options.margin ?? (options.deadLetters === undefined ? "1 second" : "3 seconds")
  const container = new Container(Layer.mergeAll(layer, deadLetters, telemetry))
  return (event, context) => {
    const left = context && timeBefore(margin, context.getRemainingTimeInMillis())
    return container.invoke(invocation(table, event, options, left), context)
  }
}

const invocation = Effect.fn("Lambda.invocation")(function* (
  table: Table.Table,
  event: unknown,
  options: Pick<Options, "emf" | "onNothingSettled">,
  left?: number
) {
  const records = LambdaEvent.read(event)
  if (Result.isFailure(records)) return yield* new Pipeline.SourceError({ message: records.failure.message })
  const delivery = following.deliver(table, records.success)
  const observations = new Observations()
  const delivered = yield* delivery.pipe(
    left === undefined ? identity : Effect.provideService(Budget, Duration.millis(Math.max(0, left))),
    Effect.provideService(Observed, observations)
  )
  yield* log(delivered)
  const { summary, unacknowledged, unclaimed } = delivered
  const unclaimedKeys = unclaimed.map(({ pattern }) => pattern).join(", ")
  const metrics = options.emf === false ? {} : emf.fields(observations, ofBatch, yield* Clock.currentTimeMillis)
  yield* Effect.annotateLogs(Effect.logInfo("batch"), {
    ...summary,
    ...(unclaimedKeys === "" ? {} : { unclaimedKeys }),
    ...metrics
  })
  if (unacknowledged.length > 0 && unacknowledged.length === summary.received && options.onNothingSettled === "throw") {
    const [first] = unacknowledged
    return yield* new NothingSettled({
      message: `nothing of the ${summary.received} records is settled, all come again; the first: ${first!.reason}`
    })
  }
  const response = Array.isArray(event) ? respondToPipe(unacknowledged, event) : respond(unacknowledged)
  if (response !== undefined) return response
  const nameless = unacknowledged.find(({ sequenceNumber }) => sequenceNumber === undefined) ?? unacknowledged[0]!
  const message = `${nameless.reason}; no answer can name it, so its whole batch comes again`
  return yield* new Pipeline.SourceError({ message })
})
