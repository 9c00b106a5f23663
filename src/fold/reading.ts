/** A stored document's JSON read back into its type. Pure; none throws, and no reason holds data of a row. */
import { Result, Schema } from "effect"
import { isJson } from "../decode/isJson.ts"
import { issuesOf } from "../decode/issues.ts"
import { jsonCodec } from "../decode/jsonCodec.ts"
import { thrown } from "../decode/rowCodec.ts"
import type * as Aggregate from "../define/Aggregate.ts"
import * as Mapping from "../define/Mapping.ts"
import { memo } from "../define/memo.ts"
import type * as Row from "../define/Row.ts"

type Json = { readonly [field: string]: unknown }

/**
 * Reads a document's JSON: what `typeof Order.Type` says, but for the steps whose derived fields could not be computed.
 * Fails in words where it is no such document.
 */
export const read = (
  aggregate: Aggregate.Any,
  json: Json,
  notComputed: ReadonlyArray<string> = []
): Result.Result<unknown, string> => {
  const rows = readRows(aggregate, json)
  if (Result.isFailure(rows)) return rows
  const document = { ...rows.success }
  for (const step of aggregate.derived) {
    if (Object.keys(step.fields).some((field) => notComputed.includes(field))) continue
    const derived = derivedReader(step)(json)
    if (Result.isFailure(derived)) return derived
    Object.assign(document, derived.success)
  }
  return Result.succeed(document)
}

/**
 * Reads root and parts; derived fields are left out. Fails where a stored row is not one that its schema takes: it was
 * written under an older schema.
 */
export const readRows = (aggregate: Aggregate.Any, json: Json): Result.Result<object, string> =>
  rowsReader(aggregate)(json)

type Reader = (json: unknown) => Result.Result<unknown, string>

const rowsReader = memo(({ parts, root }: Aggregate.Any): ((json: Json) => Result.Result<object, string>) =>
  withParts(root === undefined ? nothing : reader(root.schema, "the stored root"), parts, "")
)

const nothing: Reader = () => Result.succeed({})

/** Reads an object's own fields and its parts; parts that it does not have are left out. */
const withParts = (own: Reader, parts: Row.Parts, above: string): ((json: Json) => Result.Result<object, string>) => {
  const readers = Object.entries(parts).map(([name, part]) => {
    const field = `${above}${name}`
    const row = reader(part.schema, `a stored row of "${field}"`)
    const one = Object.keys(part.parts).length === 0 ? row : (withParts(row, part.parts, `${field}.`) as Reader)
    return { name, read: part.kind === "many" ? manyOf(one) : one }
  })
  return (json) => {
    const read = own(json)
    if (Result.isFailure(read)) return Result.fail(read.failure)
    const document: { [field: string]: unknown } = { ...(read.success as object) }
    for (const { name, read } of readers) {
      if (!Object.hasOwn(json, name)) continue
      const value = read(json[name])
      if (Result.isFailure(value)) return Result.fail(value.failure)
      document[name] = value.success
    }
    return Result.succeed(document)
  }
}

const manyOf =
  (one: Reader): Reader =>
  (rows) => {
    const values: Array<unknown> = []
    for (const row of rows as ReadonlyArray<unknown>) {
      const value = one(row)
      if (Result.isFailure(value)) return value
      values.push(value.success)
    }
    return Result.succeed(values)
  }

const derivedReader = memo(({ fields }: Aggregate.Derived): Reader => {
  const names = Object.keys(fields).join(", ")
  return reader(Schema.Struct(fields), `the derived field ${names}`)
})

/** Values that are JSON already are looked at alone: to make them anew takes longer. */
const reader = (schema: Schema.Constraint, what: string): Reader => {
  const type = Schema.toType(schema as Schema.Codec<unknown>)
  const codec = jsonCodec(type)
  const decode = Schema.decodeUnknownResult(codec)
  const takes = isJson(codec.ast) ? Schema.is(type) : () => false
  const names = new Set(Mapping.fieldsOf(type))
  return (json) => {
    try {
      if (takes(json)) return Result.succeed(json)
      return Result.mapError(decode(json), (error) => `${what} ${refused}${placeOf(error, names)}`)
    } catch (error) {
      return Result.fail(thrown(error, `a check of ${what}`))
    }
  }
}

const refused = "is not one that its schema takes now"

/** The field that a schema refuses. Names that it does not have are data of the row, so they are left out. */
const placeOf = (error: Schema.SchemaError, names: ReadonlySet<string>): string => {
  const name = String(issuesOf(error)[0]?.path[0])
  return names.has(name) ? `, at field "${name}"` : ""
}
