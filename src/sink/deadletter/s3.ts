/**
 * Dead letters in a bucket of S3: one object for those of each batch, in the form of a file. The SDK is loaded with the
 * first dead letter: a function that refuses nothing does not wait for it at its start.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import { locationOf } from "../../s3.ts"
import * as setting from "../../setting.ts"
import * as DeadLetters from "./DeadLetters.ts"
import { type Connection, connect, objectOf, placeOf, timeOf } from "./s3Client.ts"

export interface Options extends Connection, DeadLetters.Options {
  /** The time that the dead letters of one batch may take. Defaults to 2 seconds. */
  readonly timeout?: Duration.Input
}

/** S3 as destination. Needs permission for s3:PutObject below the prefix. */
export const layer = (options: Options): Layer.Layer<DeadLetters.DeadLetters> =>
  Layer.effect(
    DeadLetters.DeadLetters,
    Effect.gen(function* () {
      const client = yield* connect(options)
      const { timeout = "2 seconds", withData = false } = options
      return DeadLetters.DeadLetters.of({
        withData,
        put: DeadLetters.once(
          Effect.fnUntraced(function* (deadLetters) {
            const time = timeOf(yield* Clock.currentTimeMillis)
            const object = objectOf(options, time, deadLetters.map(DeadLetters.encode))
            const ask = yield* client
            return yield* ask((sdk, s3, abortSignal) =>
              s3.send(new sdk.PutObjectCommand(object), { abortSignal })
            ).pipe(
              Effect.timeoutOrElse({
                duration: timeout,
                orElse: () =>
                  Effect.fail(new DeadLetters.DeadLettersError({ message: `${placeOf(options)} did not answer` }))
              }),
              Effect.match({
                onFailure: ({ message }) => new Map(deadLetters.map(({ id }) => [id, message])),
                onSuccess: () => new Map<string, string>()
              })
            )
          })
        )
      })
    })
  )

/**
 * The destination that the environment names: the place in S3 of `DEAD_LETTER_BUCKET_URL`, with the rows' data if
 * `DEAD_LETTER_WITH_DATA` is true. Where none is named there is no destination, and what is refused stays
 * unacknowledged.
 */
export const layerConfig: Layer.Layer<never, DeadLetters.DeadLettersError> = /* @__PURE__ */ Layer.unwrap(
  /* @__PURE__ */ Effect.gen(function* () {
    const withData = (yield* setting.flag("DEAD_LETTER_WITH_DATA")) ?? false
    const url = yield* setting.text("DEAD_LETTER_BUCKET_URL")
    if (url === undefined) return yield* noQueue
    const location = locationOf(url)
    if (location === undefined) {
      return yield* new DeadLetters.DeadLettersError({
        message: `DEAD_LETTER_BUCKET_URL is "${url}"; it must be a place in S3 like s3://bucket/prefix`
      })
    }
    return layer({ ...location, endpoint: yield* setting.text("AWS_ENDPOINT_URL_S3"), withData })
  }).pipe(Effect.catchTag("SettingError", ({ message }) => Effect.fail(new DeadLetters.DeadLettersError({ message }))))
)

/** A destination that is named, but not for this layer, must not look like none. */
const noQueue = Effect.gen(function* () {
  if ((yield* setting.text("DEAD_LETTER_QUEUE_URL")) === undefined) return Layer.empty
  return yield* new DeadLetters.DeadLettersError({
    message:
      "DEAD_LETTER_QUEUE_URL is set, but the handler sends dead letters to S3: set DEAD_LETTER_BUCKET_URL, or take " +
      "DeadLetters.layerConfig"
  })
})
