/** The answer of a command: text for people, or JSON for programs; and its exit code in the words of the help. */
import type { Effect } from "effect"
import { Flag } from "effect/cli"
import { type Line, print, printJson } from "./terminal.ts"

export const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print the answer as JSON, alone on standard output (default: as text)"),
  Flag.withDefault(false)
)

/** The same of commands whose answer is JSON in any case. */
export const oneLine = Flag.Boolean("json").pipe(
  Flag.withDescription("Print all on one line (default: indented, as JSON too)"),
  Flag.withDefault(false)
)

/** Prints the answer in the form that was asked for. */
export const report = (isJson: boolean, value: unknown, text: Line | ReadonlyArray<Line>): Effect.Effect<void> =>
  isJson ? printJson(value) : print(text)

/** The part of a command's help; `found` says what there is to look at after exit code 2. */
export const exitCodes = (found?: string): string =>
  `Exit code: 0 done, 1 failed${found === undefined ? "" : `, 2 done and there is something to look at: ${found}`}.`
