/**
 * Reads a change's keys and origin, but not its data: whose row it is, and in which version. A row may be of several
 * aggregates, each with a claim of its own. Pure; no function throws.
 */
import * as Arn from "../Arn.ts"
import type * as Claims from "../define/claims.ts"
import * as inspection from "../define/inspection.ts"
import type * as Shape from "../define/Shape.ts"
import * as Table from "../define/Table.ts"
import type { Change, StreamOrigin } from "../source/Change.ts"
import * as RowEvent from "./RowEvent.ts"
import type { Misconfigured, Reject } from "./RowEvent.ts"
import { documentKey, keyProblem, keyText, orderedOf, namedText, textOf } from "./rowKey.ts"
import * as Version from "../Version.ts"

/** A change of one row of an aggregate, its data not decoded yet. A class for the reason that `StreamChange` is one. */
export class Claim implements Omit<RowEvent.RowEvent, "json">, Claims.Fitting {
  readonly _tag = "Claim"
  readonly change: Change
  readonly shape: Shape.Shape
  /** The first declared kind that the row's key fits. */
  readonly row: Shape.RowShape
  readonly type: Claims.Fitting["type"]
  /** The values that the names of the templates stand for in the row's key. */
  readonly values: Shape.Values
  /** The other kinds that the row's key fits. */
  readonly others: ReadonlyArray<Claims.Fitting>
  readonly id: string
  readonly longKey: string | undefined
  readonly rowKey: string
  readonly version: Version.Version
  readonly isInsert: boolean
  readonly changedAt: number | undefined

  constructor(
    change: Change,
    { others, row, shape, type, values }: Claims.Claim,
    rowKey: string,
    version: Version.Version
  ) {
    const { id, longKey } = documentKey(shape, values)
    this.change = change
    this.shape = shape
    this.row = row
    this.type = type
    this.values = values
    this.others = others
    this.id = id
    this.longKey = longKey
    this.rowKey = rowKey
    this.version = version
    this.isInsert = isInsert(change.origin)
    this.changedAt = changedAt(change.origin)
  }
}

inspection.define(
  Claim.prototype,
  (claim: Claim) => `${RowEvent.placeOf(claim)}: ${RowEvent.rowOf(claim)} @ ${RowEvent.versionOf(claim)}`
)

/** A claim, or why the change can't be taken. */
export type Claimed = Claim | Reject | Misconfigured

/** Finds whose row a change is about: a claim for each aggregate; an empty list where no aggregate claims it. */
export const of = (table: Table.Table, change: Change): ReadonlyArray<Claimed> => {
  const { keys, origin } = change
  if (!Table.hasKeyNames(table, keys)) return [otherKeys(table, change)]
  const partition = textOf(keys[table.partitionKey])
  if (partition === undefined) return [unreadable(table, change, table.partitionKey)]
  const sortKey = table.sortKey === undefined ? undefined : keys[table.sortKey]
  const sort = textOf(sortKey)
  if (sort === undefined && table.sortKey !== undefined) return [unreadable(table, change, table.sortKey)]
  const found = table.claims(partition, sort)
  if (found.length === 0) return unclaimed
  const version = versionOf(origin)
  if (typeof version === "string") return rejects(table, change, found, undefined, version)
  if (origin._tag === "Stream") {
    const { eventName } = origin
    if (eventName !== "INSERT" && eventName !== "MODIFY" && eventName !== "REMOVE") {
      const reason = `the record's eventName is ${quoted(eventName)}, which is none of INSERT, MODIFY, REMOVE`
      return rejects(table, change, found, version, reason)
    }
    if (eventName !== "REMOVE" && change.image === undefined) {
      return hasNoImages(origin)
        ? [{ _tag: "Misconfigured", reason: noImages(origin) }]
        : rejects(table, change, found, version, noImage(origin))
    }
  }
  const rowKey = orderedOf(sortKey)
  const [first] = found
  // As mostly: one claim costs no closure.
  if (found.length === 1) return [new Claim(change, first!, rowKey, version)]
  return found.map((own) => new Claim(change, own, rowKey, version))
}

const unclaimed: ReadonlyArray<Claimed> = []

const rejects = (
  table: Table.Table,
  change: Change,
  found: ReadonlyArray<Claims.Claim>,
  version: Version.Version | undefined,
  reason: string
): ReadonlyArray<Reject> => found.map(({ shape }) => reject(table, change, shape, version, reason))

/** Says that a change can't be taken, of a row of this aggregate or of nobody's, and why. */
export const reject = (
  table: Table.Table,
  { keys, origin }: Change,
  shape: Shape.Shape | undefined,
  version: Version.Version | undefined,
  reason: string
): Reject => ({
  _tag: "Reject",
  aggregate: shape?.aggregate.name,
  key: keyText(table, keys),
  version,
  sequenceNumber: sequenceNumberOf(origin),
  reason
})

/** A record of another table, or one that the definition's key names don't fit: merged with others if it were taken. */
const otherKeys = (table: Table.Table, { keys, origin }: Change): Reject => ({
  _tag: "Reject",
  aggregate: undefined,
  key: namedText(keys),
  version: undefined,
  sequenceNumber: sequenceNumberOf(origin),
  reason: `its keys are ${Table.otherKeyNames(table, Object.keys(keys))}`
})

/** Says that the row which a change is about can't be known. */
const unreadable = (table: Table.Table, change: Change, name: string): Reject => {
  const version = versionOf(change.origin)
  const reason = `the key attribute "${name}" ${keyProblem(change.keys[name])}`
  return reject(table, change, undefined, typeof version === "string" ? undefined : version, reason)
}

const sequenceNumberOf = (origin: Change["origin"]): string | undefined =>
  origin._tag === "Stream" ? origin.sequenceNumber : undefined

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
  const epoch = Arn.epochOf(origin.streamArn)
  if (epoch === undefined) return `${quoted(origin.streamArn)} is not the ARN of a DynamoDB stream`
  if (!Version.isSequence(origin.sequenceNumber)) {
    return `${quoted(origin.sequenceNumber)} is not a sequence number: expected decimal digits`
  }
  return Version.stream(epoch, origin.sequenceNumber)
}

/**
 * A text out of a record's frame, if it looks like what belongs there: in a damaged record it may be a row's data, or
 * of any length.
 */
const quoted = (text: string): string => {
  const isShown = text.length <= 200 && (/^[A-Za-z_]{0,20}$/.test(text) || /^arn:[\w:/.-]*$/.test(text))
  return isShown ? `"${text}"` : `a text of ${text.length} characters`
}

/** Tells whether the stream, as its record says, carries no new images at all. */
const hasNoImages = ({ viewType }: StreamOrigin): boolean => viewType === "KEYS_ONLY" || viewType === "OLD_IMAGE"

const noImages = ({ eventName, streamArn, viewType }: StreamOrigin): string =>
  `the ${eventName} records of ${streamArn} carry no new image, as its view type is ${viewType}; ` +
  `give the table a stream with view type NEW_AND_OLD_IMAGES or NEW_IMAGE`

const noImage = ({ eventName, viewType }: StreamOrigin): string =>
  `the ${eventName} record carries no new image, ` +
  (viewType === undefined
    ? "and does not say its stream's view type"
    : `though its stream's view type is ${quoted(viewType)}`)
