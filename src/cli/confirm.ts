/** A question before something that readers notice, unless `--yes` answers it. */
import { Effect } from "effect"
import { Flag, Prompt } from "effect/cli"
import { printable } from "../printable.ts"
import { Failure } from "./Failure.ts"

export const yes = Flag.Boolean("yes").pipe(
  Flag.withAlias("y"),
  Flag.withDescription("Answer every question with yes, as scripts must (default: ask)"),
  Flag.withDefault(false)
)

interface Answers {
  readonly yes: boolean
  readonly json: boolean
}

/**
 * Goes on if the answer is yes, and fails if it is no, or if there is nobody to ask. With `--json` nobody is asked: the
 * question would stand in the answer.
 */
export const confirm = Effect.fnUntraced(function* (message: string, { json, yes }: Answers) {
  if (yes) return
  if (json || process.stdin.isTTY !== true) {
    const why = json ? "Nothing is asked with --json" : "Nobody is here to answer"
    return yield* new Failure({ message: `${message} ${why}: say --yes to go on` })
  }
  const isAgreed = yield* Effect.orElseSucceed(
    Prompt.run(Prompt.Confirm({ message: printable(message), initial: false })),
    () => false
  )
  if (!isAgreed) return yield* new Failure({ message: "stopped as you said" })
})
