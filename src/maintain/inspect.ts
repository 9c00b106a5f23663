/**
 * Looks at aggregates in the order that repair needs: the document first, by id, then its rows by a consistent read. So
 * what was read of a row is at least as new as the version that the document showed, and may stand right above it.
 */
import { Clock, Effect, Result } from "effect"
import { groupBy } from "../groupBy.ts"
import * as Claim from "../decode/Claim.ts"
import { contentOf } from "../decode/decode.ts"
import { isHash } from "../decode/rowKey.ts"
import type { DocumentRef } from "../define/DocumentRef.ts"
import type * as Table from "../define/Table.ts"
import type { SourceError } from "../pipeline/Pipeline.ts"
import type { SinkError } from "../sink/Sink.ts"
import type { Attributes, Change } from "../source/Change.ts"
import { retryForever } from "../source/retryForever.ts"
import { keyNamesOf, ScanApi, type ScanApiError, type TableDescription } from "../source/scan/ScanApi.ts"
import { keysOf } from "../KeyNames.ts"
import { addressOf, valueOf } from "./address.ts"
import { describe } from "./checkKeyNames.ts"
import { compare, type Finding, type TableRow } from "./compare.ts"
import { type Stored, StoredDocuments } from "./StoredDocuments.ts"

export interface Inspected {
  readonly candidate: DocumentRef
  /** The table as it was described before anything was read: its stream's epoch is no newer than what was read. */
  readonly table: TableDescription
  readonly stored: Stored | undefined
  readonly rows: ReadonlyMap<string, TableRow>
  /** Rows that the definition does not take, with the reason. */
  readonly refused: ReadonlyMap<string, string>
  /** The time at which the first of the rows were asked for, in epoch milliseconds. */
  readonly askedAt: number
  readonly findings: ReadonlyArray<Finding>
}

/** Looks at a few aggregates. */
export const inspect = Effect.fnUntraced(function* (
  table: Table.Table,
  tableName: string,
  candidates: ReadonlyArray<DocumentRef>
): Effect.fn.Return<ReadonlyArray<Inspected>, SourceError | SinkError | ScanApiError, ScanApi | StoredDocuments> {
  const all = new Map<DocumentRef, Inspected>()
  yield* inspectEach(table, tableName, candidates, (inspected) =>
    Effect.sync(() => all.set(inspected.candidate, inspected))
  )
  return candidates.flatMap((candidate) => all.get(candidate) ?? [])
})

/** Lets go what was read of an aggregate when `onLooked` is done with it: of many, it is more than memory holds. */
export const inspectEach = Effect.fnUntraced(function* <E, R>(
  table: Table.Table,
  tableName: string,
  candidates: ReadonlyArray<DocumentRef>,
  onInspected: (inspected: Inspected) => Effect.Effect<unknown, E, R>
): Effect.fn.Return<void, E | SourceError | SinkError | ScanApiError, R | ScanApi | StoredDocuments> {
  const api = yield* ScanApi
  const documents = yield* StoredDocuments
  const described = yield* describe(table, tableName)
  for (const [shape, own] of groupBy(candidates, ({ shape }) => shape)) {
    for (let left = own; left.length > 0;) {
      const { count, found } = yield* documents.read(
        shape,
        described.tableArn,
        left.map(({ id }) => id)
      )
      const lookAt = Effect.fnUntraced(function* (candidate: DocumentRef) {
        const stored = found.get(candidate.id)
        const { askedAt, ...rows } = yield* readRows(api, table, tableName, described, candidate)
        const compared = compare(shape, { ...rows, isWhole: true }, stored)
        const findings = hasKey(candidate) ? compared : compared.map((finding) => ({ ...finding, reason: keyUnknown }))
        yield* onInspected({ candidate, table: described, stored, ...rows, askedAt, findings })
      })
      yield* Effect.forEach(left.slice(0, count), lookAt, { concurrency: 4, discard: true })
      left = left.slice(count)
    }
  }
})

/** Tells whether the aggregate's key is known: an unreadable document whose id is a hash does not say it. */
export const hasKey = ({ id, longKey }: DocumentRef): boolean => longKey !== undefined || !isHash(id)

const keyUnknown = "its key is known neither by itself nor by a row of the table, so it may be deleted by hand"

const patiently = <A>(tableName: string, effect: Effect.Effect<A, ScanApiError>) =>
  effect.pipe(retryForever(`reading ${tableName}`, (error) => error.isRetryable))

/** All rows of an aggregate as the table has them now. */
const readRows = Effect.fnUntraced(function* (
  api: ScanApi["Service"],
  table: Table.Table,
  tableName: string,
  described: TableDescription,
  ref: DocumentRef
) {
  const { epoch, partitionKey, sortKey, tableArn } = described
  const names = keyNamesOf(described)
  const { partition, prefix } = addressOf(ref)
  const rows = new Map<string, TableRow>()
  const refused = new Map<string, string>()
  const askedAt = yield* Clock.currentTimeMillis
  let after: Attributes | undefined
  do {
    const page = yield* patiently(
      tableName,
      api.query({
        tableName,
        partitionKey: [partitionKey.name, valueOf(partitionKey, partition)],
        // Of numbers and bytes no condition asks for a beginning of their text.
        sortKeyPrefix: prefix === undefined || sortKey?.type !== "S" ? undefined : [sortKey.name, prefix],
        after
      })
    )
    for (const image of page.items) {
      const change: Change = {
        keys: keysOf(names, image),
        image,
        origin: { _tag: "Scan", tableArn, epoch, requestedAt: askedAt }
      }
      const meaning = meaningsOf(table, change).find(({ id, shape }) => id === ref.id && shape === ref.shape)
      if (meaning === undefined) continue
      if (meaning.row === undefined) refused.set(meaning.rowKey, meaning.reason)
      else rows.set(meaning.rowKey, meaning.row)
    }
    after = page.last
  } while (after !== undefined)
  return { rows, refused, askedAt }
})

/** A row of the table, by its aggregate: as the definition takes it, or why it does not. */
export type Meaning = DocumentRef & { readonly rowKey: string } & (
    | { readonly row: TableRow }
    | { readonly row: undefined; readonly reason: string }
  )

/** The meanings of a row of the table, one for each aggregate that claims it. */
export const meaningsOf = (table: Table.Table, change: Change): ReadonlyArray<Meaning> =>
  Claim.of(table, change).flatMap((claim): Meaning | [] => {
    if (claim._tag !== "Claim") return []
    const { id, longKey, rowKey, shape } = claim
    const ref = { shape, id, longKey, rowKey }
    const content = contentOf(claim)
    if (Result.isFailure(content)) return { ...ref, row: undefined, reason: content.failure }
    return content.success === undefined ? [] : { ...ref, row: content.success }
  })
