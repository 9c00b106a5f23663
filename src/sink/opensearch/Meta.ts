/**
 * The part of a generation's description that never changes, in its mapping's `_meta`: the definition it was made for,
 * for which table if that was known, when, and the private alias through which alone it is written. What changes later
 * is in its state document (`State.ts`): `_meta` has no condition, so that of two writers one would undo the other's
 * change. Pure.
 */
import { Result, Schema } from "effect"

/** The source of rows: a table, and when its stream was made (epoch milliseconds; 0 without one). */
export const Source = Schema.Struct({
  kind: Schema.Literal("stream"),
  tableArn: Schema.String,
  epoch: Schema.Finite
})
export type Source = typeof Source.Type

/** The form of `_meta.tablefold`; `format` says which. */
export const Meta = Schema.Struct({
  format: Schema.Literal(1),
  /** The hash and the description of the definition that the generation was made for. */
  hash: Schema.String,
  description: Schema.Json,
  /** The table that it was made for; absent where it is to be the one that the first rows come from. */
  source: Schema.optionalKey(Source),
  writeAlias: Schema.String,
  /** The time at which the generation was made, in epoch milliseconds. */
  createdAt: Schema.Finite
})
export type Meta = typeof Meta.Type

const decodeMeta = Schema.decodeUnknownResult(Meta)

/** Reads a mapping's `_meta`; `undefined` for an index that tablefold did not make. */
export const decode = (meta: unknown): Meta | undefined => {
  const own = typeof meta === "object" && meta !== null && "tablefold" in meta ? meta.tablefold : undefined
  return Result.getOrUndefined(decodeMeta(own))
}
