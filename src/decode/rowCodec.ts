/**
 * One kind of row's codec: from its attributes to the JSON text of its decoded value, as the document shows it.
 * Made once per kind; schemas are compiled on first use where the platform allows it (2–5 times faster).
 */
import { Result, Schema, SchemaAST } from "effect"
import "effect/schema/SchemaJITCompiler/enable"
import { isDateProblem } from "../define/dateLinks.ts"
import { isJson } from "../define/isJson.ts"
import { issuesOf } from "../define/issues.ts"
import { jsonCodec } from "../define/jsonCodec.ts"
import { discriminatorOf, inWords, membersOf } from "../define/members.ts"
import { memo } from "../memo.ts"
import type * as Shape from "../define/Shape.ts"
import { thrown } from "../define/thrown.ts"
import type { Attributes } from "../source/Change.ts"
import { typeAt } from "./attributeType.ts"
import { inexact, type Problem, Reader, type Want, wanted } from "./attributes.ts"
import { nullAsAbsent } from "./nullAsAbsent.ts"
import { nonFiniteNumber } from "./nonFiniteNumber.ts"

export interface RowCodec {
  /**
   * Tells whether the row counts: its `where` takes it. `values` stand in for attributes that the row lacks: what the
   * names of the key templates mean in its key. Fails in words where that can't be said: an attribute that `where`
   * looks at can't be read, or `where` throws.
   */
  readonly takes: (image: Attributes, values: Shape.Values) => Result.Result<boolean, string>
  /** The JSON text of the decoded row. Fails with the reason in words; never with data of the row. */
  readonly decode: (image: Attributes, values: Shape.Values) => Result.Result<string, string>
}

export const of = memo((row: Shape.RowShape): RowCodec => make(row))

const make = (row: Shape.RowShape): RowCodec => {
  const codec = jsonCodec(row.schema)
  const want = wanted(codec.ast)
  const parse = parser(codec)
  const render = renderer(row.schema)
  const explainAs = alternativeExplainer(codec, want)
  return {
    takes: row.where === undefined ? () => taken : taker(row.where, nameOf(row)),
    decode: (image, values) => {
      const reader = new Reader()
      const value = reader.row(image, values, want)
      if (reader.problem !== undefined) return Result.fail(sentence(reader.problem))
      try {
        const decoded = parse(value, reader.hasNull)
        if (Result.isFailure(decoded)) {
          return Result.fail(explainAs?.(value, reader.hasNull, image) ?? explain(decoded.failure, want, image))
        }
        const json = render(decoded.success)
        const number = mayBeNonFinite.test(json) ? nonFiniteNumber(decoded.success) : undefined
        if (number === undefined) return Result.succeed(json)
        return Result.fail(`field "${number.field}" became ${number.number}, which JSON can't hold`)
      } catch (error) {
        return Result.fail(thrown(error, `a transform of ${nameOf(row)}`))
      }
    }
  }
}

const taken = Result.succeed(true)

/** Decodes values, with the codec for those that hold a null only where one does: it costs more. */
const parser = <T>(codec: Schema.Codec<T, Schema.Json>) => {
  const plain = Schema.decodeUnknownResult(codec)
  const withNulls = Schema.decodeUnknownResult(nullAsAbsent(codec))
  return (value: unknown, hasNull: boolean) => (hasNull ? withNulls(value) : plain(value))
}

/** Matches numbers that JSON can't hold as they look in a text, among other things. */
const mayBeNonFinite = /null|NaN|Infinity/

/** Gives a decoded value's JSON text; a schema whose values are JSON already needs no encoding. */
export const renderer = (schema: Schema.Codec<any, any>): ((value: unknown) => string) => {
  const codec = jsonCodec(Schema.toType(schema))
  if (isJson(codec.ast)) return (value) => JSON.stringify(value)
  const encode = Schema.encodeUnknownSync(codec)
  return (value) => JSON.stringify(encode(value))
}

const nameOf = (row: Shape.RowShape): string => (row.field === "" ? "the root" : `"${row.field}"`)

const taker = (where: Schema.Decoder<unknown>, name: string): RowCodec["takes"] => {
  const codec = jsonCodec(where)
  const want = wanted(codec.ast)
  const matches = parser(codec)
  return (image, values) => {
    const reader = new Reader()
    const value = reader.row(image, values, want)
    if (reader.problem !== undefined) return Result.fail(sentence(reader.problem))
    try {
      const matched = matches(value, reader.hasNull)
      if (Result.isSuccess(matched)) return Result.succeed(true)
      // Of these it can't be said whether they match, so the row is not taken for removed.
      if (isDateProblem(matched.failure.issue)) return Result.fail(explain(matched.failure, want, image))
      const failed = fieldsOf(matched.failure, want)
      const isNear = (path: string) => failed.some((field) => field.startsWith(path) || path.startsWith(field))
      const path = reader.carried.find(isNear)
      return path === undefined ? Result.succeed(false) : Result.fail(sentence({ path, message: inexact }))
    } catch (error) {
      return Result.fail(thrown(error, `the \`where\` of ${name}`))
    }
  }
}

const sentence = ({ message, path }: Problem): string => `field "${path}" ${message}`

/**
 * Explains why none of several alternatives takes a row by the field that tells them apart: its value is of none, or
 * the alternative is named and refuses the row. `undefined` for schemas that have no such field.
 */
const alternativeExplainer = <T>(codec: Schema.Codec<T, Schema.Json>, want: Want) => {
  const alternatives = alternativesOf(codec)
  if (alternatives === undefined) return undefined
  const { members, name, values } = alternatives
  const parsers = members.map(parser)
  return (row: unknown, hasNull: boolean, image: Attributes): string | undefined => {
    const value = (row as { readonly [name: string]: unknown })[name]
    const at = values.findIndex((own) => own.some((literal) => literal === value))
    if (at < 0) {
      const type = typeAt(image, [name])
      return `field "${name}": Expected ${inWords(values.flat())}${type === undefined ? "" : `, got ${type}`}`
    }
    const decoded = parsers[at]!(row, hasNull)
    if (Result.isSuccess(decoded)) return undefined
    return `${explain(decoded.failure, want, image)}, where ${name} is ${inWords([value as string])}`
  }
}

/** The alternatives of a schema, and the field that tells them apart; `undefined` where it has none of these. */
export const alternativesOf = <T>(codec: Schema.Codec<T, Schema.Json>) => {
  const members = membersOf(codec.ast)
  const structs = members.map(SchemaAST.toEncoded).filter(SchemaAST.isObjects)
  const discriminator = structs.length === members.length ? discriminatorOf(structs) : undefined
  if (discriminator === undefined) return undefined
  return { ...discriminator, members: members.map((member) => Schema.make<Schema.Codec<unknown, Schema.Json>>(member)) }
}

/** Says of each field what was expected, and the type of the attribute that came. */
const explain = (error: Schema.SchemaError, want: Want, image: Attributes): string => {
  const issues = issuesOf(error)
  const shown = issues.slice(0, 3).map(({ message, path }) => {
    const type = typeAt(image, path)
    return `field "${fieldOf(path, want)}": ${message}${type === undefined ? "" : `, got ${type}`}`
  })
  return shown.join("; ") + (issues.length > shown.length ? `; and ${issues.length - shown.length} more` : "")
}

const fieldsOf = (error: Schema.SchemaError, want: Want): ReadonlyArray<string> =>
  issuesOf(error).map(({ path }) => fieldOf(path, want))

/** Gives the path to a field as text. Names that the schema does not have are data of the row, so they are left out. */
export const fieldOf = (path: ReadonlyArray<PropertyKey>, want: Want): string => {
  let text = ""
  let at: Want | undefined = want
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`
    else text += `${text === "" ? "" : "."}${at?.fields?.has(String(key)) ? String(key) : "*"}`
    at = at?.fields?.get(String(key)) ?? at?.inner
  }
  return text
}
