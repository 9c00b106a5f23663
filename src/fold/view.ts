/**
 * The view that readers have of a document: its fields as JSON text, put together from its rows' texts without reading
 * them. Rows inside rows are found by their keys alone: those whose outer row is not shown wait.
 */
import { outerKey, type RowShape, type Shape } from "../define/Shape.ts"
import { derive, type NotComputed } from "./derive.ts"
import type { Document, Row } from "./Document.ts"

type Rows = ReadonlyMap<RowShape, ReadonlyArray<Row>>

/** The live rows of a document by where they are shown. */
export interface Shown {
  readonly root: Row | undefined
  /** The rows of the document's own parts, those that only `derive` reads among them. */
  readonly parts: Rows
  /** The rows inside each row. */
  readonly inner: ReadonlyMap<Row, Rows>
  /** The rows that readers do not see; the sync state keeps their data. */
  readonly kept: ReadonlySet<Row>
}

/** Finds the rows of a live document that are shown: all of *many*, of a root and of *one* the greatest row key. */
export const shown = ({ rows, shape }: Pick<Document, "rows" | "shape">): Shown => {
  const parts = new Map<RowShape, Array<Row>>()
  const kept = new Set<Row>()
  let root: Row | undefined
  for (const row of rows) {
    const { json, row: kind } = row
    if (json === undefined || kind.outer !== undefined) continue
    if (kind.kind !== "root") place(parts, row, kept)
    else {
      if (root !== undefined) kept.add(root)
      root = row
    }
  }
  const inner = shape.isNested ? nest(rows, shape, parts, kept) : notNested
  if (shape.hasHidden) for (const row of rows) if (row.json !== undefined && row.row.isHidden) kept.add(row)
  return { root, parts, inner, kept }
}

const notNested: Shown["inner"] = new Map()

/** Puts a row among those of its kind; of *one* it takes the place of the row before it. */
const place = (into: Map<RowShape, Array<Row>>, row: Row, kept: Set<Row>): void => {
  const known = into.get(row.row)
  if (known === undefined) into.set(row.row, [row])
  else if (row.row.kind === "many") known.push(row)
  else for (const other of known.splice(0, 1, row)) kept.add(other)
}

/** Puts rows into their outer rows, as far as these are shown, from the outside to the inside. */
const nest = (rows: ReadonlyArray<Row>, { within }: Shape, parts: Rows, kept: Set<Row>): Shown["inner"] => {
  const inner = new Map<Row, Map<RowShape, Array<Row>>>()
  const live = rows.filter(({ json, row }) => json !== undefined && row.outer !== undefined)
  const visit = (kind: RowShape, placed: ReadonlyArray<Row>): void => {
    const kinds = within.get(kind)
    if (kinds === undefined) return
    const outers = new Map(placed.map((row) => [row.rowKey, row]))
    for (const row of live) {
      if (row.row.outer !== kind) continue
      const outer = outers.get(outerKey(row.row, row.rowKey) ?? "")
      if (outer === undefined) kept.add(row)
      else {
        if (!inner.has(outer)) inner.set(outer, new Map())
        place(inner.get(outer)!, row, kept)
      }
    }
    for (const kind of kinds)
      visit(
        kind,
        placed.flatMap((row) => inner.get(row)?.get(kind) ?? [])
      )
  }
  for (const kind of within.get(undefined) ?? []) visit(kind, parts.get(kind) ?? [])
  return inner
}

/** The fields of a document, as JSON text without the outer braces, and the derived ones that it goes without. */
export interface Fields {
  readonly text: string
  readonly notComputed: NotComputed | undefined
}

/** The fields of a live document. */
export const fields = (shape: Shape, shown: Shown): Fields => {
  const { aggregate, hasHidden } = shape
  const texts = textsOf(shape, shown, false)
  if (aggregate.derived.length === 0) return { text: texts.join(","), notComputed: undefined }
  const whole = hasHidden ? textsOf(shape, shown, true) : texts
  const derived = derive(aggregate, `{${whole.join(",")}}`)
  return { text: [...texts, ...derived.texts].join(","), notComputed: derived.notComputed }
}

/** The texts of the root's fields and of each part; `isWhole` for hidden parts too. */
const textsOf = ({ within }: Shape, { inner, parts, root }: Shown, isWhole: boolean): ReadonlyArray<string> => {
  const textOf = (row: Row): string => {
    const own = row.json!
    if (!within.has(row.row)) return own
    const texts = partTexts(row.row, inner.get(row))
    if (texts.length === 0) return own
    return own === "{}" ? `{${texts.join(",")}}` : `${own.slice(0, -1)},${texts.join(",")}}`
  }
  const partTexts = (outer: RowShape | undefined, rows: Rows | undefined): ReadonlyArray<string> => {
    const texts: Array<string> = []
    for (const kind of within.get(outer) ?? []) {
      if (kind.isHidden && !isWhole) continue
      const own = rows?.get(kind)
      if (kind.kind === "many") texts.push(`${JSON.stringify(kind.name)}:[${own?.map(textOf).join(",") ?? ""}]`)
      else if (own !== undefined) texts.push(`${JSON.stringify(kind.name)}:${textOf(own[0]!)}`)
    }
    return texts
  }
  const texts = partTexts(undefined, parts)
  return root === undefined || root.json === "{}" ? texts : [root.json!.slice(1, -1), ...texts]
}
