/** A change as it came → what it means to the table's aggregates. Pure; every change has an answer, none throws. */
import { Result } from "effect"
import * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import type { Change, StreamOrigin } from "../source/Change.ts"
import type { Decoded, Reject } from "./RowEvent.ts"
import * as rowCodec from "./rowCodec.ts"
import { idOf, orderedOf, textOf } from "./rowKey.ts"
import * as Version from "./Version.ts"

/** Decodes one change. */
export const decode = (table: Table.Table, change: Change): Decoded => {
  const { keys, origin } = change
  const partition = Object.hasOwn(keys, table.partitionKey) ? textOf(keys[table.partitionKey]) : undefined
  const sortKey = table.sortKey !== undefined && Object.hasOwn(keys, table.sortKey) ? keys[table.sortKey] : undefined
  const sort = textOf(sortKey)
  if (partition === undefined) return wrongKeys(table, change)
  const claim = table.claim(partition, sort)
  if (claim === undefined) return { _tag: "PassedOver" }

  const { row, shape, values } = claim
  const reject = (reason: string, version?: Version.Version): Reject => ({
    _tag: "Reject",
    aggregate: shape.aggregate.name,
    key: sort === undefined ? partition : `${partition} / ${sort}`,
    version,
    sequenceNumber: origin._tag === "Stream" ? origin.sequenceNumber : undefined,
    reason
  })
  const version = versionOf(origin)
  if (typeof version === "string") return reject(version)
  const image = change.image
  if (origin._tag === "Stream") {
    const { eventName } = origin
    if (eventName !== "INSERT" && eventName !== "MODIFY" && eventName !== "REMOVE") {
      return reject(`the record's eventName is "${eventName}", which is none of INSERT, MODIFY, REMOVE`, version)
    }
    if (eventName !== "REMOVE" && image === undefined) return { _tag: "Misconfigured", reason: noImages(origin) }
  }
  const isRemoval = origin._tag === "Stream" && origin.eventName === "REMOVE"
  const codec = rowCodec.of(row)
  const takes = image === undefined || isRemoval ? Result.succeed(false) : codec.takes(image)
  if (Result.isFailure(takes)) return reject(takes.failure, version)
  const json = image !== undefined && takes.success ? codec.decode(image, values) : undefined
  if (json !== undefined && Result.isFailure(json)) return reject(json.failure, version)
  const { id, isHash } = idOf(Shape.idText(shape, values))
  return {
    _tag: "Event",
    event: {
      shape,
      row,
      id,
      longKey: isHash ? Shape.keyText(shape, values) : undefined,
      rowKey: orderedOf(sortKey),
      version,
      json: json?.success,
      isInsert: isInsert(origin),
      changedAt: changedAt(origin)
    }
  }
}

const isInsert = (origin: Change["origin"]): boolean =>
  (origin._tag === "Stream" && origin.eventName === "INSERT") || (origin._tag === "Scan" && origin.isFirst === true)

const changedAt = (origin: Change["origin"]): number | undefined => {
  if (origin._tag === "Stream") return origin.createdAt
  return origin._tag === "Scan" ? origin.requestedAt : origin.readAt
}

const versionOf = (origin: Change["origin"]): Version.Version | string => {
  if (origin._tag === "Scan") return Version.scan(origin.epoch, origin.requestedAt)
  if (origin._tag === "Reading") {
    const { epoch, kind, readAt, sequence } = origin
    return { epoch, kind, sequence, reading: readAt }
  }
  const epoch = Version.epochOf(origin.streamArn)
  if (epoch === undefined) return `"${origin.streamArn}" is not the ARN of a DynamoDB stream`
  if (!Version.isSequence(origin.sequenceNumber)) {
    return `"${origin.sequenceNumber}" is not a sequence number: expected decimal digits`
  }
  return Version.stream(epoch, origin.sequenceNumber)
}

const wrongKeys = (table: Table.Table, { keys, origin }: Change): Decoded => ({
  _tag: "Misconfigured",
  reason:
    `a record of ${origin._tag === "Stream" ? origin.streamArn : origin.tableArn} has the keys ` +
    `${Object.keys(keys).join(", ") || "(none)"}, but the definition's partitionKey is "${table.partitionKey}"; ` +
    `correct Table.make, or feed the stream of the table it describes`
})

const noImages = ({ eventName, streamArn, viewType }: StreamOrigin): string =>
  `an ${eventName} of ${streamArn} carries no new image (view type ${viewType ?? "unknown"}); ` +
  `give the table a stream with view type NEW_AND_OLD_IMAGES or NEW_IMAGE`
