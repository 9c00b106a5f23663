/** One aggregate, row by row: as table and index have it, in which versions, and what a repair would do. */
import { Result } from "effect"
import * as IsoTime from "../IsoTime.ts"
import type * as Version from "../Version.ts"
import * as Key from "../define/Key.ts"
import { outerKey, type Shape, type Values } from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import { type Document, isLive, type Row } from "../fold/Document.ts"
import { shown } from "../fold/view.ts"
import { addressOf, readable } from "./address.ts"
import { asTried, type Finding, type Kind } from "./compare.ts"
import type { Inspected } from "./inspect.ts"
import { repair } from "./repair.ts"

export interface ExplainedRow {
  readonly key: string
  /** The path of the field that shows it: `comments.reactions`; "" for the root. */
  readonly field: string
  /** Says in words why readers of a live document do not see the row that the index has; `undefined` where they do. */
  readonly unseen: string | undefined
  /** In which version the index has it, in words; `undefined` where it knows nothing of it. */
  readonly version: string | undefined
  /** In which newer version it was refused, and when, in words. */
  readonly refused: string | undefined
  /** The texts of what the index has and of what the table has, as JSON; `undefined` for a row that is not there. */
  readonly index: string | undefined
  readonly table: string | undefined
  readonly kind: Kind | undefined
  /** The names of the fields that differ. */
  readonly fields: ReadonlyArray<string>
  readonly reason: string | undefined
  /** Says in words what a repair would do. */
  readonly repair: string | undefined
}

export interface Explained {
  readonly aggregate: string
  readonly id: string
  readonly key: string
  readonly document:
    | "live"
    | "waiting for its root"
    | "nothing but refused rows"
    | "nothing but removed rows"
    | "absent"
    | "unreadable"
  readonly rows: ReadonlyArray<ExplainedRow>
  /** Findings about the document as a whole. */
  readonly findings: ReadonlyArray<Finding>
}

export const explain = (inspected: Inspected): Explained => {
  const { findings, rows, stored, candidate, table } = inspected
  const address = addressOf(candidate)
  const document = stored === undefined || Result.isFailure(stored.document) ? undefined : stored.document.success
  const known = new Map((document?.rows ?? []).map((row) => [row.rowKey, row]))
  const marks = new Map((document?.refused ?? []).map((mark) => [mark.rowKey, mark]))
  const of = new Map(findings.map((finding) => [finding.rowKey, finding]))
  const unseen = document === undefined ? undefined : unseenIn(document, (rowKey) => readable(table, address, rowKey))
  const registers = repair(inspected, findings.map(asTried))?.registers
  const named = [...of.keys()].filter((key) => key !== undefined)
  const keys = [...new Set([...known.keys(), ...marks.keys(), ...rows.keys(), ...named])]
  return {
    aggregate: candidate.shape.aggregate.name,
    id: candidate.id,
    key: readable(table, address, undefined),
    document: stored === undefined ? "absent" : document === undefined ? "unreadable" : stateOf(document),
    rows: keys.toSorted().map((rowKey): ExplainedRow => {
      const [have, finding, register] = [known.get(rowKey), of.get(rowKey), registers?.get(rowKey)]
      const mark = marks.get(rowKey)
      const removed = have?.removedAt === undefined ? "" : `, removed here ${IsoTime.format(have.removedAt)}`
      return {
        key: readable(table, address, rowKey),
        field: have?.row.field ?? rows.get(rowKey)?.row.field ?? "",
        unseen: have && unseen?.(have),
        version: have === undefined ? undefined : inWords(have.version) + removed,
        refused:
          mark &&
          `${inWords(mark.version)}${mark.refusedAt === undefined ? "" : `, here ${IsoTime.format(mark.refusedAt)}`}`,
        index: have?.json,
        table: rows.get(rowKey)?.json,
        kind: finding?.kind,
        fields: finding?.fields ?? [],
        reason: finding?.reason,
        repair:
          register && `${register.json === undefined ? "remove it" : "write it"} under ${inWords(register.version)}`
      }
    }),
    findings: findings.filter(({ rowKey }) => rowKey === undefined)
  }
}

const stateOf = (document: Document): Explained["document"] => {
  if (isLive(document)) return "live"
  if (document.rows.some(({ json }) => json !== undefined)) return "waiting for its root"
  return document.refused.length > 0 ? "nothing but refused rows" : "nothing but removed rows"
}

/** Tells why readers of a live document do not see one of its rows. */
const unseenIn = (document: Document, keyOf: (rowKey: string) => string) => {
  const kept = isLive(document) ? shown(document).kept : new Set<Row>()
  return (row: Row): string | undefined => {
    if (!kept.has(row)) return undefined
    const { field, isHidden, outer } = row.row
    if (isHidden) return `"${field}" is hidden, for derived fields alone`
    const key = outerKey(row.row, row.rowKey)
    if (outer === undefined) return "a greater row shows in its place"
    if (key === undefined) return "its key is no string, so it has no outer row"
    const around = document.rows.find(({ json, row, rowKey }) => json !== undefined && row === outer && rowKey === key)
    if (around === undefined) return `it waits for the row ${keyOf(key)}`
    return kept.has(around) ? `readers do not see the row ${keyOf(key)}` : "a greater row shows in its place"
  }
}

/** A version as a person reads it. */
export const inWords = ({ epoch, kind, reading, sequence }: Version.Version): string => {
  const stream = epoch === 0 ? "no stream" : `the stream of ${IsoTime.format(epoch)}`
  const said =
    kind === 1 ? `${sequence} of ${stream}` : `a scan at ${IsoTime.format(Number(sequence))}, beside ${stream}`
  return reading === 0 ? said : `${said}, read again ${IsoTime.format(reading)}`
}

/** An aggregate whose key a pair of key texts may be, with its values. */
export interface AggregateKey {
  readonly shape: Shape
  readonly values: Values
}

/** The aggregates that rows with these key texts may belong to; of a pair of keys both are needed. */
export const aggregatesFor = (
  table: Table.Table,
  shapes: ReadonlyArray<Shape>,
  partition: string,
  sort: string | undefined
): ReadonlyArray<AggregateKey> => {
  const claims = sort === undefined ? [] : table.claims(partition, sort)
  if (claims.length > 0) return claims
  return shapes.flatMap((shape) => {
    const values = shape.partition.parse(partition)
    const rest = shape.sortPrefix === undefined ? {} : sort === undefined ? undefined : shape.sortPrefix.parse(sort)
    const all = values === undefined || rest === undefined ? undefined : Key.combine(values, rest)
    return all === undefined ? [] : [{ shape, values: all }]
  })
}
