/**
 * Strict links in place of Effect's own from a text to a `Date` or `DateTime`. Effect reads a date by `new Date(text)`,
 * which takes a text without a zone in the zone of the process and guesses at almost anything: "order 5" is a day in
 * 2001. Here the text must be a time that `IsoTime` takes; what is written is the same.
 */
import { DateTime, Option, Schema, type SchemaAST, SchemaGetter, type SchemaIssue, SchemaTransformation } from "effect"
import * as IsoTime from "../IsoTime.ts"

type Transformation = SchemaAST.Link["transformation"]

/** The check of the text before a link, and how it is read then. */
export interface DateLink {
  readonly check: SchemaAST.Filter<string>
  readonly transformation: Transformation
}

/** Finds what stands for a link of Effect's; `undefined` for all others, a user's own among them. */
export const dateLinkFor = (transformation: Transformation): DateLink | undefined => links.get(transformation)

/** Tells whether a value was refused because of a text that should be a date and is no ISO 8601. */
export const isDateProblem = (issue: SchemaIssue.Issue): boolean => {
  switch (issue._tag) {
    case "Filter":
      return issue.filter === isIso || issue.filter === isZonedIso || isDateProblem(issue.issue)
    case "Encoding":
    case "Pointer":
      return isDateProblem(issue.issue)
    case "Composite":
    case "AnyOf":
      return issue.issues.some(isDateProblem)
    default:
      return false
  }
}

const isIso = Schema.makeFilter<string>((text) => IsoTime.parse(text) !== undefined, {
  expected: "an ISO 8601 date or date-time such as 2026-08-01T12:00:00Z"
})

const isZonedIso = Schema.makeFilter<string>((text) => Option.isSome(zoned(text)), {
  expected: "an ISO 8601 date-time with its offset such as 2026-08-01T12:00:00+01:00[Europe/London]"
})

/** Reads what Effect writes: a time with its offset, and the name of its zone in brackets if it has one. */
const zoned = (text: string): Option.Option<DateTime.Zoned> => {
  const [, time = text, name] = /^([^[]*)\[([^\]]+)\]$/.exec(text) ?? []
  const millis = IsoTime.parse(time)
  const offset = IsoTime.zoneOf(time)
  // Beside a name, a time without an offset may be meant in UTC or in that zone.
  if (millis === undefined || (name !== undefined && offset === undefined)) return Option.none()
  const timeZone = name ?? (offset === undefined || offset === "Z" ? "+00:00" : offset)
  return DateTime.makeZoned(millis, { timeZone })
}

const ownOf = (schema: Schema.Top): Transformation => schema.ast.encoding![0].transformation

const encoderOf = (own: Transformation): SchemaGetter.Getter<string, unknown> =>
  (own as SchemaTransformation.Transformation<unknown, string>).encode

const link = (own: Transformation, check: DateLink["check"], read: (text: string) => unknown) => {
  const transformation = new SchemaTransformation.Transformation(SchemaGetter.transform(read), encoderOf(own))
  return [own, { check, transformation }] as const
}

const dateOf = (text: string): Date => new Date(IsoTime.parse(text)!)
const utcOf = (text: string): DateTime.Utc => DateTime.makeUnsafe(IsoTime.parse(text)!)
const zonedOf = (text: string): DateTime.Zoned => Option.getOrThrow(zoned(text))

// The schemas of date-times have links of their own, which differ from the public ones.
const links = new Map<Transformation, DateLink>([
  link(SchemaTransformation.dateFromString, isIso, dateOf),
  link(SchemaTransformation.dateTimeUtcFromString, isIso, utcOf),
  link(ownOf(Schema.DateTimeUtcFromString), isIso, utcOf),
  link(SchemaTransformation.dateTimeZonedFromString, isZonedIso, zonedOf),
  link(ownOf(Schema.DateTimeZonedFromString), isZonedIso, zonedOf)
])
