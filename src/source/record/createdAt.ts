/** The time at which a stream record's change was made, as the record says it, in epoch milliseconds. */
import * as IsoTime from "../../IsoTime.ts"

/**
 * Reads `ApproximateCreationDateTime`. Lambda's events have it in seconds, the SDK as a `Date`, files from the AWS CLI
 * as an ISO time; some serialisers and Kinesis count milliseconds, microseconds or nanoseconds. The record's own
 * `ApproximateCreationDateTimePrecision` decides on the unit, else the size of the number. `undefined` for what is no
 * time from 1970 to 5138.
 */
export const createdAtOf = (dynamodb: { readonly [field: string]: unknown }): number | undefined => {
  const time = dynamodb["ApproximateCreationDateTime"]
  const count = countOf(time)
  const millis = count !== undefined ? millisOf(count, dynamodb["ApproximateCreationDateTimePrecision"]) : timeOf(time)
  return millis !== undefined && millis >= 0 && millis < 1e14 ? millis : undefined
}

/** A number, also one that a serialiser wrote as text; four digits alone are a year. */
const countOf = (time: unknown): number | undefined => {
  if (typeof time === "number") return time
  return typeof time === "string" && /^\d+(?:\.\d+)?(?:e\+?\d+)?$/i.test(time) && time.length > 4
    ? Number(time)
    : undefined
}

const timeOf = (time: unknown): number | undefined => {
  if (time instanceof Date) return time.getTime()
  return typeof time === "string" ? IsoTime.parse(time) : undefined
}

const millisOf = (time: number, precision: unknown): number => {
  switch (typeof precision === "string" && units.has(precision) ? precision : unitOf(time)) {
    case "SECOND":
      return Math.round(time * 1000)
    case "MILLISECOND":
      return Math.round(time)
    case "MICROSECOND":
      return Math.round(time / 1000)
    default:
      return Math.round(time / 1_000_000)
  }
}

const units = new Set(["SECOND", "MILLISECOND", "MICROSECOND", "NANOSECOND"])

/** The unit in which a number is a time between 1973 and 5138; as seconds also one before. */
const unitOf = (time: number): string =>
  time < 1e11 ? "SECOND" : time < 1e14 ? "MILLISECOND" : time < 1e17 ? "MICROSECOND" : "NANOSECOND"
