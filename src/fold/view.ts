/**
 * The view that readers have of a document: its fields as JSON text, put together from its rows' texts without reading
 * them.
 */
import type { Shape } from "../define/Shape.ts"
import { derive, type NotComputed } from "./derive.ts"
import type { Document, Row } from "./Document.ts"

/** The live rows of a document, the shown ones by field, and the others, which the sync state keeps. */
export interface Shown {
  readonly root: Row | undefined
  readonly parts: ReadonlyMap<string, ReadonlyArray<Row>>
  readonly kept: ReadonlyArray<Row>
}

/** Finds the rows of a live document that are shown: all of *many*, of a root and of *one* the greatest row key. */
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

/** The fields of a document, as JSON text without the outer braces, and the derived ones that it goes without. */
export interface Fields {
  readonly text: string
  readonly notComputed: NotComputed | undefined
}

/** The fields of a live document. */
export const fields = ({ aggregate, rows: kinds }: Shape, { parts, root }: Shown): Fields => {
  const texts = root === undefined || root.json === "{}" ? [] : [root.json!.slice(1, -1)]
  for (const row of kinds) {
    if (row.kind === "root") continue
    const rows = parts.get(row.field)
    if (row.kind === "many")
      texts.push(`${JSON.stringify(row.field)}:[${rows?.map(({ json }) => json).join(",") ?? ""}]`)
    else if (rows !== undefined) texts.push(`${JSON.stringify(row.field)}:${rows[0]!.json}`)
  }
  if (aggregate.derived.length === 0) return { text: texts.join(","), notComputed: undefined }
  const derived = derive(aggregate, `{${texts.join(",")}}`)
  return { text: [...texts, ...derived.texts].join(","), notComputed: derived.notComputed }
}
