/** A row that the definition can't take, beside those of a document: to see what becomes of it. Pure. */
import { Result } from "effect"
import { decode } from "../decode/decode.ts"
import * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import type { Attributes } from "../source/Change.ts"
import { ofForm } from "./items.ts"

/** Values of which a field takes one or two, but never all. */
const values = [true, "not a number", 0.5, { nothing: "of this" }, ["a"]]

/** Finds such a row of an aggregate; `undefined` where it takes whatever comes. */
export const refusableRow = (table: Table.Table, aggregate: string, id: string | undefined): Attributes | undefined => {
  const declared = table.aggregates.find(({ name }) => name === aggregate)
  if (declared === undefined) return undefined
  const { names: ownNames, partition, rows } = Shape.of(declared)
  const [only] = ownNames
  const own = id === undefined ? {} : ownNames.length === 1 ? { [only!]: id } : (partition.parse(id) ?? {})
  // A part that comes beside the others first: the document stays as it is.
  const kinds = [...rows.filter(({ kind }) => kind === "many"), ...rows.filter(({ kind }) => kind !== "many")]
  for (const row of kinds) {
    const names = Shape.templates(partition, row).flatMap((template) => template.names)
    const key = Object.fromEntries(names.map((name) => [name, own[name] ?? "refused"]))
    for (const fields of [{}, ...values.map((value) => everyField(row, value))]) {
      const read = ofForm(table, { _tag: "Typed", aggregate, field: row.field, key, values: fields as {} })
      if (Result.isSuccess(read) && isRefused(table, read.success)) return read.success
    }
  }
  return undefined
}

const everyField = ({ schema }: Shape.RowShape, value: unknown): { readonly [name: string]: unknown } => {
  const fields = "fields" in schema ? Object.keys(schema.fields as object) : []
  return Object.fromEntries(fields.map((name) => [name, value]))
}

const isRefused = (table: Table.Table, image: Attributes): boolean => {
  const keys = Object.fromEntries(table.keyNames.map((name) => [name, image[name]!]))
  const origin = {
    _tag: "Scan",
    tableArn: "arn:aws:dynamodb:dev:000000000000:table/dev",
    epoch: 0,
    requestedAt: 0
  } as const
  return decode(table, { keys, image, origin }).some(({ _tag }) => _tag === "Reject")
}
