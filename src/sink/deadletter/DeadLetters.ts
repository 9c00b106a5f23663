/** Dead letters: changes of rows that can never be written as they are, kept with the reason; and where they go. */
import { Effect, Layer } from "effect"
import * as setting from "../../setting.ts"
import { type DeadLetter, merge } from "./DeadLetter.ts"
import { DeadLetters, DeadLettersError, type Options } from "./destination.ts"

export { DeadLetter, decode, encode, make, merge, Row } from "./DeadLetter.ts"
export { DeadLetters, DeadLettersError, once, type Options } from "./destination.ts"

/** Dead letters in memory, in the map that is given, by their ids. */
export const layerMemory = (deadLetters: Map<string, DeadLetter>, options: Options = {}): Layer.Layer<DeadLetters> =>
  Layer.succeed(DeadLetters, {
    withData: options.withData ?? false,
    put: (taken) =>
      Effect.sync(() => {
        for (const deadLetter of taken)
          deadLetters.set(deadLetter.id, merge(deadLetters.get(deadLetter.id), deadLetter))
        return new Map()
      })
  })

/**
 * The destination that the environment names: the SQS queue of `DEAD_LETTER_QUEUE_URL`, with the rows' data if
 * `DEAD_LETTER_WITH_DATA` is true. Where no queue is named there is no destination, and what is refused stays
 * unacknowledged.
 */
export const layerConfig: Layer.Layer<never, DeadLettersError> = /* @__PURE__ */ Layer.unwrap(
  /* @__PURE__ */ Effect.gen(function* () {
    const withData = yield* setting.flag("DEAD_LETTER_WITH_DATA")
    const queueUrl = yield* setting.text("DEAD_LETTER_QUEUE_URL")
    if (queueUrl === undefined) return yield* noBucket
    if (!/^https?:$/.test(URL.canParse(queueUrl) ? new URL(queueUrl).protocol : "")) {
      return yield* new DeadLettersError({
        message: `DEAD_LETTER_QUEUE_URL is "${queueUrl}"; it must be the URL of an SQS queue, not its name or ARN`
      })
    }
    const sqs = yield* Effect.promise(() => import("./sqs.ts"))
    return sqs.layer({ queueUrl, withData: withData ?? false })
  }).pipe(Effect.catchTag("SettingError", ({ message }) => Effect.fail(new DeadLettersError({ message }))))
)

/** A destination that is named, but not for this layer, must not look like none. */
const noBucket = Effect.gen(function* () {
  if ((yield* setting.text("DEAD_LETTER_BUCKET_URL")) === undefined) return Layer.empty
  return yield* new DeadLettersError({
    message:
      "DEAD_LETTER_BUCKET_URL is set, but the handler sends dead letters to SQS: set DEAD_LETTER_QUEUE_URL, or take " +
      "DeadLettersS3.layerConfig"
  })
})
