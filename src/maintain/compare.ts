/** One aggregate as the table has it against its document as the index has it. Pure. */
import { Result } from "effect"
import type { RowShape, Shape } from "../define/Shape.ts"
import type { Row } from "../fold/Document.ts"
import { sentenceOf, visible } from "../fold/source.ts"
import type { Stored } from "./StoredDocuments.ts"

export type Kind =
  /** The table has a row that the document lacks. */
  | "missing row"
  /** The document has another state of it. */
  | "wrong row"
  /** The document has a row that the table lacks. */
  | "ghost row"
  /** The same for all of its rows. */
  | "ghost document"
  /** Fields beside the rows are not what the rows make of them: derived ones, or written by hand. */
  | "stale field"
  /** Not to be read as a document; a repair makes it anew unless a newer version wrote it. */
  | "unreadable document"
  /** The definition or OpenSearch can't take a row as it is, or a mark says that one of them did not: no drift. */
  | "refused"
  /** Derived fields can't be computed of the rows there are, so the document goes without them: no drift. */
  | "not computed"

/** Tells what rows and definition make so: no repair changes it. */
export const isNoDrift = (kind: Kind): boolean => kind === "refused" || kind === "not computed"

/** A row of an aggregate in the table. */
export interface TableRow {
  readonly row: RowShape
  /** `undefined` for one that its `where` does not take. */
  readonly json: string | undefined
}

export interface TableRows {
  /** By row key. */
  readonly rows: ReadonlyMap<string, TableRow>
  /** Rows that can't be decoded, with the reason. */
  readonly refused: ReadonlyMap<string, string>
  /** True where these are all rows that the aggregate has. */
  readonly isWhole: boolean
}

export interface Finding {
  readonly kind: Kind
  /** `undefined` where the document as a whole is meant. */
  readonly rowKey: string | undefined
  /** The names of the fields that differ. */
  readonly fields: ReadonlyArray<string>
  /** The reason, for what is refused or unreadable. */
  readonly reason: string | undefined
  /** The kind of difference that a row has beside its mark. The mark is why the row counts as refused. */
  readonly marked?: Kind | undefined
  /** The texts of what the document has and of what the table has, as JSON. */
  readonly have: string | undefined
  readonly want: string | undefined
}

export const compare = (shape: Shape, table: TableRows, stored: Stored | undefined): ReadonlyArray<Finding> => {
  const refused = [...table.refused].map(([rowKey, reason]) => finding("refused", rowKey, { reason }))
  if (stored !== undefined && Result.isFailure(stored.document)) {
    const { failure } = stored.document
    const reason = failure.isNewer ? sentenceOf(failure) : failure.reason
    return [...refused, finding("unreadable document", undefined, { reason })]
  }
  const document = stored === undefined ? undefined : Result.getOrThrow(stored.document)
  const known = new Map((document?.rows ?? []).map((row) => [row.rowKey, row]))
  const rows = [...table.rows].flatMap(([rowKey, row]) => compareRow(rowKey, row, known.get(rowKey)))
  const marked = new Set(document?.refused.flatMap(({ rowKey, version }) => (version.kind === 1 ? rowKey : [])))
  const found = [...rows, ...ghosts(table, document?.rows ?? [])]
  return [...refused, ...found.map((finding) => unlessMarked(finding, marked)), ...(stored ? stale(shape, stored) : [])]
}

/**
 * A row whose newest state was refused differs for that reason, until its dead letter is settled. What a scan read says
 * nothing of the row since, so there a difference is one. A row that the table no longer has, or that is no part of the
 * document, nothing can refuse.
 */
const unlessMarked = (finding: Finding, marked: ReadonlySet<string>): Finding =>
  finding.rowKey !== undefined && finding.kind !== "ghost row" && marked.has(finding.rowKey)
    ? {
        ...finding,
        kind: "refused",
        marked: finding.kind,
        reason: "its newest state was refused; redrive its dead letter, or try it with --repair"
      }
    : finding

/**
 * A finding as a repair takes it. A marked row may have been mended since and the stream's word of it lost, and its
 * dead letter too, so it is tried like any that differs; if it is refused once more, nothing but its mark changes.
 */
export const asTried = (finding: Finding): Finding =>
  finding.marked === undefined ? finding : { ...finding, kind: finding.marked, marked: undefined, reason: undefined }

const compareRow = (rowKey: string, { json, row }: TableRow, known: Row | undefined): ReadonlyArray<Finding> => {
  const have = known?.json
  if (have === json && (have === undefined || known?.row === row)) return []
  if (have === undefined) return [finding("missing row", rowKey, { want: json })]
  if (json === undefined) return [finding("ghost row", rowKey, { have })]
  // Under one field and as another kind: the same data may be shown elsewhere.
  const names = known?.row === row ? differing(have, json) : Object.keys(JSON.parse(json))
  const fields = row.kind === "root" ? names : names.map((name) => `${row.field}.${name}`)
  return [finding("wrong row", rowKey, { fields, have, want: json })]
}

const ghosts = (table: TableRows, known: ReadonlyArray<Row>): ReadonlyArray<Finding> => {
  if (!table.isWhole) return []
  const live = known.filter(({ json }) => json !== undefined)
  const gone = live.filter(({ rowKey }) => !table.rows.has(rowKey) && !table.refused.has(rowKey))
  const isBare = table.rows.size === 0 && table.refused.size === 0
  if (isBare && gone.length > 0 && gone.length === live.length) return [finding("ghost document", undefined, {})]
  return gone.map(({ json, rowKey }) => finding("ghost row", rowKey, { have: json }))
}

/** Fields that the document's own rows would make otherwise. */
const stale = (shape: Shape, { document, source }: Stored): ReadonlyArray<Finding> => {
  if (Result.isFailure(document)) return []
  const text = visible(document.success)
  const want = (text === undefined ? {} : JSON.parse(text.text)) as Stored["source"]
  const notComputed = text?.notComputed === undefined ? [] : [finding("not computed", undefined, text.notComputed)]
  const derived = new Set(shape.aggregate.derived.flatMap(({ fields }) => Object.keys(fields)))
  const nested = new Set(shape.rows.flatMap((row) => (shape.within.has(row) ? row.name : [])))
  const names = new Set([...Object.keys(source), ...Object.keys(want)])
  names.delete("_sync")
  const fields = [...names].filter((name) => {
    // What rows are shown in is read from these very fields, so only what they don't show can differ. An object may
    // lack a part inside it.
    if (!derived.has(name) && !nested.has(name) && Object.hasOwn(source, name) && Object.hasOwn(want, name))
      return false
    return JSON.stringify(source[name]) !== JSON.stringify(want[name])
  })
  if (fields.length === 0) return notComputed
  const pick = (from: Stored["source"]) => JSON.stringify(Object.fromEntries(fields.map((name) => [name, from[name]])))
  return [...notComputed, finding("stale field", undefined, { fields, have: pick(source), want: pick(want) })]
}

const differing = (have: string, want: string): ReadonlyArray<string> => {
  const [a, b] = [JSON.parse(have), JSON.parse(want)]
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]))
}

const finding = (kind: Kind, rowKey: string | undefined, about: Partial<Finding>): Finding => ({
  kind,
  rowKey,
  fields: about.fields ?? [],
  reason: about.reason,
  have: about.have,
  want: about.want
})
