/**
 * Times as text, the same on every machine: a date or date-time as ECMAScript writes it (ISO 8601, ECMA-262 section
 * "Date Time String Format"). A time without a zone is UTC, as OpenSearch takes it; ECMAScript alone would take it in
 * the zone of the process. Fractions of a second may have up to nine digits; those after the third are cut off.
 */

const pattern = /^(?:\d{4}|[+-]\d{6})(?:-\d\d(?:-(\d\d))?)?(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/

/** Epoch milliseconds; `undefined` for any other text, and for a day or an hour that does not exist. */
export const parse = (text: string): number | undefined => {
  const match = pattern.exec(text)
  if (match === null || text.startsWith("-000000")) return undefined
  const [, day, zone] = match
  const millis = Date.parse(zone === undefined && text.includes("T") ? `${text}Z` : text)
  if (Number.isNaN(millis) || (day !== undefined && day > "28" && !isDay(text, day))) return undefined
  return millis
}

/** The zone at the end of a time that `parse` takes: `Z`, an offset, or `undefined`. */
export const zoneOf = (text: string): string | undefined => pattern.exec(text)?.[2]

/** `Date.parse` takes the 30th of February for the 2nd of March. */
const isDay = (text: string, day: string): boolean =>
  new Date(Date.parse(text.replace(/T.*/, ""))).getUTCDate() === Number(day)

/** A time as text, also where a number from outside is none: nothing here throws. */
export const format = (epochMillis: number): string =>
  isTime(epochMillis) ? new Date(epochMillis).toISOString() : "an unknown time"

/** Tells the numbers that a date can hold from others. */
export const isTime = (epochMillis: number): boolean => Math.abs(epochMillis) <= 8_640_000_000_000_000
