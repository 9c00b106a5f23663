/**
 * Makes a patch that puts right what was found wrong, and that can put nothing wrong. Each register holds what was read
 * after the document was. It stands above the version that the document showed, below the stream's next word. In the
 * place of an unreadable document all rows stand as a scan reads them. Pure.
 */
import { Result } from "effect"
import * as Version from "../Version.ts"
import type { Row } from "../fold/Document.ts"
import { type Change, changes, type Patch } from "../fold/Patch.ts"
import { type Finding, isNoDrift } from "./compare.ts"
import { hasKey, type Inspected } from "./inspect.ts"
import type { Stored } from "./StoredDocuments.ts"

/** The patch for some findings of a look; `undefined` where they leave nothing to write. */
export const repair = (inspected: Inspected, findings: ReadonlyArray<Finding>): Patch | undefined => {
  const { rows, stored, candidate } = inspected
  if (stored !== undefined && Result.isFailure(stored.document)) {
    return stored.document.failure.isNewer || !hasKey(candidate) ? undefined : anew(inspected, stored)
  }
  const document = stored === undefined ? undefined : Result.getOrThrow(stored.document)
  const known = new Map(document?.rows.map((row) => [row.rowKey, row]))
  const marks = new Map(document?.refused.map(({ rowKey, version }) => [rowKey, version]))
  const registers = new Map<string, Change>()
  for (const { kind, rowKey } of findings) {
    for (const key of rowKey === undefined ? rowKeysOf(kind, known) : [rowKey]) {
      const have = known.get(key)
      const want = rows.get(key)
      const row = want?.row ?? have?.row
      if (row === undefined || isNoDrift(kind)) continue
      const change = { row, isInsert: false, changedAt: inspected.askedAt }
      if (kind !== "stale field" || have === undefined) {
        registers.set(key, {
          ...change,
          version: versionFor(newest(have, marks.get(key)), inspected),
          json: want?.json
        })
      } else if (!registers.has(key)) {
        // To render the document anew its row has to be newer, though nothing else of it changes.
        registers.set(key, { ...change, version: above(have.version, inspected), json: have.json })
      }
    }
  }
  return registers.size === 0 ? undefined : { ...candidate, registers }
}

/** All that the table has, in the place of a document that can't be read; rows that are refused leave marks. */
const anew = ({ askedAt, refused, rows, candidate, table }: Inspected, { primaryTerm, seqNo }: Stored): Patch => {
  const version = Version.scan(table.epoch, askedAt)
  const registers = new Map<string, Change>()
  for (const [rowKey, { json, row }] of rows) {
    if (json !== undefined) registers.set(rowKey, { row, version, json, isInsert: false, changedAt: askedAt })
  }
  const marks = new Map([...refused.keys()].map((rowKey) => [rowKey, version] as const))
  return { ...candidate, ...changes(registers, marks), replaces: { seqNo, primaryTerm, readAt: askedAt } }
}

const rowKeysOf = (kind: Finding["kind"], known: ReadonlyMap<string, Row>): ReadonlyArray<string> => {
  const live = [...known.values()].filter(({ json }) => json !== undefined).map(({ rowKey }) => rowKey)
  // A document that is not live may have nothing but tombstones; any row will do.
  if (kind === "stale field") return live.length > 0 ? live.slice(0, 1) : [...known.keys()].slice(0, 1)
  return kind === "ghost document" ? live : []
}

/** The newest version of a row that reached the document: of the state that it shows, or of one that was refused. */
const newest = (row: Row | undefined, mark: Version.Version | undefined): Version.Version | undefined =>
  row === undefined || (mark !== undefined && Version.compare(row.version, mark) < 0) ? mark : row.version

/**
 * A row that the document does not know, or knows from a scan or from an older stream, was read by us as by a scan: so
 * it stands under the time of the reading, which is newer. What the table's stream reported keeps its version.
 */
const versionFor = (have: Version.Version | undefined, { askedAt, table }: Inspected): Version.Version => {
  const asScan = Version.scan(table.epoch, askedAt)
  return have === undefined || Version.compare(have, asScan) < 0 ? asScan : above(have, { askedAt })
}

/** A version right above one that the document showed. A clock that is behind must not make the newer reading older. */
const above = (version: Version.Version, { askedAt }: Pick<Inspected, "askedAt">): Version.Version => ({
  ...version,
  reading: Math.max(askedAt, version.reading + 1)
})
