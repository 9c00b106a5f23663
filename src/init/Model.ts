/** An inferred definition: what its source says, and what `Table.make` takes. */
import { Schema } from "effect"
import * as Aggregate from "../define/Aggregate.ts"
import * as Row from "../define/Row.ts"
import * as Table from "../define/Table.ts"
import type { KeyNames } from "../KeyNames.ts"
import { type Field, schemasOf } from "./fields.ts"

export interface Kind {
  readonly kind: Row.Kind
  /** The document's field; "" for the root. */
  readonly field: string
  /** `undefined` for the row at the aggregate's key itself. */
  readonly template: string | undefined
  /** The text of the table's type attribute. */
  readonly type: string | undefined
  readonly where: Where | undefined
  readonly fields: ReadonlyArray<Field>
  /** The parts inside each row. */
  readonly parts: ReadonlyArray<Kind>
  /** The number of rows in the sample. */
  readonly rows: number
  readonly notes: ReadonlyArray<string>
}

/** The texts with which a key attribute of these rows does not begin, as those of other aggregates do. */
export interface Where {
  readonly attribute: string
  readonly pattern: RegExp
}

export interface AggregateModel {
  readonly name: string
  /** The name of the module's export. */
  readonly exported: string
  readonly key: string | readonly [string, string]
  /** The root first, where there is one. */
  readonly kinds: ReadonlyArray<Kind>
  readonly notes: ReadonlyArray<string>
}

export interface Model {
  readonly names: KeyNames
  readonly typeAttribute: string | undefined
  readonly aggregates: ReadonlyArray<AggregateModel>
}

/** The definition as a program has it. Throws a `DefinitionError` where it can't be used. */
export const tableOf = ({ aggregates, names, typeAttribute }: Model): Table.Table =>
  Table.make({
    partitionKey: names.partitionKey,
    ...(names.sortKey === undefined ? {} : { sortKey: names.sortKey }),
    ...(typeAttribute === undefined ? {} : { typeAttribute }),
    aggregates: aggregates.map(aggregateOf)
  })

const aggregateOf = ({ key, kinds, name }: AggregateModel): Aggregate.Any => {
  const rows = kinds.map((kind) => [kind, rowOf(kind)] as const)
  const root = rows.find(([{ kind }]) => kind === "root")?.[1] as Row.Row<"root"> | undefined
  const parts = rows.flatMap(([{ field, kind }, row]) => (kind === "root" ? [] : [[field, row] as const]))
  const options = { key, ...(root === undefined ? {} : { root }), parts: Object.fromEntries(parts) }
  return Aggregate.make(name, options as never)
}

const rowOf = ({ fields, kind, parts, template, type, where }: Kind): Row.Row => {
  const told = {
    ...(type === undefined ? {} : { type }),
    ...(where === undefined ? {} : { where: whereOf(where) })
  }
  const options = { ...told, parts: Object.fromEntries(parts.map((part) => [part.field, rowOf(part)])) as never }
  const schemas = schemasOf(fields)
  if (kind === "many") return Row.many(template ?? "", schemas, options)
  if (kind === "one") return Row.one(template ?? "", schemas, options)
  return template === undefined ? Row.root(schemas, told) : Row.root(template, schemas, told)
}

const whereOf = ({ attribute, pattern }: Where) =>
  Schema.Struct({ [attribute]: Schema.String.check(Schema.isPattern(pattern)) })

/** The first of some models that `Table.make` takes; else the last one without what keeps it from that. */
export const firstUsable = (models: ReadonlyArray<Model>): Model => models.find(isUsable) ?? usable(models.at(-1)!)

/** The model without what keeps `Table.make` from taking it: of kinds that can't stand side by side the larger stay. */
const usable = (model: Model): Model => {
  let aggregates: ReadonlyArray<AggregateModel> = []
  for (const aggregate of model.aggregates) {
    let kinds: ReadonlyArray<Kind> = []
    const larger = aggregate.kinds.toSorted((a, b) => rank(a) - rank(b))
    for (const kind of larger) {
      const more = aggregate.kinds.filter((other) => other === kind || kinds.includes(other))
      if (isUsable({ ...model, aggregates: [...aggregates, { ...aggregate, kinds: more }] })) kinds = more
    }
    if (kinds.length > 0) aggregates = [...aggregates, { ...aggregate, kinds }]
  }
  return { ...model, aggregates }
}

const rank = ({ kind, rows }: Kind): number => (kind === "root" ? -Infinity : -rows)

const isUsable = (model: Model): boolean => {
  try {
    tableOf(model)
    return true
  } catch (error) {
    if (error instanceof Table.DefinitionError) return false
    throw error
  }
}
