/**
 * One kind of row's codec: from its attributes to the JSON text of its decoded value, as the document shows it.
 * Made once per kind; schemas are compiled on first use where the platform allows it (2–5 times faster).
 */
import { Result, Schema, SchemaIssue } from "effect"
import "effect/schema/SchemaJITCompiler/enable"
import type * as Shape from "../define/Shape.ts"
import type { Attributes } from "../source/Change.ts"
import * as decimal from "./decimal.ts"
import { Reader, type Want, wanted } from "./attributes.ts"
import { isJson } from "./isJson.ts"

export interface RowCodec {
  /** Whether the row counts at all: its `where` takes it. */
  readonly takes: (image: Attributes) => boolean
  /**
   * The JSON text of the decoded row. `values` stand in for attributes that the row lacks: what the names of the key
   * templates mean in its key. Fails with the reason in words; never with data of the row.
   */
  readonly decode: (image: Attributes, values: Shape.Values) => Result.Result<string, string>
}

const codecs = new WeakMap<Shape.RowShape, RowCodec>()

export const of = (row: Shape.RowShape): RowCodec => {
  const known = codecs.get(row)
  if (known !== undefined) return known
  const made = make(row)
  codecs.set(row, made)
  return made
}

const make = (row: Shape.RowShape): RowCodec => {
  const codec = Schema.toCodecJson(row.schema)
  const want = wanted(codec.ast)
  const parse = Schema.decodeUnknownResult(codec)
  const render = renderer(row.schema)
  return {
    takes: row.where === undefined ? () => true : taker(row.where),
    decode: (image, values) => {
      const reader = new Reader()
      const value = reader.object(image, want, "")
      if (reader.problem !== undefined) {
        return Result.fail(`field "${reader.problem.path}" ${reader.problem.message}`)
      }
      for (const name in values) if (!Object.hasOwn(image, name)) fill(value, name, values[name]!, want)
      try {
        const decoded = parse(value)
        return Result.isSuccess(decoded)
          ? Result.succeed(render(decoded.success))
          : Result.fail(explain(decoded.failure))
      } catch (error) {
        return Result.fail(thrown(error, `a transform of ${row.field === "" ? "the root" : `"${row.field}"`}`))
      }
    }
  }
}

/** Gives a decoded value's JSON text; a schema whose values are JSON already needs no encoding. */
export const renderer = (schema: Schema.Codec<any, any>): ((value: unknown) => string) => {
  const codec = Schema.toCodecJson(Schema.toType(schema))
  if (isJson(codec.ast)) return (value) => JSON.stringify(value)
  const encode = Schema.encodeUnknownSync(codec)
  return (value) => JSON.stringify(encode(value))
}

/** What a user's function threw, told without its message, which may hold data of the row. */
export const thrown = (error: unknown, where: string): string =>
  `${where} threw ${error instanceof Error ? error.constructor.name : typeof error}`

const taker = (where: Schema.Decoder<unknown>) => {
  const codec = Schema.toCodecJson(where as Schema.Codec<unknown, unknown>)
  const want = wanted(codec.ast)
  const matches = Schema.decodeUnknownResult(codec)
  return (image: Attributes) => {
    const reader = new Reader()
    const value = reader.object(image, want, "")
    return reader.problem === undefined && Result.isSuccess(matches(value))
  }
}

const fill = (value: { [name: string]: unknown }, name: string, text: string, want: Want): void => {
  const place = want.fields?.get(name)
  if (place === undefined) return
  value[name] = place.number === "double" ? (decimal.exact(text) ?? text) : text
}

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

const explain = (error: Schema.SchemaError): string => {
  const issues = issuesOf(error.issue).issues
  const shown = issues.slice(0, 3).map(({ message, path }) => `field "${(path ?? []).join(".")}": ${message}`)
  return shown.join("; ") + (issues.length > shown.length ? `; and ${issues.length - shown.length} more` : "")
}
