/** Reading a table in memory as DynamoDB gives its rows: in pages, partitions in the order of their hash. */
import { Effect } from "effect"
import * as Arn from "../Arn.ts"
import { orderedOf } from "../decode/rowKey.ts"
import { codePoints } from "../decode/codePoints.ts"
import { keysOf } from "../KeyNames.ts"
import type { Attributes, AttributeValue } from "../source/Change.ts"
import { type KeyAttribute, type Page, ScanApi, type TableDescription } from "../source/scan/ScanApi.ts"

import { StreamApiError, type TableStream, TableMissing } from "../source/stream/StreamApi.ts"
import { canonical } from "./canonical.ts"

export interface Rows {
  readonly tableName: string
  readonly partitionKey: string
  readonly sortKey: string | undefined
  /** Rows on a page, at most; DynamoDB ends a page at 1 MB. */
  readonly pageRowsMax: number
  readonly all: () => Iterable<Attributes>
  readonly stream: () => TableStream
  readonly hashOf: (partition: string) => number
}

/** The service of scans for these rows; each answer is the rows as they are at that moment. */
export const make = (rows: Rows): ScanApi["Service"] => {
  const ask = <A>(operation: string, name: string, answer: () => A) =>
    Effect.suspend(() => {
      if (name === rows.tableName) return Effect.succeed(answer())
      const message = `${operation} of ${name} failed with TableMissing`
      return Effect.fail(new StreamApiError({ operation, reason: new TableMissing(), message }))
    })
  return ScanApi.of({
    describe: (name) => ask("DescribeTable", name, () => describe(rows)),
    scan: ({ after, rowsMax, segment, segments, tableName }) =>
      ask("Scan", tableName, () => {
        const own = placed(rows).filter(({ hash }) => Math.floor((hash / 2 ** 32) * segments) === segment)
        return page(rows, own, after, rowsMax)
      }),
    query: ({ after, partitionKey: [name, value], sortKeyPrefix, tableName }) =>
      ask("Query", tableName, () => {
        const partition = canonical({ [name]: value })
        const own = placed(rows).filter(
          ({ item, key }) => key.partition === partition && (sortKeyPrefix === undefined || begins(item, sortKeyPrefix))
        )
        return page(rows, own, after, undefined)
      })
  })
}

interface Place {
  readonly hash: number
  readonly key: { readonly partition: string; readonly sort: string }
}

const placeOf = (rows: Rows, keys: Attributes): Place => {
  const partition = canonical({ [rows.partitionKey]: keys[rows.partitionKey]! })
  const sort = rows.sortKey === undefined ? "" : orderedOf(keys[rows.sortKey])
  return { hash: rows.hashOf(partition), key: { partition, sort } }
}

const placed = (rows: Rows) => Array.from(rows.all(), (item) => ({ ...placeOf(rows, item), item })).sort(byPlace)

const byPlace = (a: Place, b: Place): number =>
  a.hash - b.hash || codePoints(a.key.partition, b.key.partition) || codePoints(a.key.sort, b.key.sort)

const page = (
  rows: Rows,
  placed: ReadonlyArray<Place & { readonly item: Attributes }>,
  after: Attributes | undefined,
  rowsMax = rows.pageRowsMax
): Page => {
  const from = after === undefined ? undefined : placeOf(rows, after)
  const left = from === undefined ? placed : placed.filter((place) => byPlace(place, from) > 0)
  const items = left.slice(0, Math.min(rowsMax, rows.pageRowsMax)).map(({ item }) => structuredClone(item))
  const last = items.length < left.length || items.length === rows.pageRowsMax ? items.at(-1) : undefined
  return { items, last: last === undefined ? undefined : keysOf(rows, last), units: Math.ceil(sizeOf(items) / 4096) }
}

const sizeOf = (items: ReadonlyArray<Attributes>) => items.reduce((sum, item) => sum + canonical(item).length, 0)

const begins = (item: Attributes, [name, prefix]: readonly [string, string]): boolean => {
  const value = item[name]
  return value !== undefined && "S" in value && value.S.startsWith(prefix)
}

const describe = (rows: Rows): TableDescription => {
  const items = [...rows.all()]
  const { latest, tableArn } = rows.stream()
  const key = (name: string): KeyAttribute => ({ name, type: typeOf(items[0]?.[name]) })
  return {
    tableArn,
    partitionKey: key(rows.partitionKey),
    sortKey: rows.sortKey === undefined ? undefined : key(rows.sortKey),
    epoch: latest?.enabled === true ? Arn.epochOfLabel(latest.label) : 0,
    bytes: sizeOf(items),
    rows: items.length
  }
}

/** A table in memory has no schema of its own: its first row says of what type its keys are. */
const typeOf = (value: AttributeValue | undefined): KeyAttribute["type"] =>
  value === undefined || "S" in value ? "S" : "N" in value ? "N" : "B"
