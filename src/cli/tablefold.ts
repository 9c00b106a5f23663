#!/usr/bin/env node
/** The command `tablefold`. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Cause, Effect, Exit, Result } from "effect"
import { CliError, Command } from "effect/cli"
import { sentence } from "./Failure.ts"
import { mapping } from "./mapping.ts"
import { replay } from "./replay.ts"
import { tail } from "./tail.ts"
import { endStatus, layerLogger, say } from "./terminal.ts"
import { version } from "./version.ts"

const tablefold = Command.make("tablefold").pipe(
  Command.withDescription(
    "Keeps OpenSearch right from a DynamoDB single table: all rows of one aggregate, one document."
  ),
  Command.withSubcommands([replay, tail, mapping])
)

/** What went wrong is one sentence; errors of the command line were told with the help already. */
const tell = (cause: Cause.Cause<unknown>) =>
  Effect.sync(() => {
    const error = Cause.findError(cause)
    if (Cause.hasInterruptsOnly(cause) || (Result.isSuccess(error) && CliError.isCliError(error.success))) return
    endStatus()
    say(`tablefold: ${sentence(cause)}`)
  })

// Whoever reads our output may stop reading, as head does.
process.stdout.on("error", () => process.exit(0))

Command.run(tablefold, { version }).pipe(
  Effect.tapCause(tell),
  Effect.provide([NodeServices.layer, layerLogger]),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    teardown: (exit, onExit) => {
      const isStopped = Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
      onExit(Exit.isSuccess(exit) ? 0 : isStopped ? Number(process.exitCode ?? 130) : 1)
    }
  })
)
