/** Changes as a source hands them over, for tests of what they mean. */
import type { Schema } from "effect"
import { decode } from "../../src/decode/decode.ts"
import type { Decoded, Reject, RowEvent } from "../../src/decode/RowEvent.ts"
import * as Mapping from "../../src/define/Mapping.ts"
import type * as Table from "../../src/define/Table.ts"
import type { Attributes, Change } from "../../src/source/Change.ts"

/** Fields of any type with a mapping that takes them, for definitions that are only read by. */
export const stored = (fields: { readonly [name: string]: Schema.Codec<any, any> }) =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.annotate(Mapping.stored)]))

export const streamArn = "arn:aws:dynamodb:eu-west-1:123456789012:table/Shop/stream/2026-08-01T12:00:00.000"

export const keys = (partition: string, sort: string): Attributes => ({ PK: { S: partition }, SK: { S: sort } })

export const streamed = (
  eventName: string,
  keys: Attributes,
  image: Attributes | undefined,
  sequenceNumber = "100000000000000000001",
  arn = streamArn
): Change => ({
  keys,
  image: image === undefined ? undefined : { ...image, ...keys },
  origin: { _tag: "Stream", eventName, streamArn: arn, sequenceNumber, createdAt: undefined, viewType: undefined }
})

export const put = (partition: string, sort: string, image: Attributes, sequenceNumber?: string): Change =>
  streamed("MODIFY", keys(partition, sort), image, sequenceNumber)

export const removed = (partition: string, sort: string, sequenceNumber?: string): Change =>
  streamed("REMOVE", keys(partition, sort), undefined, sequenceNumber)

export const scanned = (keys: Attributes, image: Attributes | undefined, epoch = 0, requestedAt = 1): Change => ({
  keys,
  image: image === undefined ? undefined : { ...image, ...keys },
  origin: { _tag: "Scan", tableArn: "arn:aws:dynamodb:eu-west-1:123456789012:table/Shop", epoch, requestedAt }
})

/** The meaning of a change of a row that one aggregate claims. */
export const decoded = (table: Table.Table, change: Change): Decoded => {
  const all = decode(table, change)
  if (all.length !== 1) throw new Error(`${all.length} meanings`)
  return all[0]!
}

export const event = (table: Table.Table, change: Change): RowEvent => {
  const one = decoded(table, change)
  if (one._tag !== "Event") throw new Error(`no event: ${JSON.stringify(one)}`)
  return one.event
}

/** The decoded row as JSON; `undefined` for a removed one. */
export const json = (table: Table.Table, change: Change): unknown => {
  const text = event(table, change).json
  return text === undefined ? undefined : JSON.parse(text)
}

export const reject = (decoded: Decoded): Reject => {
  if (decoded._tag !== "Reject") throw new Error(`no reject: ${decoded._tag}`)
  return decoded
}
