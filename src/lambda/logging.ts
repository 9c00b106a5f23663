/** The function's log: a flat line of JSON for each, in the names that Lambda's own JSON format has. */
import { Cause, Console as Output, Effect, Layer, Logger, type LogLevel, References } from "effect"
import { Console } from "node:console"
import { printable } from "../printable.ts"
import * as setting from "../setting.ts"

/** The levels of Lambda's own logging configuration. */
const levels = { TRACE: "Trace", DEBUG: "Debug", INFO: "Info", WARN: "Warn", ERROR: "Error", FATAL: "Fatal" } as const

/** `{"timestamp":…,"level":"INFO","message":"batch","requestId":…,"received":2,…}`: annotations are fields. */
const line = Logger.make(({ cause, date, fiber, logLevel, message }) =>
  printable(
    JSON.stringify({
      timestamp: date.toISOString(),
      level: logLevel.toUpperCase(),
      message: [message].flat().map(textOf).join(" "),
      ...fiber.getRef(References.CurrentLogAnnotations),
      ...(cause.reasons.length === 0 ? {} : { error: Cause.pretty(cause) })
    })
  )
)

const textOf = (part: unknown): string => (typeof part === "string" ? part : JSON.stringify(part))

const lines: Layer.Layer<never> = Logger.layer([Logger.withConsoleLog(line)])

/**
 * Goes past Lambda's own console, which would put each line as a text into another line of JSON where the function's
 * log format is JSON. Another `Console` in the handler's layer takes its place.
 */
export const layerConsole: Layer.Layer<never> = Layer.sync(Output.Console, () => new Console(process.stdout))

/** Log lines from the level on that the function's logging configuration says. Defaults to `INFO`. */
export const layer: Layer.Layer<never, setting.SettingError> = Layer.unwrap(
  Effect.map(setting.oneOf("AWS_LAMBDA_LOG_LEVEL", Object.keys(levels) as ReadonlyArray<keyof typeof levels>), (name) =>
    Layer.merge(lines, Layer.succeed(References.MinimumLogLevel, levels[name ?? "INFO"] satisfies LogLevel.LogLevel))
  )
)

/** Tells an error though no runtime could be made. */
export const error = (message: string): Effect.Effect<void> => Effect.provide(Effect.logError(message), lines)
