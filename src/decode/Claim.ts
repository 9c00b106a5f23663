/** What a change's keys and origin say, its data unread: whose row it is, and in which version. Pure; none throws. */
import * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import type { AttributeValue, Change, StreamOrigin } from "../source/Change.ts"
import type { Misconfigured, PassedOver, Reject, RowEvent } from "./RowEvent.ts"
import { idOf, keyProblem, orderedOf, textOf } from "./rowKey.ts"
import * as Version from "./Version.ts"

/** A change of one row of an aggregate, its data not decoded yet. A class for the reason that `StreamChange` is one. */
export class Claim implements Omit<RowEvent, "json"> {
  readonly _tag = "Claim"
  readonly change: Change
  readonly shape: Shape.Shape
  readonly row: Shape.RowShape
  /** What the names of the templates stand for in the row's key. */
  readonly values: Shape.Values
  readonly id: string
  readonly longKey: string | undefined
  readonly rowKey: string
  readonly version: Version.Version
  readonly isInsert: boolean
  readonly changedAt: number | undefined

  constructor(change: Change, { row, shape, values }: Table.Claim, rowKey: string, version: Version.Version) {
    const { id, isHash } = idOf(Shape.idText(shape, values))
    this.change = change
    this.shape = shape
    this.row = row
    this.values = values
    this.id = id
    this.longKey = isHash ? Shape.keyText(shape, values) : undefined
    this.rowKey = rowKey
    this.version = version
    this.isInsert = isInsert(change.origin)
    this.changedAt = changedAt(change.origin)
  }
}

/** Finds whose row a change is about. */
export const of = (table: Table.Table, change: Change): Claim | Reject | PassedOver | Misconfigured => {
  const { origin } = change
  const partitionKey = keyOf(change, table.partitionKey)
  const partition = textOf(partitionKey)
  if (partition === undefined) {
    return partitionKey === undefined ? wrongKeys(table, change) : unreadable(change, table.partitionKey)
  }
  const sortKey = table.sortKey === undefined ? undefined : keyOf(change, table.sortKey)
  const sort = textOf(sortKey)
  if (sort === undefined && sortKey !== undefined) return unreadable(change, table.sortKey!)
  const found = table.claim(partition, sort)
  if (found === undefined) return passedOver
  const { shape } = found
  const version = versionOf(origin)
  if (typeof version === "string") return reject(table, change, shape, undefined, version)
  if (origin._tag === "Stream") {
    const { eventName } = origin
    if (eventName !== "INSERT" && eventName !== "MODIFY" && eventName !== "REMOVE") {
      const reason = `the record's eventName is "${eventName}", which is none of INSERT, MODIFY, REMOVE`
      return reject(table, change, shape, version, reason)
    }
    if (eventName !== "REMOVE" && change.image === undefined) return { _tag: "Misconfigured", reason: noImages(origin) }
  }
  return new Claim(change, found, orderedOf(sortKey), version)
}

/** Says that a change of a row of this aggregate can't be taken, and why. */
export const reject = (
  table: Table.Table,
  change: Change,
  { aggregate }: Shape.Shape,
  version: Version.Version | undefined,
  reason: string
): Reject => {
  const partition = textOf(keyOf(change, table.partitionKey))!
  const sort = table.sortKey === undefined ? undefined : textOf(keyOf(change, table.sortKey))
  return {
    _tag: "Reject",
    aggregate: aggregate.name,
    key: sort === undefined ? partition : `${partition} / ${sort}`,
    version,
    sequenceNumber: change.origin._tag === "Stream" ? change.origin.sequenceNumber : undefined,
    reason
  }
}

/** Says that it can't be told which row a change is about. */
const unreadable = ({ keys, origin }: Change, name: string): Reject => {
  const version = versionOf(origin)
  const sequenceNumber = origin._tag === "Stream" ? origin.sequenceNumber : undefined
  return {
    _tag: "Reject",
    aggregate: undefined,
    key: "",
    version: typeof version === "string" ? undefined : version,
    sequenceNumber,
    reason: `the key attribute "${name}" ${keyProblem(keys[name])}`
  }
}

const passedOver: PassedOver = { _tag: "PassedOver" }

const keyOf = ({ keys }: Change, name: string): AttributeValue | undefined =>
  Object.hasOwn(keys, name) ? keys[name] : undefined

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

const wrongKeys = (table: Table.Table, { keys, origin }: Change): Misconfigured => ({
  _tag: "Misconfigured",
  reason:
    `a record of ${origin._tag === "Stream" ? origin.streamArn : origin.tableArn} has the keys ` +
    `${Object.keys(keys).join(", ") || "(none)"}, but the definition's partitionKey is "${table.partitionKey}"; ` +
    `correct Table.make, or feed the stream of the table it describes`
})

const noImages = ({ eventName, streamArn, viewType }: StreamOrigin): string =>
  `an ${eventName} of ${streamArn} carries no new image (view type ${viewType ?? "unknown"}); ` +
  `give the table a stream with view type NEW_AND_OLD_IMAGES or NEW_IMAGE`
