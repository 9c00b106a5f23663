/**
 * An aggregate made ready for use: its templates compiled, its rows in one list, its document id as a function.
 * Everything that reads a definition at run time reads this.
 */
import type * as Aggregate from "./Aggregate.ts"
import * as inspection from "./inspection.ts"
import * as Key from "./Key.ts"
import * as Mapping from "./Mapping.ts"
import { memo } from "./memo.ts"
import * as Precedence from "./precedence.ts"
import type * as Row from "./Row.ts"

/** One kind of row of an aggregate. */
export interface RowShape {
  readonly kind: Row.Kind
  /** The document's field that shows these rows; for the root, whose attributes are fields themselves, "". */
  readonly field: string
  /** The template of the whole sort key; `undefined` in a table without one. */
  readonly sortKey: Key.Template | undefined
  /** Tells whether a name of the partition key stands in the sort key again. */
  readonly repeatsName: boolean
  readonly schema: Row.AnySchema
  readonly type: Row.Row["type"]
  readonly where: Row.Row["where"]
}

export interface Shape {
  readonly aggregate: Aggregate.Any
  readonly partition: Key.Template
  readonly sortPrefix: Key.Template | undefined
  readonly rows: ReadonlyArray<RowShape>
  /** The kinds of rows by who takes a key before whom. */
  readonly precedence: Precedence.Precedence<RowShape>
  readonly root: RowShape | undefined
  /** The root's fields in the document. */
  readonly rootFields: ReadonlySet<string>
  /** The names of the aggregate's key, each once, in order. */
  readonly names: ReadonlyArray<string>
}

export type Values = Key.Values

/** The shape of an aggregate, made once. */
export const of = memo((aggregate: Aggregate.Any): Shape => make(aggregate))

const make = (aggregate: Aggregate.Any): Shape => {
  const [partition, prefix] = typeof aggregate.key === "string" ? [aggregate.key, undefined] : aggregate.key
  const parts = Object.entries(aggregate.parts)
  const stop = parts.flatMap(([, part]) => Array.from(part.template ?? "").slice(0, 1))
  const wholes = [aggregate.root, ...Object.values(aggregate.parts)].flatMap((row) => {
    const template = row?.template ?? (prefix === undefined ? undefined : "")
    return row === undefined || template === undefined ? [] : [(prefix ?? "") + template]
  })
  const sortKey = (template: string | undefined) => {
    if (prefix === undefined && template === undefined) return undefined
    const whole = Key.append(prefix ?? "", stop, template ?? "")
    return Key.stopAt(whole, Key.stopsAmong(whole.text, wholes))
  }
  const partitionTemplate = Key.make(partition)
  const row = (field: string, { kind, schema, template, type, where }: Row.Row): RowShape => {
    const sort = sortKey(template)
    return rowShape({
      kind,
      field,
      sortKey: sort,
      repeatsName: sort !== undefined && sort.names.some((name) => partitionTemplate.names.includes(name)),
      schema: schema as Row.AnySchema,
      type,
      where
    })
  }
  const root = aggregate.root === undefined ? undefined : row("", aggregate.root)
  const sortPrefix = prefix === undefined ? undefined : Key.make(prefix, stop)
  const rows = [...(root === undefined ? [] : [root]), ...parts.map(([field, part]) => row(field, part))]
  return shown({
    aggregate,
    partition: partitionTemplate,
    sortPrefix,
    root,
    rows,
    precedence: Precedence.of(rows, (row) => templates(partitionTemplate, row)),
    rootFields: new Set(root === undefined ? [] : Mapping.fieldsOf(root.schema)),
    names: [...new Set([...partitionTemplate.names, ...(sortPrefix?.names ?? [])])]
  })
}

const shown = inspection.maker(({ aggregate }: Shape) => String(aggregate))

const rowShape = inspection.maker((row: RowShape) => [nameOf(row), row.sortKey?.text ?? []].flat().join(" "))

/** The field that shows a kind of row; `root` for the root. */
export const nameOf = ({ field, kind }: RowShape): string => (kind === "root" ? "root" : field)

/** The templates of one kind of row: of its partition key, and of its sort key where there is one. */
export const templates = (partition: Key.Template, { sortKey }: RowShape): ReadonlyArray<Key.Template> =>
  sortKey === undefined ? [partition] : [partition, sortKey]

/**
 * The whole text of an aggregate's key. For a pair, partition and prefix are joined with `|`; one inside the
 * partition's text is escaped, so that two keys never give one text.
 */
export const keyText = (shape: Shape, values: Values): string => {
  const partition = shape.partition.format(values)
  if (shape.sortPrefix === undefined) return partition
  return `${partition.replaceAll(/[\\|]/g, String.raw`\$&`)}|${shape.sortPrefix.format(values)}`
}

/** The text from which a document's id is made: the value of the key's only name, else the whole key. */
export const idText = (shape: Shape, values: Values): string =>
  shape.names.length === 1 ? values[shape.names[0]!]! : keyText(shape, values)
