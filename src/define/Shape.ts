/**
 * An aggregate made ready for use: its templates compiled, its rows in one list, its document id as a function.
 * Everything that reads a definition at run time reads this.
 */
import { groupBy } from "../groupBy.ts"
import type * as Aggregate from "./Aggregate.ts"
import * as inspection from "./inspection.ts"
import * as Key from "./Key.ts"
import * as Mapping from "./Mapping.ts"
import { memo } from "../memo.ts"
import * as Precedence from "./precedence.ts"
import type * as Row from "./Row.ts"

/** One kind of row of an aggregate. */
export interface RowShape {
  readonly kind: Row.Kind
  /** The path of the field that shows these rows: `comments.reactions`; for the root, whose fields are the rest, "". */
  readonly field: string
  /** The last name of that path. */
  readonly name: string
  /** The kind of the rows inside which these are shown; `undefined` where it is the document itself. */
  readonly outer: RowShape | undefined
  /**
   * The list of the sync state that keeps the data of rows which are not shown: `root`, `parts`, and one for each depth
   * below, so that no field there stands inside another.
   */
  readonly keptIn: string
  /** True for rows that readers do not see, or that stand inside such rows. */
  readonly isHidden: boolean
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
  /** The kinds of rows, an outer one before those inside it. */
  readonly rows: ReadonlyArray<RowShape>
  /** The kinds of parts by the kind of row inside which they are shown; `undefined` for the document itself. */
  readonly within: ReadonlyMap<RowShape | undefined, ReadonlyArray<RowShape>>
  /** True where there are rows inside rows. */
  readonly isNested: boolean
  /** True where there are rows that readers do not see. */
  readonly hasHidden: boolean
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
  const { parts, root: declared } = aggregate
  const whole = declared?.template ?? (prefix === undefined ? undefined : "")
  const sortKeys = [
    ...(declared === undefined || whole === undefined ? [] : [(prefix ?? "") + whole]),
    ...sortKeysOf(parts, prefix ?? "")
  ]
  const kinds: Kinds = { partition: Key.make(partition), sortKeys }
  const sortPrefix = prefix === undefined ? undefined : stopped(Key.make(prefix), kinds)
  const root = declared === undefined ? undefined : rowOf(kinds, "", declared, undefined, sortPrefix)
  const rows = [...(root === undefined ? [] : [root]), ...partsOf(kinds, parts, undefined, sortPrefix)]
  return shown({
    aggregate,
    partition: kinds.partition,
    sortPrefix,
    root,
    rows,
    within: groupBy(
      rows.filter(({ kind }) => kind !== "root"),
      ({ outer }) => outer
    ),
    isNested: rows.some(({ outer }) => outer !== undefined),
    hasHidden: rows.some(({ isHidden }) => isHidden),
    precedence: Precedence.of(rows, (row) => templates(kinds.partition, row)),
    rootFields: new Set(root === undefined ? [] : Mapping.fieldsOf(root.schema)),
    names: [...new Set([...kinds.partition.names, ...(sortPrefix?.names ?? [])])]
  })
}

/** Templates that the kinds of rows of one aggregate have in common. */
interface Kinds {
  readonly partition: Key.Template
  /** The texts of all their sort keys' templates. */
  readonly sortKeys: ReadonlyArray<string>
}

const sortKeysOf = (parts: Row.Parts, before: string): ReadonlyArray<string> =>
  Object.values(parts).flatMap(({ parts: inner, template = "" }) => [
    before + template,
    ...sortKeysOf(inner, before + template)
  ])

const partsOf = (
  kinds: Kinds,
  parts: Row.Parts,
  outer: RowShape | undefined,
  before: Key.Template | undefined
): ReadonlyArray<RowShape> =>
  Object.entries(parts).flatMap(([name, part]) => {
    const row = rowOf(kinds, name, part, outer, before)
    return [row, ...partsOf(kinds, part.parts, row, row.sortKey)]
  })

const rowOf = (
  kinds: Kinds,
  name: string,
  { hidden, kind, schema, template, type, where }: Row.Row,
  outer: RowShape | undefined,
  before: Key.Template | undefined
): RowShape => {
  const start = before ?? (template === undefined ? undefined : Key.make(""))
  const sortKey = start && stopped(Key.append(start, template ?? ""), kinds)
  return rowShape({
    kind,
    field: outer === undefined ? name : `${outer.field}.${name}`,
    name,
    outer,
    keptIn: kind === "root" ? "root" : outer === undefined ? "parts" : `parts${depthOf(outer) + 1}`,
    isHidden: hidden || outer?.isHidden === true,
    sortKey,
    repeatsName: sortKey !== undefined && sortKey.names.some((name) => kinds.partition.names.includes(name)),
    schema: schema as Row.AnySchema,
    type,
    where
  })
}

const depthOf = ({ outer }: RowShape): number => (outer === undefined ? 1 : depthOf(outer) + 1)

/** The template whose name at the end stops where another kind's goes on. */
const stopped = (template: Key.Template, { sortKeys }: Kinds): Key.Template =>
  Key.stopAt(template, Key.stopsAmong(template.text, sortKeys))

const shown = inspection.maker(({ aggregate }: Shape) => String(aggregate))

const rowShape = inspection.maker((row: RowShape) => [nameOf(row), row.sortKey?.text ?? []].flat().join(" "))

/** The field that shows a kind of row; `root` for the root. */
export const nameOf = ({ field, kind }: RowShape): string => (kind === "root" ? "root" : field)

/**
 * The sort key of the row inside which a row is shown: its own, cut where its template goes on after the outer one's.
 * `undefined` for rows that stand in no other, and for keys that are not strings.
 */
export const outerKey = ({ outer, sortKey }: RowShape, rowKey: string): string | undefined => {
  const values = outer?.sortKey && sortKey?.parse(rowKey)
  return values && outer?.sortKey?.format(values)
}

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
