/**
 * A document as an index keeps it: its fields and, under `_sync`, the sync state that says which row each element is
 * and in which version. `render` and `parse` undo each other: reading a document and writing it again changes no byte.
 *
 * A document that is not live has none of the reader's fields; all its rows are in the sync state.
 */
import { Result } from "effect"
import { codePoints } from "../decode/codePoints.ts"
import { groupBy } from "../groupBy.ts"
import { outerKey, type RowShape, type Shape } from "../define/Shape.ts"
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
  /** Row keys by the path of their field, "" for the root; in the order of `versions`. */
  readonly rows: ReadonlyArray<readonly [field: string, rowKeys: ReadonlyArray<string>]>
  readonly versions: string
  /** The data of live rows that the fields don't show, in the order of `rows`. */
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

/**
 * A list under `root`, and those of parts by the paths of their fields, under `parts` and, for parts inside parts, one
 * name for each depth. All but hidden parts are mapped as the fields are (`Definition.properties`): what an index
 * refuses to show it refuses to keep.
 */
interface Kept {
  readonly [name: string]: List | { readonly [field: string]: List } | undefined
}

type List = ReadonlyArray<unknown>

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
  const kept = keptText(grouped, (row) => row.json !== undefined && (shown === undefined || shown.kept.has(row)))
  const stamped = rows.map(({ json, removedAt, version }) => ({ version, removedAt, isRemoved: json === undefined }))
  const fields = shown === undefined ? undefined : view.fields(document.shape, shown)
  const notComputed = fields?.notComputed
  const sync =
    `"_sync":{"format":${format},"live":${live},` +
    `"rows":${JSON.stringify(grouped.map(([{ field }, group]) => [field, group.map(({ rowKey }) => rowKey)]))},` +
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
  const lists = grouped.flatMap(([kind, rows]) => {
    const own = rows.filter(isKept)
    return own.length === 0 ? [] : [{ ...kind, list: `[${own.map(({ json }) => json).join(",")}]` }]
  })
  if (lists.length === 0) return ""
  const texts = [...groupBy(lists, ({ keptIn }) => keptIn)].map(([name, own]) =>
    name === "root"
      ? `"root":${own[0]!.list}`
      : `"${name}":{${own.map(({ field, list }) => `${JSON.stringify(field)}:${list}`).join(",")}}`
  )
  return `,"kept":{${texts.join(",")}}`
}

/** A server's words with fields named as readers know them, also where the data of a hidden row was meant. */
export const readable = (reason: string): string => reason.replaceAll(/_sync\.kept\.(?:root|parts\d*)\./g, "")

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
  const rows: Array<Row & { json: string | undefined }> = []
  for (const [i, { field, rowKey }] of entries.entries()) {
    const row = shape.rows.find((row) => row.field === field)
    if (row === undefined) return unreadable("its sync state has rows of a kind that the definition does not have")
    const { isRemoved, removedAt, version } = stamped[i]!
    rows.push({ rowKey, row, version, removedAt, json: isRemoved ? undefined : "" })
  }
  rows.sort((a, b) => codePoints(a.rowKey, b.rowKey))
  const shown = sync.live ? view.shown({ rows, shape }) : undefined
  const nextKept = keptElements(sync.kept ?? {})
  const nextShown = elements(shape, fields)
  for (const row of rows) {
    if (row.json === undefined) continue
    const value = shown === undefined || shown.kept.has(row) ? nextKept(row) : nextShown(row)
    if (value === undefined) return unreadable("the document lacks data that its sync state speaks of")
    row.json = JSON.stringify(value)
  }
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

type Group = readonly [kind: RowShape, rows: ReadonlyArray<Row>]

const group = ({ rows, shape }: Document): ReadonlyArray<Group> => {
  const groups = groupBy(rows, ({ row }) => row)
  return shape.rows.flatMap((kind) => {
    const own = groups.get(kind)
    return own === undefined ? [] : [[kind, own] as const]
  })
}

type Json = { readonly [field: string]: unknown }

/** Gives the data of shown rows, one after the other: the next element of an array, the object, the root's fields. */
const elements = (shape: Shape, fields: Json) => {
  const nextOf = inTurn()
  const objects = new Map<string, unknown>()
  const elementOf = ({ row: kind, rowKey }: Row): unknown => {
    const around = kind.outer === undefined ? fields : (objects.get(outerKey(kind, rowKey) ?? "") as Json | undefined)
    const found = around?.[kind.name]
    return kind.kind === "one" ? found : nextOf(found)
  }
  return (row: Row): unknown => {
    if (row.row.kind === "root") return without(fields, (name) => !shape.rootFields.has(name))
    const element = elementOf(row)
    const inner = shape.within.get(row.row)
    if (inner === undefined || typeof element !== "object" || element === null) return element
    objects.set(row.rowKey, element)
    return without(element, (name) => inner.some((kind) => kind.name === name))
  }
}

const without = (fields: object, isLeftOut: (name: string) => boolean): Json =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !isLeftOut(name)))

/** Gives the data of rows that are not shown, one after the other. */
const keptElements = (kept: Kept) => {
  const nextOf = inTurn()
  return ({ row: { field, keptIn } }: Row): unknown => {
    const lists = kept[keptIn]
    return nextOf(field === "" ? lists : (lists as Json | undefined)?.[field])
  }
}

/** Of a list, the next element at each call. */
const inTurn = () => {
  const at = new Map<unknown, number>()
  return (list: unknown): unknown => {
    const i = at.get(list) ?? 0
    at.set(list, i + 1)
    return (list as List | undefined)?.[i]
  }
}
