/**
 * Times as text, the same on every machine: a date or date-time as ECMAScript writes it (ISO 8601, ECMA-262 section
 * "Date Time String Format"). A time without a zone is UTC, as OpenSearch takes it; ECMAScript alone would take it in
 * the zone of the process. Fractions of a second may have up to nine digits; those after the third are cut off.
 */

const date = String.raw`(?:\d{4}|[+-]\d{6})(?:-(?:0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?`
const hour = String.raw`(?:[01]\d|2[0-3])`
const fraction = String.raw`(?:\.\d{1,9})?`
/** The end of a day may be written 24:00. */
const time = String.raw`(?:${hour}:[0-5]\d(?::[0-5]\d${fraction})?|24:00(?::00(?:\.0{1,9})?)?)`
const pattern = new RegExp(String.raw`^${date}(?:(T)${time}(Z|[+-]${hour}:[0-5]\d)?)?$`)

/** Epoch milliseconds; `undefined` for any other text, and for a day or an hour that does not exist. */
export const parse = (text: string): number | undefined => {
  const match = pattern.exec(text)
  if (match === null || text.startsWith("-000000")) return undefined
  const [, day, hasTime, zone] = match
  // What the pattern takes `Date.parse` reads as ECMAScript has it; of other texts it guesses at most.
  const millis = Date.parse(hasTime !== undefined && zone === undefined ? `${text}Z` : text)
  return Number.isNaN(millis) || (day !== undefined && day > "28" && !isDay(text, day)) ? undefined : millis
}

/** `Date.parse` takes the 30th of February for the 2nd of March. */
const isDay = (text: string, day: string): boolean =>
  new Date(Date.parse(text.replace(/T.*/, ""))).getUTCDate() === Number(day)

/** The zone at the end of a time that `parse` takes: `Z`, an offset, or `undefined`. */
export const zoneOf = (text: string): string | undefined => pattern.exec(text)?.[3]

/** A time as text, also where a number from outside is none: nothing here throws. */
export const format = (epochMillis: number): string =>
  Math.abs(epochMillis) <= 8_640_000_000_000_000 ? new Date(epochMillis).toISOString() : "an unknown time"
