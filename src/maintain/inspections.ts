/**
 * Differences of an aggregate, by one look after the other: they stand, they are to be looked at again,
 * or the stream is at work on them. Pure.
 */
import { Result } from "effect"
import { createHash } from "node:crypto"
import * as Version from "../Version.ts"
import type { Row } from "../fold/Document.ts"
import { type Finding, isNoDrift } from "./compare.ts"
import type { Inspected } from "./inspect.ts"

/** The rest kept of an aggregate until the next look: little, as many wait. */
export interface Seen {
  /** Digests of what each finding of the last look rested on. */
  readonly bases: ReadonlySet<string>
  /** In which stream version the document had a row when it first differed; `undefined` for none. */
  readonly first: ReadonlyMap<string, Version.Version | undefined>
}

export interface Compared {
  /** Findings that were the same in the look before, with nothing about them changed since. */
  readonly stands: ReadonlyArray<Finding>
  /** Findings to look at again; `undefined` where none is left. */
  readonly next: Seen | undefined
  /**
   * Tells that the document got newer versions from the stream of each row left: it follows the table, which
   * changes faster than it can be looked at.
   */
  readonly isFollowed: boolean
}

export const compareInspections = (before: Seen | undefined, inspected: Inspected): Compared => {
  const rows = new Map(rowsOf(inspected).map((row) => [row.rowKey, row]))
  const stands: Array<Finding> = []
  const bases = new Set<string>()
  const first = new Map(before?.first)
  let isFollowed = true
  for (const finding of inspected.findings) {
    const basis = basisOf(rows, finding)
    if (before?.bases.has(basis) === true) {
      stands.push(finding)
      continue
    }
    bases.add(basis)
    for (const rowKey of keysOf(rows, finding)) {
      const now = streamVersion(rows.get(rowKey))
      if (!first.has(rowKey)) first.set(rowKey, now)
      isFollowed &&= isNewer(now, first.get(rowKey))
    }
    if (finding.rowKey === undefined && finding.kind !== "ghost document") isFollowed = false
  }
  return { stands, next: bases.size === 0 ? undefined : { bases, first }, isFollowed }
}

/** A digest of what an aggregate's differences rest on, those apart that no repair changes; `undefined` for none. */
export const basisOfDrift = (inspected: Inspected): string | undefined => {
  const rows = new Map(rowsOf(inspected).map((row) => [row.rowKey, row]))
  const bases = inspected.findings.filter(({ kind }) => !isNoDrift(kind)).map((finding) => basisOf(rows, finding))
  if (bases.length === 0) return undefined
  return createHash("sha256").update(bases.toSorted().join(" ")).digest("base64")
}

const rowsOf = ({ stored }: Inspected): ReadonlyArray<Row> =>
  stored === undefined || Result.isFailure(stored.document) ? [] : stored.document.success.rows

/** The rows that a finding is about: one, or, where the whole document is meant, those that are there. */
const keysOf = (rows: ReadonlyMap<string, Row>, { rowKey }: Finding): ReadonlyArray<string> =>
  rowKey !== undefined ? [rowKey] : [...rows.values()].flatMap((row) => (row.json === undefined ? [] : row.rowKey))

/** The basis of a finding: where this is the same in two looks, nothing of it has changed between them. */
const basisOf = (rows: ReadonlyMap<string, Row>, finding: Finding): string => {
  const { fields, have, kind, reason, rowKey, want } = finding
  const own = rowKey === undefined ? [...rows.values()] : [rows.get(rowKey)]
  const text = JSON.stringify([kind, rowKey, fields, have, want, reason, own.map((row) => row?.version)])
  return createHash("sha256").update(text).digest("base64")
}

/** Without the time of a reading: a repair's or a redriven dead letter's is no word of the stream. */
const streamVersion = (row: Row | undefined): Version.Version | undefined =>
  row?.version.kind === 1 ? { ...row.version, reading: 0 } : undefined

const isNewer = (now: Version.Version | undefined, before: Version.Version | undefined): boolean =>
  now !== undefined && (before === undefined || Version.compare(now, before) > 0)
