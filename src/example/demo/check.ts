/**
 * Says what every document must be by the table's rows, without any of tablefold's own code: the rows as JSON, put
 * together by key. The demonstration is measured by it. Pure.
 */
import { isDeepStrictEqual } from "node:util"
import type { Attributes, AttributeValue } from "../../source/Change.ts"

export interface Expected {
  readonly alias: "orders" | "users"
  readonly id: string
  /** Nothing where readers must see none. */
  readonly document: Json | undefined
}

interface Json {
  [name: string]: unknown
}

export const expectedOf = (rows: ReadonlyArray<Attributes>): ReadonlyArray<Expected> => {
  const byPartition = Map.groupBy(rows.map(plain), ({ PK }) => String(PK))
  return [...byPartition].map(([partition, rows]) => {
    const [kind, id = ""] = partition.split("#")
    const sorted = rows.sort((a, b) => (String(a["SK"]) < String(b["SK"]) ? -1 : 1))
    return kind === "USER"
      ? { alias: "users", id, document: bare(sorted.find(({ SK }) => SK === "PROFILE")) }
      : { alias: "orders", id, document: orderOf(sorted) }
  })
}

const orderOf = (rows: ReadonlyArray<Json>): Json | undefined => {
  const root = bare(rows.find(({ SK }) => SK === "DETAILS"))
  if (root === undefined) return undefined
  const of = (kind: string) => rows.filter(({ SK }) => String(SK).startsWith(kind)).map((row) => bare(row))
  const shipment = of("SHIPMENT#").at(-1)
  return { ...root, orderItems: of("ITEM#"), ...(shipment === undefined ? {} : { shipmentInfo: shipment }) }
}

/** Tells whether a document is as expected, whatever the order of its fields. */
export const isAsExpected = (document: string | undefined, { document: expected }: Expected): boolean =>
  isDeepStrictEqual(document === undefined ? undefined : JSON.parse(document), expected)

const bare = (row: Json | undefined): Json | undefined => {
  if (row === undefined) return undefined
  const { PK: _, SK: __, ...rest } = row
  return rest
}

const plain = (row: Attributes): Json =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, json(value)]))

const json = (value: AttributeValue): unknown => {
  if ("N" in value) return Number(value.N)
  if ("SS" in value) return [...value.SS].sort()
  if ("L" in value) return value.L.map(json)
  if ("M" in value) return plain(value.M)
  return Object.values(value)[0]
}

/** The order that was cancelled: no row is left that could tell of it. */
export const cancelled: ReadonlyArray<Expected> = [{ alias: "orders", id: "1002", document: undefined }]
