/** The destination of `tail` for changes that can never be written as they are. */
import { Effect, FileSystem, Layer, Option } from "effect"
import { Flag } from "effect/cli"
import * as setting from "../setting.ts"
import * as DeadLetters from "../sink/deadletter/DeadLetters.ts"
import { Failure } from "./Failure.ts"
import { layerDestination, subject } from "./deadLetterSource.ts"
import { say } from "./terminal.ts"

const deadLetters = Flag.String("dead-letters").pipe(
  Flag.withMetavar("file|url"),
  Flag.withDescription(
    "A file, an SQS queue or s3://bucket/prefix for changes that can never be written as they are (default: " +
      "DEAD_LETTER_QUEUE_URL or DEAD_LETTER_BUCKET_URL, else ./<name>.dead-letters.ndjson; with --memory they are " +
      "only told)"
  ),
  Flag.optional
)

const noDeadLetters = Flag.Boolean("no-dead-letters").pipe(
  Flag.withoutNegation,
  Flag.withDescription("Let such changes hold up their shard until they can be written (default: dead letters)"),
  Flag.withDefault(false)
)

export const flags = { deadLetters, noDeadLetters }

export interface Options {
  readonly tableName: string
  readonly memory: boolean
  readonly deadLetters: Option.Option<string>
  readonly noDeadLetters: boolean
}

/** The destination that the flags name, else the environment, else a file that is named for the table. */
export const layerFor = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<Layer.Layer<never, never, FileSystem.FileSystem>, Failure | setting.SettingError> {
  const { memory, noDeadLetters, tableName } = options
  if (noDeadLetters) {
    if (Option.isNone(options.deadLetters)) return Layer.empty
    return yield* new Failure({ message: "give either --dead-letters or --no-dead-letters" })
  }
  const named =
    Option.getOrUndefined(options.deadLetters) ||
    (yield* setting.text("DEAD_LETTER_QUEUE_URL")) ||
    (yield* setting.text("DEAD_LETTER_BUCKET_URL"))
  if (named) return yield* layerDestination(named)
  if (memory) return layerTold
  const file = `./${tableName}.dead-letters.ndjson`
  say(
    `changes that can't be written go to ${file}, for tablefold redrive; with --no-dead-letters they wait in the stream`
  )
  return yield* layerDestination(file)
})

/** Documents in memory begin anew with each run, so nothing is left for a redrive. */
const layerTold = Layer.succeed(
  DeadLetters.DeadLetters,
  DeadLetters.DeadLetters.of({
    withData: false,
    put: DeadLetters.once((deadLetters) =>
      Effect.sync(() => {
        for (const deadLetter of deadLetters)
          say(`refused: ${subject({ _tag: "DeadLetter", deadLetter })}: ${deadLetter.reason}`)
        return new Map()
      })
    )
  })
)
