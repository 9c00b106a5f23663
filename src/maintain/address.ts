/** From a document back to its rows in the table: which partition they are in, and the keys they have there. Pure. */
import { textOf } from "../decode/rowKey.ts"
import * as decimal from "../decode/decimal.ts"
import type { DocumentRef } from "../define/DocumentRef.ts"
import type { Attributes, AttributeValue } from "../source/Change.ts"
import type { KeyAttribute, TableDescription } from "../source/scan/ScanApi.ts"

/** The place of an aggregate's rows, as key texts: its partition, and what their sort keys begin with. */
export interface Address {
  readonly partition: string
  readonly prefix: string | undefined
}

/** The address of a document's rows. */
export const addressOf = ({ id, longKey, shape }: DocumentRef): Address => {
  const [name] = shape.names
  if (shape.names.length === 1 && longKey === undefined) {
    const values = { [name!]: id }
    return { partition: shape.partition.format(values), prefix: shape.sortPrefix?.format(values) }
  }
  const text = longKey ?? id
  if (shape.sortPrefix === undefined) return { partition: text, prefix: undefined }
  // The first | without a \ before it; those in the partition's text are escaped.
  const [before = ""] = /^(?:[^\\|]|\\[^])*/.exec(text) ?? []
  return { partition: before.replaceAll(/\\([\\|])/g, "$1"), prefix: text.slice(before.length + 1) }
}

/** A key text as the attribute value that it stands for. */
export const valueOf = ({ type }: KeyAttribute, text: string): AttributeValue =>
  type === "S" ? { S: text } : type === "N" ? { N: text } : { B: text }

/** The keys in the table of a document's row. */
export const keysOf = ({ partitionKey, sortKey }: TableDescription, address: Address, rowKey: string): Attributes => {
  const partition = { [partitionKey.name]: valueOf(partitionKey, address.partition) }
  return sortKey === undefined ? partition : { ...partition, [sortKey.name]: sortValueOf(sortKey, rowKey) }
}

/** A row key is a sort key in a form whose UTF-8 order is the table's; this is the sort key again. */
const sortValueOf = ({ type }: KeyAttribute, rowKey: string): AttributeValue => {
  if (type === "S") return { S: rowKey }
  if (type === "N") return { N: decimal.fromSortable(rowKey) ?? "0" }
  return { B: Buffer.from(rowKey, "hex").toString("base64") }
}

/** A row's key for people: `ORDER#1 / ITEM#2`. */
export const readable = (table: TableDescription, address: Address, rowKey: string | undefined): string => {
  if (rowKey === undefined)
    return address.prefix === undefined ? address.partition : `${address.partition} / ${address.prefix}`
  const sort = table.sortKey === undefined ? undefined : textOf(sortValueOf(table.sortKey, rowKey))
  return sort === undefined ? address.partition : `${address.partition} / ${sort}`
}
