/**
 * Derived fields, computed from the finished document at each write. A step that can't be computed refuses no row: the
 * document goes without its fields and those of the steps after it, which may build on them. Pure; none throws.
 */
import { Result, Schema } from "effect"
import { renderer } from "../decode/rowCodec.ts"
import { nonFiniteNumber } from "../decode/nonFiniteNumber.ts"
import type * as Aggregate from "../define/Aggregate.ts"
import { memo } from "../memo.ts"
import * as reading from "../define/reading.ts"
import { thrown } from "../define/thrown.ts"

/** Derived fields that a document goes without, and why; never with data of a row. */
export interface NotComputed {
  readonly fields: ReadonlyArray<string>
  readonly reason: string
}

export interface Derived {
  /** The JSON text of each step's fields, without the outer braces. */
  readonly texts: ReadonlyArray<string>
  readonly notComputed: NotComputed | undefined
}

/** Computes the derived fields of a document, given the JSON text of its root and parts. */
export const derive = (aggregate: Aggregate.Any, text: string): Derived => {
  const { derived } = aggregate
  const texts: Array<string> = []
  const without = (from: number, reason: string): Derived => {
    const fields = derived.slice(from).flatMap((step) => Object.keys(step.fields))
    return { texts, notComputed: { fields, reason } }
  }
  const rows = reading.readRows(aggregate, JSON.parse(text))
  if (Result.isFailure(rows)) return without(0, rows.failure)
  let document = rows.success
  for (const [at, step] of derived.entries()) {
    const computed = compute(step, document)
    if (Result.isFailure(computed)) return without(at, computed.failure)
    const { text, value } = computed.success
    if (text !== "{}") texts.push(text.slice(1, -1))
    document = { ...document, ...value }
  }
  return { texts, notComputed: undefined }
}

const compute = (
  step: Aggregate.Derived,
  document: object
): Result.Result<{ readonly value: object; readonly text: string }, string> => {
  const names = Object.keys(step.fields).join(", ")
  try {
    const value = step.compute(document)
    const number = nonFiniteNumber(value)
    if (number !== undefined) {
      // A name that is not declared may be data of a row.
      const field = Object.hasOwn(step.fields, number.field) ? number.field : names
      return Result.fail(`the derived field ${field} became ${number.number}, which JSON can't hold`)
    }
    return Result.succeed({ value: value as object, text: derivedRenderer(step)(value) })
  } catch (error) {
    return Result.fail(
      Schema.isSchemaError(error)
        ? `the derived field ${names} gave a value that its schema refuses`
        : thrown(error, `the function of the derived field ${names}`)
    )
  }
}

const derivedRenderer = memo((step: Aggregate.Derived) => {
  const schema = Schema.Struct(step.fields)
  const check = Schema.decodeUnknownSync(Schema.toType(schema))
  const render = renderer(schema)
  return (value: unknown) => render(check(value))
})
