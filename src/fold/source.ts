/**
 * A document as an index keeps it: its fields and, under `_sync`, the sync state that says which row each element is
 * and in which version. `render` and `parse` undo each other: reading a document and writing it again changes no byte.
 *
 * A document that is not live has none of the reader's fields; all its rows are in the sync state.
 */
import { Result } from "effect"
import { codePoints } from "../decode/codePoints.ts"
import type { RowShape, Shape } from "../define/Shape.ts"
import type { NotComputed } from "./derive.ts"
import { type Document, isLive, make, type Row } from "./Document.ts"
import * as versions from "./versions.ts"
import * as view from "./view.ts"

/** The format of the sync state that this code writes, and the only one it reads. */
export const format = 1

/** The sync state in JSON. */
interface SyncState {
  readonly format: number
  readonly live: boolean
  /** Row keys by field, "" for the root; in the order of `versions`. */
  readonly rows: ReadonlyArray<readonly [field: string, rowKeys: ReadonlyArray<string>]>
  readonly versions: string
  /** The data of live rows that the fields don't show, by field, in the order of `rows`. */
  readonly kept?: Kept
  /** Marks of rows whose newest state was refused. */
  readonly refused?: Refused
  /** Derived fields that the rows don't make, for people to look at: the rows alone say so again. */
  readonly notComputed?: NotComputed
  /** The aggregate's key, where the document's id is only its hash. */
  readonly key?: string
  /** The time at which the rows were read from which an unreadable document was made anew, in epoch milliseconds. */
  readonly anew?: number
}

/** The reason why a stored document can't be read. */
export interface Unreadable {
  readonly reason: string
  /** Tells whether a newer version wrote it, so that it is to be left alone. */
  readonly isNewer: boolean
}

/** The reason with the next step of whoever meets such a document. */
export const sentenceOf = ({ isNewer, reason }: Unreadable): string =>
  `${reason}; ${isNewer ? "deploy the newer version" : "`tablefold verify --repair` makes it anew from the table"}`

interface Refused {
  readonly rows: ReadonlyArray<string>
  /** With the times of the marks. */
  readonly versions: string
}

/** It is mapped as the fields are (`Definition.properties`): what an index refuses to show it refuses to keep. */
interface Kept {
  readonly root?: ReadonlyArray<unknown>
  readonly parts?: { readonly [field: string]: ReadonlyArray<unknown> }
}

/** A document as it is written. */
export interface Rendered {
  readonly text: string
  /** Derived fields that it goes without. */
  readonly notComputed: NotComputed | undefined
}

/** The JSON text of a document. */
export const render = (document: Document): Rendered => {
  const live = isLive(document)
  const shown = live ? view.shown(document) : undefined
  const grouped = group(document)
  const rows = grouped.flatMap(([, group]) => group)
  const hidden = shown === undefined ? undefined : new Set(shown.kept)
  const kept = keptText(grouped, (row) => row.json !== undefined && (hidden === undefined || hidden.has(row)))
  const stamped = rows.map(({ json, removedAt, version }) => ({ version, removedAt, isRemoved: json === undefined }))
  const fields = shown === undefined ? undefined : view.fields(document.shape, shown)
  const notComputed = fields?.notComputed
  const sync =
    `"_sync":{"format":${format},"live":${live},` +
    `"rows":${JSON.stringify(grouped.map(([field, group]) => [field, group.map(({ rowKey }) => rowKey)]))},` +
    `"versions":"${versions.encode(stamped)}"` +
    kept +
    refusedText(document) +
    (notComputed === undefined ? "" : `,"notComputed":${JSON.stringify(notComputed)}`) +
    (document.anew === undefined ? "" : `,"anew":${document.anew}`) +
    (document.longKey === undefined ? "}" : `,"key":${JSON.stringify(document.longKey)}}`)
  return { text: fields === undefined || fields.text === "" ? `{${sync}}` : `{${fields.text},${sync}}`, notComputed }
}

const refusedText = ({ refused }: Document): string => {
  if (refused.length === 0) return ""
  const rows = JSON.stringify(refused.map(({ rowKey }) => rowKey))
  const stamped = refused.map(({ refusedAt, version }) => ({ version, isRemoved: true, removedAt: refusedAt }))
  return `,"refused":{"rows":${rows},"versions":"${versions.encode(stamped)}"}`
}

const keptText = (grouped: ReadonlyArray<Group>, isKept: (row: Row) => boolean): string => {
  const lists = grouped.flatMap(([field, rows]) => {
    const own = rows.filter(isKept)
    return own.length === 0 ? [] : [[field, `[${own.map(({ json }) => json).join(",")}]`] as const]
  })
  if (lists.length === 0) return ""
  const root = lists.flatMap(([field, list]) => (field === "" ? [`"root":${list}`] : []))
  const parts = lists.flatMap(([field, list]) => (field === "" ? [] : [`${JSON.stringify(field)}:${list}`]))
  return `,"kept":{${[...root, ...(parts.length === 0 ? [] : [`"parts":{${parts.join(",")}}`])].join(",")}}`
}

/** A server's words with fields named as readers know them, also where the data of a hidden row was meant. */
export const readable = (reason: string): string => reason.replaceAll(/_sync\.kept\.(?:root|parts)\./g, "")

/** The fields that readers see; `undefined` for a document that is not live. */
export const visible = (document: Document): Rendered | undefined => {
  if (!isLive(document)) return undefined
  const { notComputed, text } = view.fields(document.shape, view.shown(document))
  return { text: `{${text}}`, notComputed }
}

/** Reads a stored document back. Fails where it has no sync state, or one that can't be read or has another format. */
export const parse = (shape: Shape, id: string, source: unknown): Result.Result<Document, Unreadable> => {
  const fields = (source ?? {}) as { readonly [field: string]: unknown }
  const sync = fields["_sync"] as SyncState | undefined
  if (typeof sync !== "object" || sync === null)
    return unreadable("the document has no sync state; was it written by hand?")
  if (isNewer(sync.format)) {
    const reason = `its sync state has format ${sync.format}, this version reads ${format}`
    return Result.fail({ reason, isNewer: true })
  }
  if (sync.format !== format || !isWhole(sync)) return unreadable("its sync state can't be read")
  const stamped = versions.decode(sync.versions)
  const entries = sync.rows.flatMap(([field, rowKeys]) => rowKeys.map((rowKey) => ({ field, rowKey })))
  if (stamped === undefined || stamped.length !== entries.length) return unreadable("its sync state can't be read")
  const refused = marksOf(sync.refused)
  if (refused === undefined) return unreadable("its sync state can't be read")
  const nextKept = keptElements(sync.kept ?? {})
  const rows: Array<Row> = []
  const next = elements(shape, fields)
  const shownOf = lastLive(entries, stamped)
  for (const [i, { field, rowKey }] of entries.entries()) {
    const row = shape.rows.find((row) => row.field === field)
    if (row === undefined) return unreadable("its sync state has rows of a kind that the definition does not have")
    const { isRemoved, removedAt, version } = stamped[i]!
    const isShown = sync.live && (row.kind === "many" || shownOf.get(field) === i)
    const value = isRemoved ? undefined : isShown ? next(row) : nextKept(row)
    if (!isRemoved && value === undefined) return unreadable("the document lacks data that its sync state speaks of")
    rows.push({ rowKey, row, version, removedAt, json: isRemoved ? undefined : JSON.stringify(value) })
  }
  rows.sort((a, b) => codePoints(a.rowKey, b.rowKey))
  return Result.succeed(make({ shape, id, longKey: sync.key, rows, refused, ...anewOf(sync) }))
}

const unreadable = (reason: string) => Result.fail({ reason, isNewer: false })

const isNewer = (found: unknown): boolean => typeof found === "number" && Number.isInteger(found) && found > format

const anewOf = ({ anew }: SyncState) => (typeof anew === "number" && Number.isFinite(anew) ? { anew } : {})

/** The marks of a sync state; `undefined` where they can't be read. */
const marksOf = (refused: Refused | undefined): Document["refused"] | undefined => {
  if (refused === undefined) return []
  const { rows, versions: text } = refused ?? {}
  if (!Array.isArray(rows) || typeof text !== "string") return undefined
  const stamped = versions.decode(text)
  if (stamped?.length !== rows.length || !rows.every((rowKey) => typeof rowKey === "string")) return undefined
  return rows.map((rowKey, i) => ({ rowKey, version: stamped[i]!.version, refusedAt: stamped[i]!.removedAt }))
}

/** Tells whether the parts of a sync state are of the right kind; what they hold is looked at later. */
const isWhole = ({ kept, rows, versions }: { readonly [K in keyof SyncState]?: unknown }): boolean =>
  typeof versions === "string" &&
  (kept === undefined || (typeof kept === "object" && kept !== null)) &&
  Array.isArray(rows) &&
  rows.every((row) => Array.isArray(row) && typeof row[0] === "string" && Array.isArray(row[1]))

type Group = readonly [field: string, rows: ReadonlyArray<Row>]

const group = (document: Document): ReadonlyArray<Group> => {
  const groups = new Map<RowShape, Array<Row>>()
  for (const row of document.rows) {
    const known = groups.get(row.row)
    if (known === undefined) groups.set(row.row, [row])
    else known.push(row)
  }
  return document.shape.rows.flatMap((row) => {
    const rows = groups.get(row)
    return rows === undefined ? [] : [[row.field, rows] as const]
  })
}

/** Of each field, the place of its last live row: the shown one, where only one is shown. */
const lastLive = (
  entries: ReadonlyArray<{ readonly field: string }>,
  stamped: ReadonlyArray<versions.Stamped>
): ReadonlyMap<string, number> => {
  const last = new Map<string, number>()
  for (const [i, { field }] of entries.entries()) if (!stamped[i]!.isRemoved) last.set(field, i)
  return last
}

/** Gives the data of shown rows, one after the other: the next element of an array, the object, the root's fields. */
const elements = (shape: Shape, fields: { readonly [field: string]: unknown }) => {
  const nextOf = inTurn()
  return (row: RowShape): unknown => {
    if (row.kind === "root") {
      return Object.fromEntries(Object.entries(fields).filter(([name]) => shape.rootFields.has(name)))
    }
    return row.kind === "one" ? fields[row.field] : nextOf(row, fields[row.field])
  }
}

/** Gives the data of rows that are not shown, one after the other. */
const keptElements = ({ parts, root }: Kept) => {
  const nextOf = inTurn()
  return (row: RowShape): unknown => nextOf(row, row.kind === "root" ? root : parts?.[row.field])
}

/** Of a list for each kind of row, the next element at each call. */
const inTurn = () => {
  const at = new Map<RowShape, number>()
  return (row: RowShape, list: unknown): unknown => {
    const i = at.get(row) ?? 0
    at.set(row, i + 1)
    return (list as ReadonlyArray<unknown> | undefined)?.[i]
  }
}
