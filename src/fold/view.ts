/** What readers see of a document: its fields as JSON text, put together from its rows' texts without reading them. */
import { Result, Schema } from "effect"
import { isJson } from "../decode/isJson.ts"
import { jsonCodec } from "../decode/jsonCodec.ts"
import { renderer, thrown } from "../decode/rowCodec.ts"
import { unfit } from "../decode/unfit.ts"
import type * as Aggregate from "../define/Aggregate.ts"
import { memo } from "../define/memo.ts"
import type { Shape } from "../define/Shape.ts"
import type { Document, Row } from "./Document.ts"

/** The live rows of a document, the shown ones by field, and the others, which the sync state keeps. */
export interface Shown {
  readonly root: Row | undefined
  readonly parts: ReadonlyMap<string, ReadonlyArray<Row>>
  readonly kept: ReadonlyArray<Row>
}

/** Which rows of a live document are shown: all of *many*, of a root and of *one* the greatest row key. */
export const shown = (document: Document): Shown => {
  const parts = new Map<string, Array<Row>>()
  const kept: Array<Row> = []
  let root: Row | undefined
  for (const row of document.rows) {
    if (row.json === undefined) continue
    const { field, kind } = row.row
    if (kind === "root") {
      if (root !== undefined) kept.push(root)
      root = row
      continue
    }
    const known = parts.get(field)
    if (known === undefined) parts.set(field, [row])
    else if (kind === "many") known.push(row)
    else kept.push(...known.splice(0, 1, row))
  }
  return { root, parts, kept }
}

/**
 * The fields of a live document, as JSON text without the outer braces. Fails with the reason in words where a derived
 * field's function throws or gives what its schema or JSON can't hold.
 */
export const fields = (shape: Shape, { parts, root }: Shown): Result.Result<string, string> => {
  const texts = root === undefined || root.json === "{}" ? [] : [root.json!.slice(1, -1)]
  for (const row of shape.rows) {
    if (row.kind === "root") continue
    const rows = parts.get(row.field)
    if (row.kind === "many")
      texts.push(`${JSON.stringify(row.field)}:[${rows?.map(({ json }) => json).join(",") ?? ""}]`)
    else if (rows !== undefined) texts.push(`${JSON.stringify(row.field)}:${rows[0]!.json}`)
  }
  return shape.aggregate.derived.length === 0 ? Result.succeed(texts.join(",")) : derive(shape, texts)
}

const derive = (shape: Shape, texts: Array<string>): Result.Result<string, string> => {
  const { derived } = shape.aggregate
  let document = documentReader(shape.aggregate)(JSON.parse(`{${texts.join(",")}}`))
  for (const step of derived) {
    const names = Object.keys(step.fields).join(", ")
    try {
      const value = step.compute(document)
      const number = unfit(value)
      if (number !== undefined) {
        return Result.fail(`the derived field ${number.field} became ${number.number}, which JSON can't hold`)
      }
      const text = derivedRenderer(step)(value)
      if (text !== "{}") texts.push(text.slice(1, -1))
      document = { ...(document as object), ...(value as object) }
    } catch (error) {
      return Result.fail(
        Schema.isSchemaError(error)
          ? `the derived field ${names} gave a value that its schema refuses`
          : thrown(error, `the function of the derived field ${names}`)
      )
    }
  }
  return Result.succeed(texts.join(","))
}

const derivedRenderer = memo((step: Aggregate.Derived) => {
  const schema = Schema.Struct(step.fields)
  const check = Schema.decodeUnknownSync(Schema.toType(schema))
  const render = renderer(schema)
  return (value: unknown) => render(check(value))
})

type Json = { readonly [field: string]: unknown }

/** Reads a document's JSON back into its type: what `typeof Order.Type` says. Throws where it is no such document. */
export const read = (aggregate: Aggregate.Any, json: Json): unknown => {
  const document = { ...(documentReader(aggregate)(json) as object) }
  for (const { fields } of aggregate.derived) Object.assign(document, derivedReader(fields)(json))
  return document
}

/** Reads root and parts; derived fields are left out. */
const documentReader = memo((aggregate: Aggregate.Any) => {
  const root = aggregate.root === undefined ? undefined : reader(aggregate.root.schema)
  const parts = Object.entries(aggregate.parts).map(([field, part]) => {
    const one = reader(part.schema)
    return {
      field,
      part: part.kind === "many" ? (rows: unknown) => (rows as Array<unknown>).map((row) => one(row)) : one
    }
  })
  return (json: Json): unknown => {
    const document: { [field: string]: unknown } = { ...(root?.(json) as object | undefined) }
    for (const { field, part } of parts) if (Object.hasOwn(json, field)) document[field] = part(json[field])
    return document
  }
})

const reader = (schema: Schema.Constraint): ((json: unknown) => unknown) => {
  const codec = jsonCodec(Schema.toType(schema as Schema.Codec<unknown>))
  return isJson(codec.ast) ? (json) => json : Schema.decodeUnknownSync(codec)
}

const derivedReader = memo((fields: Aggregate.Derived["fields"]) => {
  const read = Schema.decodeUnknownSync(jsonCodec(Schema.toType(Schema.Struct(fields))))
  return (json: unknown): object => read(json)
})
