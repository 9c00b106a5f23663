/** Looks at candidates again and again, until each is right, wrong twice in the same way, or found to be in motion. */
import { type Duration, Effect } from "effect"
import type { DocumentRef } from "../define/DocumentRef.ts"
import type * as Table from "../define/Table.ts"
import { type Refusal, writeAll } from "../sink/Sink.ts"
import { asTried, type Finding } from "./compare.ts"
import { inspectEach, type Inspected } from "./inspect.ts"
import { compareInspections, type Seen } from "./inspections.ts"
import { repair } from "./repair.ts"
import { StoredDocuments } from "./StoredDocuments.ts"
import type { Tally } from "./VerifyTally.ts"

export interface Options {
  readonly tableName: string
  /**
   * The time for which a difference must stand before it is drift: as long as a change may take from the table through
   * the stream into the index. Defaults to 10 seconds.
   */
  readonly settle?: Duration.Input | undefined
  /** Tells whether drift is repaired. Defaults to no. */
  readonly isRepairing?: boolean | undefined
}

/** Looks after the first one that an aggregate gets until it differs twice in the same way. */
const inspectionsMax = 5

/** Few, so that little time passes between reading a document and its rows. */
const chunkMax = 50

/** Settles candidates for a verification: counts what stands, and repairs it if that is wanted. */
export const settle = (table: Table.Table, options: Options, candidates: ReadonlyArray<DocumentRef>, tally: Tally) => {
  tally.candidates += candidates.length
  return watch(table, { ...options, inspectionsMax }, candidates, {
    stands: (inspected, findings) => conclude(inspected, findings, options, tally),
    isFollowed: () => Effect.sync(() => tally.followed++),
    isOpen: ({ candidate }) => Effect.sync(() => tally.leaveOpen(candidate))
  })
}

/** The ends that a candidate may come to, if it is not right. */
interface Ends<E, R> {
  /** Differs twice in the same way; may be told of several times, as of each of its rows. */
  readonly stands: (inspected: Inspected, findings: ReadonlyArray<Finding>) => Effect.Effect<unknown, E, R>
  /** Got newer rows from the stream with each look. */
  readonly isFollowed: (inspected: Inspected) => Effect.Effect<unknown, E, R>
  /** Differs in another way with each look, and not by the stream. */
  readonly isOpen: (inspected: Inspected) => Effect.Effect<unknown, E, R>
}

/** Looks at candidates, and after the time to settle again at those that differ, `inspectionsMax` times at most. */
export const watch = Effect.fnUntraced(function* <E, R>(
  table: Table.Table,
  {
    inspectionsMax,
    settle: wait = "10 seconds",
    tableName
  }: Pick<Options, "settle" | "tableName"> & { readonly inspectionsMax: number },
  candidates: ReadonlyArray<DocumentRef>,
  ends: Ends<E, R>
) {
  let open = new Map<DocumentRef, Seen | undefined>(candidates.map((candidate) => [candidate, undefined]))
  for (let inspections = 0; open.size > 0; inspections++) {
    if (inspections > 0) yield* Effect.sleep(wait)
    const before = open
    const next = new Map<DocumentRef, Seen>()
    const onInspected = Effect.fnUntraced(function* (inspected: Inspected) {
      const compared = compareInspections(before.get(inspected.candidate), inspected)
      if (compared.stands.length > 0) yield* ends.stands(inspected, compared.stands)
      if (compared.next === undefined) return
      if (inspections < inspectionsMax) next.set(inspected.candidate, compared.next)
      else yield* compared.isFollowed ? ends.isFollowed(inspected) : ends.isOpen(inspected)
    })
    const candidates = [...before.keys()]
    for (let i = 0; i < candidates.length; i += chunkMax) {
      yield* inspectEach(table, tableName, candidates.slice(i, i + chunkMax), onInspected)
    }
    open = next
  }
})

/** Counts what stands, and repairs it if that is wanted. */
export const conclude = Effect.fnUntraced(function* (
  inspected: Inspected,
  found: ReadonlyArray<Finding>,
  { isRepairing = false }: Pick<Options, "isRepairing">,
  tally: Tally
) {
  const findings = isRepairing ? found.map(asTried) : found
  const patch = isRepairing ? repair(inspected, findings) : undefined
  if (patch === undefined) return tally.conclude(inspected, findings, "none")
  // It may hold rows of a kind that only a newer definition has, which is noted before the first of them is written.
  if (patch.replaces !== undefined)
    yield* (yield* StoredDocuments).generation(inspected.candidate.shape, inspected.table.tableArn)
  const { epoch, tableArn } = inspected.table
  const [settled] = yield* writeAll([patch], [{ tableArn, epoch, changedAt: undefined }])
  const { outcome } = settled!
  if (outcome._tag === "Written") return tally.conclude(inspected, findings, "repaired")
  if (outcome._tag === "Unchanged") return tally.conclude(inspected, findings, "overtaken")
  if (outcome._tag === "Refused") {
    const { refused, written } = divide(findings, outcome.refusals)
    tally.conclude(inspected, refused, "refused")
    return tally.conclude(inspected, written, "repaired")
  }
  yield* Effect.logWarning(
    `${inspected.candidate.shape.aggregate.name} ${inspected.candidate.id} is not repaired: ${outcome.reason}`
  )
  tally.conclude(inspected, findings, "unsettled")
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
    // A document made anew has all rows but these.
    if (finding.kind === "unreadable document" && refusals.every(({ rowKey }) => rowKey !== undefined)) {
      written.push(finding)
      for (const { reason, rowKey } of refusals) refused.push({ ...finding, kind: "refused", rowKey, reason })
      continue
    }
    const refusal = reasonFor(finding)
    if (refusal === undefined || finding.kind === "not computed") written.push(finding)
    else refused.push({ ...finding, kind: "refused", reason: refusal.reason })
  }
  return { refused, written }
}
