/**
 * The documents that a scan's rows make, counted as their rows pass by: of each one sums are held, and the keys of rows
 * that have others inside; those of a partition until its last row was seen. Pure.
 */
import type { DocumentRef } from "../define/DocumentRef.ts"
import { outerKey, type RowShape } from "../define/Shape.ts"
import { InnerRows } from "./InnerRows.ts"

/** OpenSearch's limits on one document: nested objects, and bytes of a request on the smaller managed domains. */
export const limits = { nestedObjects: 10_000, bytes: 10 * 2 ** 20 }

/** A row of a document. */
export interface DocumentRow {
  readonly row: RowShape
  readonly rowKey: string
  /** Bytes of its JSON; `undefined` for a row that was refused, or that does not count. */
  readonly bytes: number | undefined
}

export interface Large {
  readonly aggregate: string
  readonly key: string
  readonly rows: number
  /** Bytes of its rows' JSON: the document is as large, and its sync state and derived fields besides. */
  readonly bytes: number
  readonly nestedObjects: number
}

export interface Counts {
  /** Documents that readers see. */
  readonly documents: number
  /** Documents that have rows and no root, and their rows, which wait for it unseen. */
  readonly waitingDocuments: number
  readonly waitingRows: number
  /** The key of the first one. */
  readonly waitingExample: string | undefined
  /** Rows inside rows whose outer row is not there, of documents that wait for no root. */
  readonly waitingInnerRows: number
  /** The key of the first one's document, and its own. */
  readonly waitingInnerExample: string | undefined
}

interface Open extends Large {
  readonly partition: string
  readonly needsRoot: boolean
  rows: number
  bytes: number
  nestedObjects: number
  hasRoot: boolean
  isLive: boolean
  /** Only of a document that has rows inside rows. */
  readonly inner: InnerRows | undefined
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const largestMax = 5

export class DocumentTally {
  private readonly open = new Map<number, Map<string, Open>>()
  private readonly counts = new Map<string, Mutable<Counts>>()
  private readonly openMax: number
  private tooLarge_ = 0
  private largest_: ReadonlyArray<Large> = []

  /**
   * `openMax` bounds the documents that are open in a segment, of which a partition may have any number. Rows of one
   * document stand together there, so the one that had no row for longest is done.
   */
  constructor(openMax = 50_000) {
    this.openMax = openMax
  }

  add(
    segment: number,
    partition: string,
    { id, longKey, shape }: DocumentRef,
    { bytes, row, rowKey }: DocumentRow
  ): void {
    const open = this.open.get(segment) ?? new Map<string, Open>()
    this.open.set(segment, open)
    const { name } = shape.aggregate
    const at = JSON.stringify([name, id])
    const document = open.get(at) ?? {
      aggregate: name,
      key: longKey ?? id,
      partition,
      needsRoot: shape.root !== undefined,
      rows: 0,
      bytes: 0,
      nestedObjects: 0,
      hasRoot: false,
      isLive: false,
      inner: shape.isNested ? new InnerRows() : undefined
    }
    const around = document.inner && outerKey(row, rowKey)
    if (shape.within.has(row)) document.inner?.addOuter(rowKey, around)
    if (row.kind === "root") document.hasRoot = true
    if (bytes !== undefined) {
      document.rows++
      document.bytes += bytes
      if (around !== undefined) document.inner!.addInner(rowKey, around)
      if (row.kind === "many" && !row.isHidden) document.nestedObjects++
      if (document.needsRoot ? row.kind === "root" : row.outer === undefined) document.isLive = true
    }
    open.delete(at)
    open.set(at, document)
    if (open.size <= this.openMax) return
    const [oldest] = open.entries()
    if (oldest !== undefined) this.close(open, ...oldest)
  }

  /** Closes the documents of a segment whose rows all passed by: those of all partitions but one that goes on. */
  end(segment: number, goesOn: string | undefined): void {
    const open = this.open.get(segment)
    for (const [at, document] of open ?? []) if (document.partition !== goesOn) this.close(open!, at, document)
  }

  /** Documents that are larger than one may be, all closed ones counted. */
  get tooLarge(): number {
    return this.tooLarge_
  }

  /** The largest documents, by what of a limit they take. */
  get largest(): ReadonlyArray<Large> {
    return this.largest_
  }

  of(aggregate: string): Counts {
    return this.counts.get(aggregate) ?? none
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, { documents }) => sum + documents, 0)
  }

  private close(open: Map<string, Open>, at: string, document: Open): void {
    open.delete(at)
    const { aggregate, bytes, hasRoot, inner, isLive, key, needsRoot, nestedObjects, rows } = document
    const counts = this.counts.get(aggregate) ?? { ...none }
    this.counts.set(aggregate, counts)
    if (isLive) counts.documents++
    if (needsRoot && !hasRoot && rows > 0) {
      counts.waitingDocuments++
      counts.waitingRows += rows
      counts.waitingExample ??= key
    } else {
      const { example, rows } = inner?.waiting() ?? { rows: 0, example: undefined }
      counts.waitingInnerRows += rows
      if (example !== undefined) counts.waitingInnerExample ??= `${key} / ${example}`
    }
    const share = shareOf(document)
    if (share > 1) this.tooLarge_++
    const least = this.largest_.at(-1)
    if (rows === 0 || (this.largest_.length === largestMax && share <= shareOf(least!))) return
    this.largest_ = [...this.largest_, { aggregate, key, rows, bytes, nestedObjects }]
      .toSorted((a, b) => shareOf(b) - shareOf(a))
      .slice(0, largestMax)
  }
}

const none: Counts = {
  documents: 0,
  waitingDocuments: 0,
  waitingRows: 0,
  waitingExample: undefined,
  waitingInnerRows: 0,
  waitingInnerExample: undefined
}

/** The part of a limit that a document takes: 1 is all of it. */
export const shareOf = ({ bytes, nestedObjects }: Pick<Large, "bytes" | "nestedObjects">): number =>
  Math.max(bytes / limits.bytes, nestedObjects / limits.nestedObjects)
