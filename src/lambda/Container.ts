/** The part that all programs for AWS Lambda have in common: what is built once for each container, and its log. */
import { ConfigProvider, Duration, Effect, Layer, ManagedRuntime, Result } from "effect"
import { Flush } from "../metrics/Flush.ts"
import { ofDimensions } from "../metrics/observe.ts"
import { inTrace } from "../metrics/xray.ts"
import * as setting from "../setting.ts"
import * as logging from "./logging.ts"

/** As much of Lambda's context as is used. */
export interface Context {
  /** Named in each line of the log. */
  readonly awsRequestId?: string
  readonly getRemainingTimeInMillis: () => number
}

/** The time left of an invocation but for a margin, in milliseconds. The margin takes at most half: it may be short. */
export const timeBefore = (margin: Duration.Input, remaining: number): number =>
  Math.max(remaining - Duration.toMillis(margin), remaining / 2)

/**
 * The runtime of a container. It is made while the function's code is loaded, in Lambda's init phase, and not awaited
 * there: an init that fails is begun anew with the first event, in a new process, and would say no more than that event
 * does. Lambda may freeze the container before all of it is built; it goes on with the first event then.
 */
export class Container<R, E> {
  private runtime: ManagedRuntime.ManagedRuntime<R, E | setting.SettingError> | undefined
  private readonly make: () => ManagedRuntime.ManagedRuntime<R, E | setting.SettingError>

  constructor(layer: Layer.Layer<R, E>) {
    const environment = ConfigProvider.layer(Effect.sync(() => ConfigProvider.fromEnv()))
    const zone = Layer.provide(Layer.effectDiscard(warnOfZone), logging.layer)
    const all = Layer.mergeAll(layer, logging.layer, zone)
    this.make = () =>
      ManagedRuntime.make(all.pipe(Layer.provideMerge(logging.layerConsole), Layer.provide(environment)))
    this.run(Effect.void).catch((error: unknown) =>
      Effect.runPromise(
        logging
          .error(`the function is not ready, and tries again with its first event: ${messageOf(error)}`)
          .pipe(Effect.provide(logging.layerConsole))
      )
    )
  }

  /** Runs an invocation as a part of X-Ray's trace, with its id in each line of the log; throws its failure. */
  async invoke<A, F>(invocation: Effect.Effect<A, F, R>, context: Context | undefined): Promise<A> {
    const { awsRequestId: requestId } = context ?? {}
    const answer = await this.run(
      Effect.result(invocation).pipe(
        inTrace(process.env["_X_AMZN_TRACE_ID"]),
        // The container may be frozen after its answer.
        Effect.tap(Effect.flatten(Flush)),
        ofDimensions({ function: process.env["AWS_LAMBDA_FUNCTION_NAME"] }),
        Effect.annotateLogs(requestId === undefined ? {} : { requestId })
      )
    )
    if (Result.isFailure(answer)) throw answer.failure
    return answer.success
  }

  /** Runs an effect, whose failure is one of the layer. */
  private async run<A>(effect: Effect.Effect<A, never, R>): Promise<A> {
    const runtime = (this.runtime ??= this.make())
    try {
      return await runtime.runPromise(effect)
    } catch (error) {
      if (this.runtime === runtime) this.runtime = undefined
      await runtime.dispose()
      throw error
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Lambda's own zone is UTC; a function may set another. */
const warnOfZone = Effect.flatMap(setting.text("TZ"), (zone) =>
  isUtc(zone)
    ? Effect.void
    : Effect.logWarning(
        `the function's time zone is ${ownZone()}: a transform of yours that reads times without a zone gives other ` +
          "documents here than in the command, which runs in UTC; take TZ out of the function's environment"
      )
)

const ownZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone

/**
 * Under any name: no time of these years is away from UTC, in summer as in winter. Lambda's own name for it is looked
 * at by itself, as the first time in the zone of the process takes a tenth of a start (measured: 20 ms).
 */
const isUtc = (zone: string | undefined): boolean => {
  if (zone === ":UTC" || zone === "UTC") return true
  const halves = Array.from({ length: 2 * 150 }, (_, i) => new Date(1900 + Math.floor(i / 2), 6 * (i % 2)))
  return halves.every((time) => time.getTimezoneOffset() === 0)
}
