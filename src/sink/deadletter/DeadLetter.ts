/**
 * A dead letter: what is needed to read a row again that can't be written as it is, its key and the version that it
 * stands under, and the row's data only where that is asked for. Pure.
 */
import { Result, Schema } from "effect"
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
  /** The version of the row's state, under which it is to stand when it is read again. */
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
  /** The times at which it was first and last refused, in ISO form. */
  firstAt: Schema.String,
  lastAt: Schema.String
})
export type DeadLetter = typeof DeadLetter.Type

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
