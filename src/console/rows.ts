/** Rows as the page is told of them: their place in the table, and the document they belong to. Pure. */
import { documentKey, textOf } from "../decode/rowKey.ts"
import { base64 } from "../decode/base64.ts"
import type * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import { keysOf } from "../KeyNames.ts"
import type { Attributes, AttributeValue } from "../source/Change.ts"
import type * as messages from "./messages.ts"

/** The place of a row, by its key attributes. */
export interface Place extends Pick<messages.Row, "row" | "partition" | "sort" | "aggregate" | "id" | "field"> {
  readonly shape: Shape.Shape | undefined
}

export const placeOf = (table: Table.Table, keys: Attributes): Place => {
  const partition = textOf(keys[table.partitionKey]) ?? ""
  const sort = table.sortKey === undefined ? undefined : textOf(keys[table.sortKey])
  const [claim] = table.claims(partition, sort)
  return {
    row: JSON.stringify(table.keyNames.map((name) => (keys[name] === undefined ? null : plainValue(keys[name])))),
    partition,
    sort: sort ?? "",
    aggregate: claim?.shape.aggregate.name ?? null,
    id: claim === undefined ? null : documentKey(claim.shape, claim.values).id,
    field: claim?.row.field ?? null,
    shape: claim?.shape
  }
}

/** A row as it is held: what pages are told is made of it when they are. */
export interface HeldRow {
  readonly place: Place
  /** All of it, or its keys alone where data is not shown. */
  readonly item: Attributes
}

export const rowOf = (table: Table.Table, { item, place }: HeldRow, showsData: boolean): messages.Row => {
  const { shape: _, ...rest } = place
  return { ...rest, keys: plain(keysOf(table, item)), item: showsData ? plain(item) : null }
}

type Item = messages.Row["keys"]

/** Attributes whose bytes are base64 text. */
export const plain = (item: Attributes): Item =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plainValue(value)])) as Item

const plainValue = (value: AttributeValue): unknown => {
  if ("B" in value) return { B: base64(value.B) }
  if ("BS" in value) return { BS: value.BS.map(base64) }
  if ("L" in value) return { L: value.L.map(plainValue) }
  if ("M" in value) return { M: plain(value.M) }
  return value
}
