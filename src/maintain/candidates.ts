/** The aggregates that a look at one side makes suspect. They are not taken for wrong, but looked at again. */
import { Effect, Result } from "effect"
import type { DocumentRef } from "../define/DocumentRef.ts"
import type * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import type { TableDescription } from "../source/scan/ScanApi.ts"
import { TableReader } from "../source/scan/TableReader.ts"
import type * as Scan from "../source/scan/Scan.ts"
import { addressOf, keysOf } from "./address.ts"
import { compare, type TableRow } from "./compare.ts"
import { meaningsOf } from "./inspect.ts"
import { type Stored, StoredDocuments } from "./StoredDocuments.ts"

/**
 * The aggregates in a batch of the scan that are not as their documents are. Partitions that the batch cuts are noted
 * in `cut`; without that, each aggregate in them is a candidate.
 */
export const candidateRows = Effect.fnUntraced(function* (
  table: Table.Table,
  tableArn: string,
  batch: Scan.Batch,
  cut: Set<string> | undefined
) {
  const partitionOf = (at: number) => JSON.stringify(batch.changes.at(at)!.success.keys[table.partitionKey])
  const isCut = (partition: string) =>
    (batch.begins === "cut" && partition === partitionOf(0)) || (batch.ends === "cut" && partition === partitionOf(-1))
  const aggregates = new Map<Shape.Shape, Map<string, DocumentRef & Draft>>()
  for (const { success: change } of batch.changes) {
    const isWhole = !isCut(JSON.stringify(change.keys[table.partitionKey]))
    for (const meaning of meaningsOf(table, change)) {
      const { id, longKey, rowKey, shape } = meaning
      const own = aggregates.get(shape) ?? new Map<string, DocumentRef & Draft>()
      aggregates.set(shape, own)
      const draft = own.get(id) ?? { shape, id, longKey, rows: new Map(), refused: new Map(), isWhole }
      own.set(id, draft)
      if (!isWhole) cut?.add(addressOf(meaning).partition)
      if (meaning.row === undefined) draft.refused.set(rowKey, meaning.reason)
      else draft.rows.set(rowKey, meaning.row)
    }
  }
  const documents = yield* StoredDocuments
  const suspects: Array<DocumentRef> = []
  for (const [shape, own] of aggregates) {
    for (let left = [...own.keys()]; left.length > 0;) {
      const { count, found } = yield* documents.read(shape, tableArn, left)
      for (const id of left.slice(0, count)) {
        const { longKey, ...draft } = own.get(id)!
        const isCutOff = cut === undefined && !draft.isWhole
        if (isCutOff || compare(shape, draft, found.get(id)).length > 0) suspects.push({ shape, id, longKey })
        own.delete(id)
      }
      left = left.slice(count)
    }
  }
  return suspects
})

interface Draft {
  readonly rows: Map<string, TableRow>
  readonly refused: Map<string, string>
  readonly isWhole: boolean
}

/**
 * The documents on a page that no row of the table speaks for. Where a partition was delivered whole the scan has seen
 * its rows' ghosts, so one row that the table has is enough; where it was cut, all rows of the document are asked.
 */
export const candidateDocuments = Effect.fnUntraced(function* (
  shape: Shape.Shape,
  page: ReadonlyArray<Stored>,
  table: TableDescription,
  cut: ReadonlySet<string>
) {
  const reader = yield* TableReader
  const asked: Array<{ readonly candidate: DocumentRef; readonly keys: ReturnType<typeof keysOf> }> = []
  const suspects: Array<DocumentRef> = []
  for (const { document, id } of page) {
    if (Result.isFailure(document)) {
      suspects.push({ shape, id, longKey: undefined })
      continue
    }
    const { longKey, rows } = document.success
    const address = addressOf({ shape, id, longKey })
    const live = rows.filter(({ json }) => json !== undefined)
    for (const { rowKey } of cut.has(address.partition) ? live : live.slice(0, 1)) {
      asked.push({ candidate: { shape, id, longKey }, keys: keysOf(table, address, rowKey) })
    }
  }
  const isThere = yield* reader.has(
    table.tableArn,
    asked.map(({ keys }) => keys)
  )
  for (const [i, { candidate }] of asked.entries()) if (!isThere[i]) suspects.push(candidate)
  return suspects
})
