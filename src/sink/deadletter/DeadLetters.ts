/**
 * Dead letters: changes of rows that can never be written as they are, kept with the reason. A dead letter holds what
 * is needed to read the row again, its key and the version that it stands under, and the row's data only where that is
 * asked for. One dead letter may be taken twice; its id tells.
 */
import { type Array as Arr, Clock, Config, Context, Data, Effect, Layer, Result, Schema } from "effect"
import { createHash } from "node:crypto"
import * as IsoTime from "../../IsoTime.ts"

/** A key attribute as DynamoDB types it; binary is base64 text. */
const KeyValue = Schema.Union([
  Schema.Struct({ S: Schema.String }),
  Schema.Struct({ N: Schema.String }),
  Schema.Struct({ B: Schema.String })
])

/** A row that could not be written. What is absent was absent in the record, too; never all of it. */
export const Row = Schema.Struct({
  /** The row's key in readable form: `ORDER#1 / ITEM#2`. */
  key: Schema.optionalKey(Schema.String),
  /** The table's key attributes, to read the row with. */
  keys: Schema.optionalKey(Schema.Record(Schema.String, KeyValue)),
  /** The version that the row's state stands under, and is to stand under when it is read again. */
  version: Schema.optionalKey(
    Schema.Struct({
      epoch: Schema.Finite,
      kind: Schema.Literals([0, 1]),
      sequence: Schema.String,
      reading: Schema.Finite
    })
  ),
  streamArn: Schema.optionalKey(Schema.String),
  sequenceNumber: Schema.optionalKey(Schema.String),
  /** The row in DynamoDB's typed JSON, for people to look at. Only with the option `withData`. */
  data: Schema.optionalKey(Schema.Json)
})
export type Row = typeof Row.Type

export const DeadLetter = Schema.Struct({
  format: Schema.Literal(1),
  /** The same for the same rows under the same versions, however often they are refused. */
  id: Schema.String,
  tableArn: Schema.optionalKey(Schema.String),
  /** The aggregate's name; absent where no definition claims the row. */
  aggregate: Schema.optionalKey(Schema.String),
  /** One row, or all that were to go into an aggregate that takes nothing more. */
  rows: Schema.NonEmptyArray(Row),
  /** In words, never with data of the row. */
  reason: Schema.String,
  /** The server's own word for it, where a server refused: `mapper_parsing_exception`. */
  serverType: Schema.optionalKey(Schema.String),
  /** The ISO times at which it was first and last refused. */
  firstAt: Schema.String,
  lastAt: Schema.String
})
export type DeadLetter = typeof DeadLetter.Type

/** Dead letters can't be kept or fetched; the message says where and why. */
export class DeadLettersError extends Data.TaggedError("DeadLettersError")<{ readonly message: string }> {}

export class DeadLetters extends Context.Service<
  DeadLetters,
  {
    /** Takes dead letters. Gives those that it could not take, by their ids, each with the reason. */
    readonly put: (deadLetters: Arr.NonEmptyReadonlyArray<DeadLetter>) => Effect.Effect<ReadonlyMap<string, string>>
    /** True where dead letters are to hold the rows' data. */
    readonly withData: boolean
  }
>()("tablefold/sink/DeadLetters") {}

export interface Options {
  /**
   * Tells whether dead letters hold the rows' data, for people to look at. A redrive never uses it. Defaults to
   * `false`.
   */
  readonly withData?: boolean
}

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
 * `DEAD_LETTER_WITH_DATA` is `true`. Where no queue is named there is no destination, and what is refused stays
 * unacknowledged.
 */
export const layerConfig: Layer.Layer<never, DeadLettersError> = /* @__PURE__ */ Layer.unwrap(
  /* @__PURE__ */ Effect.gen(function* () {
    const queueUrl = yield* Effect.orElseSucceed(Config.String("DEAD_LETTER_QUEUE_URL"), () => "")
    if (queueUrl === "") return Layer.empty
    if (!/^https?:$/.test(URL.canParse(queueUrl) ? new URL(queueUrl).protocol : "")) {
      return yield* new DeadLettersError({
        message: `DEAD_LETTER_QUEUE_URL is "${queueUrl}"; it must be the URL of an SQS queue, not its name or ARN`
      })
    }
    const withData = yield* Effect.orElseSucceed(Config.Boolean("DEAD_LETTER_WITH_DATA"), () => false)
    const sqs = yield* Effect.promise(() => import("./sqs.ts"))
    return sqs.layer({ queueUrl, withData })
  })
)

/** A dead letter about rows, dated `now` (epoch milliseconds). */
export const make = (about: Omit<DeadLetter, "format" | "id" | "firstAt" | "lastAt">, now: number): DeadLetter => {
  const at = IsoTime.format(now)
  const rows = about.rows.map(({ key, keys, sequenceNumber, streamArn, version }) =>
    version === undefined ? [key, keys, streamArn, sequenceNumber] : [key, keys, version]
  )
  const text = JSON.stringify([about.tableArn, about.aggregate, rows])
  return {
    format: 1,
    id: createHash("sha256").update(text).digest("hex").slice(0, 32),
    ...about,
    firstAt: at,
    lastAt: at
  }
}

/** Two dead letters with one id: the newer one, first refused when the older one was. */
export const merge = (a: DeadLetter | undefined, b: DeadLetter): DeadLetter => {
  if (a === undefined) return b
  const newer = a.lastAt > b.lastAt ? a : b
  return { ...newer, firstAt: a.firstAt < b.firstAt ? a.firstAt : b.firstAt }
}

/**
 * A dead letter as one line of JSON in ASCII alone. Keys may hold U+0000, U+FFFF and the like, which SQS refuses in a
 * message; escaped, they go through everything.
 */
export const encode = (deadLetter: DeadLetter): string =>
  JSON.stringify(Schema.encodeSync(DeadLetter)(deadLetter)).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`
  )

/** Reads a dead letter, or says why a value is none. */
export const decode = (value: unknown): Result.Result<DeadLetter, string> =>
  Result.mapError(decodeDeadLetter(value), () => {
    const format = typeof value === "object" && value !== null && "format" in value ? value.format : undefined
    return typeof format === "number" && format > 1
      ? `it has format ${format}, which a newer version of tablefold made`
      : "it is not a dead letter of tablefold"
  })

const decodeDeadLetter = Schema.decodeUnknownResult(DeadLetter)

type Put = DeadLetters["Service"]["put"]

const rememberedMax = 10_000
const rememberedFor = 3_600_000

/**
 * `put` for dead letters not taken already in the last hour. While something before them in the stream can't be
 * settled, Lambda delivers the same refused records again with each try, which must not fill a queue with one dead
 * letter.
 */
export const once = (put: Put): Put => {
  const takenAt = new Map<string, number>()
  return Effect.fnUntraced(function* (deadLetters) {
    const now = yield* Clock.currentTimeMillis
    const [first, ...rest] = deadLetters.filter(({ id }) => (takenAt.get(id) ?? -Infinity) < now - rememberedFor)
    if (first === undefined) return new Map()
    const left = yield* put([first, ...rest])
    for (const { id } of [first, ...rest]) {
      if (left.has(id)) continue
      takenAt.delete(id)
      takenAt.set(id, now)
    }
    for (const id of takenAt.keys()) {
      if (takenAt.size <= rememberedMax) break
      takenAt.delete(id)
    }
    return left
  })
}
