/**
 * Compares a table and its documents both ways while the stream is live, and repairs what is wrong if asked to.
 *
 * A scan gives candidates, and so does a walk through all documents; neither is believed. Each candidate is looked at
 * again in the order that repair needs, document first, and once more when the stream has had time to tell what had
 * changed: only what differs in the same way in both looks is drift. Repair is safe whatever the stream does meanwhile.
 * Memory holds pages and a limited number of candidates, whatever the table's size.
 */
import { Clock, type Duration, Effect, Result, Semaphore } from "effect"
import * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import type { SourceError } from "../Pipeline.ts"
import { type Refusal, Sink, type SinkError } from "../sink/Sink.ts"
import type { ScanApi, ScanApiError } from "../source/ScanApi.ts"
import { layerMemory, type ScanProgressError } from "../source/ScanProgress.ts"
import type { TableReader, TableReadError } from "../source/TableReader.ts"
import * as TableScan from "../source/TableScan.ts"
import { describe } from "./checkKeyNames.ts"
import type { Finding } from "./compare.ts"
import { look, type Looked, type Subject } from "./look.ts"
import { repair } from "./repair.ts"
import { StoredDocuments } from "./StoredDocuments.ts"
import { suspectDocuments, suspectRows } from "./suspects.ts"
import { Books, type Progress, type Report } from "./VerifyBooks.ts"

export interface Options extends Omit<TableScan.Options, "target" | "isFirst"> {
  /**
   * How long a difference must stand before it is drift: as long as a change may take from the table through the stream
   * into the index. Defaults to 10 seconds.
   */
  readonly settle?: Duration.Input | undefined
  /** Whether drift is repaired. Defaults to no. */
  readonly isRepairing?: boolean | undefined
  /** How many findings the report names; all are counted. Defaults to 20. */
  readonly namedMax?: number | undefined
  readonly onProgress?: ((progress: Progress) => Effect.Effect<void>) | undefined
}

export type VerifyError = SourceError | SinkError | ScanApiError | ScanProgressError | TableReadError

/** Candidates held at a time; each is an id. */
const candidatesMax = 1000

/** Looks after the first one that an aggregate gets until it differs twice in the same way. */
const looksMax = 5

/**
 * Verifies all aggregates of a table. For repair the sink should remember no documents (`knownBytesMax: 0`): one that
 * somebody else removed it would take for written. What it finds is in the report; it fails where it could not look.
 */
export const verify = Effect.fnUntraced(function* (
  table: Table.Table,
  options: Options
): Effect.fn.Return<Report, VerifyError, ScanApi | TableReader | StoredDocuments | Sink> {
  const documents = yield* StoredDocuments
  const { tableArn } = yield* describe(table, options.tableName)
  const begun = yield* Effect.forEach(table.aggregates.map(Shape.of), (shape) =>
    Effect.map(documents.generation(shape, tableArn), ({ marks, name, writeAlias }) => {
      return [shape.aggregate.name, { index: name, writeAlias, marks }] as const
    })
  )
  const books = new Books(yield* Clock.currentTimeMillis, Object.fromEntries(begun), options.namedMax ?? 20)
  const candidates = new Candidates()
  const turn = Semaphore.makeUnsafe(1)
  const add = Effect.fnUntraced(function* (subjects: ReadonlyArray<Subject>) {
    for (const subject of subjects) candidates.add(subject)
    if (candidates.size >= candidatesMax) yield* turn.withPermits(1)(settle(table, options, candidates, books))
    yield* options.onProgress?.(books.progress()) ?? Effect.void
  })
  const cut = new Set<string>()
  yield* TableScan.scan<VerifyError, StoredDocuments | ScanApi | Sink>(
    { ...options, target: "verify" },
    ({ table }) => Effect.sync(() => books.begin(table)),
    (batch) => Effect.flatMap(suspectRows(table, tableArn, batch, cut), (found) => (books.add(batch), add(found)))
  ).pipe(Effect.provide(layerMemory))
  for (const shape of table.aggregates.map(Shape.of)) {
    yield* documents.each(shape, tableArn, (page) =>
      Effect.flatMap(suspectDocuments(shape, page, books.table, cut), (found) => (books.addPage(page), add(found)))
    )
  }
  yield* settle(table, options, candidates, books)
  return books.report()
})

class Candidates {
  private readonly byShape = new Map<Shape.Shape, Map<string, Subject>>()
  size = 0

  add({ id, longKey, shape }: Subject): void {
    const known = this.byShape.get(shape) ?? new Map<string, Subject>()
    this.byShape.set(shape, known)
    if (!known.has(id)) this.size++
    known.set(id, { shape, id, longKey })
  }

  /** All of them; none is left. */
  take(): ReadonlyArray<Subject> {
    const all = [...this.byShape.values()].flatMap((known) => [...known.values()])
    this.byShape.clear()
    this.size = 0
    return all
  }
}

/** Looks at all candidates again and again until each is right, wrong twice in the same way, or given up on. */
const settle = Effect.fnUntraced(function* (
  table: Table.Table,
  options: Options,
  candidates: Candidates,
  books: Books
) {
  const { settle: wait = "10 seconds", tableName } = options
  let open: ReadonlyArray<Subject> = candidates.take()
  books.candidates += open.length
  let before = new Map<Subject, ReadonlyMap<string, Finding>>()
  for (let looks = 0; open.length > 0; looks++) {
    if (looks > 0) yield* Effect.sleep(wait)
    const next = new Map<Subject, ReadonlyMap<string, Finding>>()
    for (let i = 0; i < open.length; i += chunkMax) {
      for (const looked of yield* look(table, tableName, open.slice(i, i + chunkMax))) {
        const now = new Map(looked.findings.map((finding) => [basisOf(looked, finding), finding]))
        const last = before.get(looked.subject)
        const stands = [...now].flatMap(([basis, finding]) => (last?.has(basis) ? [finding] : []))
        if (stands.length > 0) yield* conclude(looked, stands, options, books)
        for (const [basis] of now) if (last?.has(basis)) now.delete(basis)
        if (now.size > 0) next.set(looked.subject, now)
      }
    }
    before = next
    open = [...next.keys()]
    if (looks === looksMax) {
      books.restless += open.length
      return
    }
  }
})

/** Few, so that little time passes between reading a document and its rows. */
const chunkMax = 50

/** What a finding rests on: where this is the same in two looks, nothing of it has changed between them. */
const basisOf = ({ stored }: Looked, { fields, have, kind, reason, rowKey, want }: Finding): string => {
  const rows = stored === undefined || Result.isFailure(stored.document) ? [] : stored.document.success.rows
  const versions = rows.filter((row) => rowKey === undefined || row.rowKey === rowKey).map(({ version }) => version)
  return JSON.stringify([kind, rowKey, fields, have, want, reason, versions])
}

/** Counts what stands, and repairs it if that is wanted. */
const conclude = Effect.fnUntraced(function* (
  looked: Looked,
  findings: ReadonlyArray<Finding>,
  { isRepairing = false }: Options,
  books: Books
) {
  const patch = isRepairing ? repair(looked, findings) : undefined
  if (patch === undefined) return books.conclude(looked, findings, "none")
  const { epoch, tableArn } = looked.table
  const { outcomes } = yield* (yield* Sink).write([patch], [{ tableArn, epoch, changedAt: undefined }])
  const outcome = outcomes[0]!
  if (outcome._tag === "Written") return books.conclude(looked, findings, "repaired")
  if (outcome._tag === "Unchanged") return books.conclude(looked, findings, "overtaken")
  if (outcome._tag === "Refused") {
    const { refused, written } = divide(findings, outcome.refusals)
    books.conclude(looked, refused, "refused")
    return books.conclude(looked, written, "repaired")
  }
  yield* Effect.logWarning(
    `${looked.subject.shape.aggregate.name} ${looked.subject.id} is not repaired: ${outcome.reason}`
  )
  books.conclude(looked, findings, "unsettled")
})

/** Findings whose repair the sink refused, as what they turned out to be, and the others. */
const divide = (findings: ReadonlyArray<Finding>, refusals: ReadonlyArray<Refusal>) => {
  const rowKeys = new Set(findings.map(({ rowKey }) => rowKey))
  const reasonFor = ({ rowKey }: Finding) =>
    // What is said of the whole aggregate holds for each row, and what of a row that no finding names for the document.
    refusals.find((refusal) => refusal.rowKey === undefined || refusal.rowKey === rowKey) ??
    (rowKey === undefined ? refusals.find((refusal) => !rowKeys.has(refusal.rowKey)) : undefined)
  const refused: Array<Finding> = []
  const written: Array<Finding> = []
  for (const finding of findings) {
    const refusal = reasonFor(finding)
    if (refusal === undefined || finding.kind === "not computed") written.push(finding)
    else refused.push({ ...finding, kind: "refused", reason: refusal.reason })
  }
  return { refused, written }
}
