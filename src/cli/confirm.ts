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

/** Goes on if the answer is yes, and fails if it is no, or if there is nobody to ask. */
export const confirm = Effect.fnUntraced(function* (message: string, isYes: boolean) {
  if (isYes) return
  if (process.stdin.isTTY !== true) {
    return yield* new Failure({ message: `${message} Nobody is here to answer: say --yes to go on` })
  }
  const isAgreed = yield* Effect.orElseSucceed(
    Prompt.run(Prompt.Confirm({ message: printable(message), initial: false })),
    () => false
  )
  if (!isAgreed) return yield* new Failure({ message: "stopped as you said" })
})
