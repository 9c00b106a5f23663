/** A stored document's JSON read back into its type. Pure; none throws, and no reason holds data of a row. */
import { Data, Result, Schema } from "effect"
import { isJson } from "./isJson.ts"
import { issuesOf } from "./issues.ts"
import { jsonCodec } from "./jsonCodec.ts"
import * as Mapping from "./Mapping.ts"
import { memo } from "../memo.ts"
import type * as Row from "./Row.ts"
import { thrown } from "./thrown.ts"

type Json = { readonly [field: string]: unknown }

/** As much of an aggregate as says what its documents hold. */
export interface Readable {
  readonly name: string
  readonly root: Row.Row | undefined
  readonly parts: Row.Parts
  readonly derived: ReadonlyArray<Derived>
}

/** Fields computed from the finished document. */
export interface Derived {
  readonly fields: Row.Fields
  readonly compute: (document: any) => unknown
}

/**
 * A document is there, but not of the type that its definition says: a stored row is of an older schema, or a derived
 * field could not be computed. `Documents.json` gives what there is.
 */
export class WrongType extends Data.TaggedError("WrongType")<{ readonly message: string }> {}

/**
 * Reads the `_source` of a document, whoever found it, without its sync state. Fails where that is not of the type
 * that the aggregate's definition says, also where readers see no such document.
 */
export const decode = (aggregate: Readable, source: unknown): Result.Result<unknown, WrongType> =>
  Result.mapError(
    readSource(aggregate, source),
    (reason) =>
      new WrongType({
        message: `a document of "${aggregate.name}" is not of the type that the definition says: ${reason}`
      })
  )

const readSource = (aggregate: Readable, source: unknown): Result.Result<unknown, string> => {
  if (!isRecord(source)) return Result.fail("its source is no JSON object")
  const sync = isRecord(source["_sync"]) ? source["_sync"] : {}
  if (sync["live"] === false) return Result.fail("its root is absent, so readers don't see it")
  const notComputed = isRecord(sync["notComputed"]) ? sync["notComputed"]["reason"] : undefined
  if (notComputed !== undefined) return Result.fail(String(notComputed))
  const names = namesOf(aggregate)
  return read(aggregate, Object.fromEntries(Object.entries(source).filter(([name]) => names.has(name))))
}

const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

/** The names of all fields that readers see. */
const namesOf = memo(
  ({ derived, parts, root }: Readable): ReadonlySet<string> =>
    new Set([
      ...(root === undefined ? [] : Mapping.fieldsOf(root.schema)),
      ...Object.keys(parts).filter((field) => !parts[field]!.hidden),
      ...derived.flatMap(({ fields }) => Object.keys(fields))
    ])
)

/**
 * Reads a document's JSON: what `typeof Order.Type` says, but for the steps whose derived fields could not be computed.
 * Fails in words where it is no such document.
 */
export const read = (
  aggregate: Readable,
  json: Json,
  notComputed: ReadonlyArray<string> = []
): Result.Result<unknown, string> => {
  const rows = readRows(aggregate, json)
  if (Result.isFailure(rows)) return rows
  const document: { [field: string]: unknown } = { ...rows.success }
  for (const step of aggregate.derived) {
    if (Object.keys(step.fields).some((field) => notComputed.includes(field))) continue
    const derived = derivedReader(step)(json)
    if (Result.isFailure(derived)) return derived
    const values = derived.success as Json
    // What is JSON already is the whole document as it is stored.
    for (const field of Object.keys(step.fields)) if (Object.hasOwn(values, field)) document[field] = values[field]
  }
  return Result.succeed(document)
}

/**
 * Reads root and parts; derived fields are left out. Fails where a stored row is not one that its schema takes: it was
 * written under an older schema. A *many* that is absent is empty: the document was written before there was such.
 */
export const readRows = (aggregate: Readable, json: Json): Result.Result<object, string> => rowsReader(aggregate)(json)

type Reader = (json: unknown) => Result.Result<unknown, string>

const rowsReader = memo(({ parts, root }: Readable): ((json: Json) => Result.Result<object, string>) =>
  withParts(root === undefined ? nothing : reader(root.schema, "the stored root"), parts, "")
)

const nothing: Reader = () => Result.succeed({})

/** Reads an object's own fields and its parts. */
const withParts = (own: Reader, parts: Row.Parts, above: string): ((json: Json) => Result.Result<object, string>) => {
  const readers = Object.entries(parts).map(([name, part]) => {
    const field = `${above}${name}`
    const row = reader(part.schema, `a stored row of "${field}"`)
    const one = Object.keys(part.parts).length === 0 ? row : (withParts(row, part.parts, `${field}.`) as Reader)
    const isMany = part.kind === "many"
    return { name, isSeen: !part.hidden, isMany, read: isMany ? manyOf(one, field) : one }
  })
  return (json) => {
    const read = own(json)
    if (Result.isFailure(read)) return Result.fail(read.failure)
    const document: { [field: string]: unknown } = { ...(read.success as object) }
    for (const { isMany, isSeen, name, read } of readers) {
      if (!Object.hasOwn(json, name)) {
        if (isMany && isSeen) document[name] = []
        continue
      }
      const value = read(json[name])
      if (Result.isFailure(value)) return Result.fail(value.failure)
      document[name] = value.success
    }
    return Result.succeed(document)
  }
}

const manyOf =
  (one: Reader, field: string): Reader =>
  (rows) => {
    if (!Array.isArray(rows)) return Result.fail(`the stored rows of "${field}" are no list`)
    const values: Array<unknown> = []
    for (const row of rows) {
      const value = one(row)
      if (Result.isFailure(value)) return value
      values.push(value.success)
    }
    return Result.succeed(values)
  }

const derivedReader = memo(({ fields }: Derived): Reader => {
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
