/** Runs a program's command: what goes wrong is one sentence on standard error and an exit code. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Cause, Effect, Exit, Result } from "effect"
import { CliError, Command } from "effect/cli"
import { isFindings, sentence } from "./Failure.ts"
import * as help from "./help.ts"
import { endStatus, layerLogger, sayLines } from "./terminal.ts"
import { version } from "./version.ts"

export interface Options {
  /** The name that stands before the sentence. */
  readonly name: string
  /** The exit code after Ctrl-C, unless the command set one itself. Defaults to 130, as shells have it. */
  readonly interruptedCode?: number
}

export const runMain = <Name extends string, Input, Context, E>(
  command: Command.Command<Name, Input, Context, E, Command.Environment>,
  { interruptedCode = 130, name }: Options
): void => {
  // A definition's own transforms may read times in the zone of the process: documents are the same on every machine.
  process.env["TZ"] = "UTC"
  // Whoever reads our output may stop reading, as head does.
  process.stdout.on("error", () => process.exit(0))
  Command.run(command, { version }).pipe(
    Effect.tapCause((cause) => tell(name, cause)),
    Effect.provide([NodeServices.layer, layerLogger, help.layer]),
    NodeRuntime.runMain({
      disableErrorReporting: true,
      teardown: (exit, onExit) => onExit(codeOf(exit, interruptedCode))
    })
  )
}

const codeOf = (exit: Exit.Exit<unknown, unknown>, interruptedCode: number): number => {
  if (Exit.isSuccess(exit)) return 0
  if (Cause.hasInterruptsOnly(exit.cause)) return Number(process.exitCode ?? interruptedCode)
  return isFindings(exit.cause) ? 2 : 1
}

/** Errors of the command line were reported already. */
const tell = (name: string, cause: Cause.Cause<unknown>) =>
  Effect.sync(() => {
    const error = Cause.findError(cause)
    if (Cause.hasInterruptsOnly(cause) || (Result.isSuccess(error) && CliError.isCliError(error.success))) return
    endStatus()
    sayLines(sentence(cause), `${name}: `, isFindings(cause) ? "yellow" : "red")
  })
