/**
 * The part of a batch that becomes dead letters: changes that can't be decoded, and rows or aggregates that the sink
 * refuses, each in its newest state, also where the rest of their document is not settled yet. What is only unsettled
 * never does: whether it was written is unknown, and the same again may help.
 */
import { Array as Arr, Clock, Effect, Option, Result } from "effect"
import * as Arn from "../Arn.ts"
import { depthMax } from "../decode/attributes.ts"
import { base64 } from "../decode/base64.ts"
import { groupBy } from "../groupBy.ts"
import { keyOf, keyText, namedText } from "../decode/rowKey.ts"
import * as Version from "../Version.ts"
import * as Table from "../define/Table.ts"
import type { Patch } from "../fold/Patch.ts"
import { byDocument, type Claimed, type Meaning, type Placed } from "./patches.ts"
import { isRefusal, type Open, type Received } from "./settlement.ts"
import * as DeadLetters from "../sink/deadletter/DeadLetters.ts"
import { cut } from "../cut.ts"
import { type Refusal, refusalsOf, type Settled } from "../sink/Sink.ts"
import type { Attributes, AttributeValue } from "../source/Change.ts"

/** A batch with what became of it. */
export interface Batch {
  readonly changes: ReadonlyArray<Received>
  readonly results: ReadonlyArray<Claimed>
  readonly settled: ReadonlyArray<Settled>
}

/** A dead letter, and the meanings of the batch's changes that are settled once it is taken. */
interface Posted {
  readonly deadLetter: DeadLetters.DeadLetter
  readonly settles: ReadonlyArray<Meaning>
}

export interface Answer {
  /** Changes that dead letters stand for, and which nothing else keeps open. */
  readonly deadLettered: number
  readonly open: ReadonlyArray<Open>
  /** The reasons why dead letters were not taken, each once. */
  readonly notTaken: ReadonlyArray<string>
}

/** Sends the batch's dead letters, if there is a destination, and gives what is still open then. */
export const send = Effect.fnUntraced(function* (
  table: Table.Table,
  batch: Batch,
  open: ReadonlyArray<Open>
): Effect.fn.Return<Answer> {
  const destination = Option.getOrUndefined(yield* Effect.serviceOption(DeadLetters.DeadLetters))
  const nothing: Answer = { deadLettered: 0, open, notTaken: [] }
  if (destination === undefined || open.length === 0) return nothing
  const posted = deadLettersOf(table, batch, destination.withData, yield* Clock.currentTimeMillis)
  const deadLetters = [...new Map(posted.map(({ deadLetter }) => [deadLetter.id, deadLetter])).values()]
  if (!Arr.isReadonlyArrayNonEmpty(deadLetters)) return nothing
  const left = yield* Effect.withSpan(destination.put(deadLetters), "DeadLetters.put", { captureStackTrace: false })
  const taken = new Map<Meaning, string | undefined>()
  for (const { deadLetter, settles } of posted) {
    for (const meaning of settles) taken.set(meaning, left.get(deadLetter.id))
  }
  const still = open.flatMap((own) => {
    if (!taken.has(own.meaning)) return [own]
    const reason = taken.get(own.meaning)
    return reason === undefined
      ? []
      : [{ ...own, reason: `${own.reason}; and its dead letter was not taken: ${reason}` }]
  })
  return { notTaken: [...new Set(left.values())], deadLettered: changesOf(open) - changesOf(still), open: still }
})

const changesOf = (open: ReadonlyArray<Open>): number => new Set(open.map(({ index }) => index)).size

/** The dead letters of a batch, dated `now`. */
export const deadLettersOf = (
  table: Table.Table,
  batch: Batch,
  withData: boolean,
  now: number
): ReadonlyArray<Posted> => {
  const post = (about: Omit<About, "rows">, rows: ReadonlyArray<readonly [DeadLetters.Row, ReadonlyArray<Meaning>]>) =>
    cut(rows, ([row]) => JSON.stringify(row).length, rowBytesMax, rowsMax).flatMap((part): ReadonlyArray<Posted> => {
      const [first, ...rest] = part.map(([row]) => row)
      if (first === undefined) return []
      const deadLetter = DeadLetters.make({ ...about, rows: [first, ...rest] }, now)
      return [{ deadLetter, settles: part.flatMap(([, settles]) => settles) }]
    })
  const rowAt = (index: number, version?: Version.Version) => rowOf(table, batch.changes[index]!, version, withData)

  const rejected = batch.results.flatMap((meanings, index) =>
    meanings.filter(isRefusal).flatMap((meaning) => {
      const isReject = meaning._tag === "Reject"
      const row = rowAt(index, isReject ? meaning.version : undefined)
      const reason = isReject ? meaning.reason : meaning.message
      const aggregate = isReject ? meaning.aggregate : undefined
      return isEmpty(row)
        ? []
        : post({ ...placeOf(batch.changes[index]!), ...known({ aggregate }), reason }, [[row, [meaning]]])
    })
  )
  const refused = refusedRows(batch).flatMap(({ patch, refusal, rows }) => {
    const about = {
      ...placeOf(batch.changes[rows[0]!.newest.index]!),
      aggregate: patch.shape.aggregate.name,
      reason: refusal.reason,
      ...known({ serverType: refusal.serverType })
    }
    return post(
      about,
      rows.map(({ newest: { claim, index }, row }) => [rowAt(index, claim.version), row.map(({ claim }) => claim)])
    )
  })
  return [...rejected, ...refused]
}

type About = Parameters<typeof DeadLetters.make>[0]

/** One message of SQS takes 1 MiB; dead letters of that size are not pleasant to look at either. */
const rowBytesMax = 64 * 1024
const rowsMax = 1000

/** Lists what is refused, with its rows: each one's newest change in the batch, and the places of all of them. */
const refusedRows = ({ results, settled }: Batch) => {
  const refused = settled.flatMap(({ outcome, patch }) => refusalsOf(outcome).map((refusal) => ({ patch, refusal })))
  if (refused.length === 0) return []
  const claims = byDocument(results)
  return refused.flatMap(({ patch, refusal }) => {
    const own = claims.get(patch.shape)?.get(patch.id) ?? []
    const rows = groupBy(
      own.filter(({ claim }) => concerns(refusal, claim.rowKey)),
      ({ claim }) => claim.rowKey
    )
    if (rows.size === 0) return []
    return [{ patch, refusal, rows: [...rows.values()].map((row) => ({ newest: newestOf(patch, row), row })) }]
  })
}

const concerns = (refusal: Refusal, rowKey: string) => refusal.rowKey === undefined || refusal.rowKey === rowKey

const newestOf = ({ registers }: Patch, row: ReadonlyArray<Placed>): Placed => {
  const version = registers.get(row[0]!.claim.rowKey)?.version
  const isNewest = ({ claim }: Placed) => version !== undefined && Version.compare(claim.version, version) === 0
  return row.find(isNewest) ?? row.at(-1)!
}

const isEmpty = ({ keys, sequenceNumber }: DeadLetters.Row) => keys === undefined && sequenceNumber === undefined

/** Describes the row of a change for a dead letter, as far as the change says it. */
const rowOf = (
  table: Table.Table,
  change: Received,
  version: Version.Version | undefined,
  withData: boolean
): DeadLetters.Row => {
  const { image, keys, sequenceNumber, streamArn } = recordOf(change)
  const own = keysOf(table, keys)
  const key = own === undefined ? keys && namedText(keys) : keyText(table, own)
  const epoch = streamArn === undefined ? undefined : Arn.epochOf(streamArn)
  const ofStream =
    epoch === undefined || sequenceNumber === undefined ? undefined : Version.stream(epoch, sequenceNumber)
  return known({
    key: key === "" ? undefined : key,
    keys: own,
    version: version ?? ofStream,
    streamArn,
    sequenceNumber,
    data: withData && image !== undefined && isShallow(image, levelsMax) ? jsonOf({ M: image }) : undefined
  })
}

/** The facts of a change's record, whole or damaged. */
const recordOf = (change: Received) => {
  if (Result.isFailure(change)) {
    const { found, sequenceNumber } = change.failure
    return { image: undefined, keys: found?.keys, streamArn: found?.streamArn, sequenceNumber }
  }
  const { image, keys, origin } = change.success
  if (origin._tag !== "Stream") return { image, keys, streamArn: undefined, sequenceNumber: undefined }
  return { image, keys, streamArn: origin.streamArn, sequenceNumber: origin.sequenceNumber }
}

const placeOf = (change: Received): { readonly tableArn?: string } => {
  const { streamArn } = recordOf(change)
  // A damaged ARN names no table, and a dead letter that names none is not looked for in a wrong one.
  if (streamArn !== undefined) return Arn.epochOf(streamArn) === undefined ? {} : { tableArn: Arn.tableOf(streamArn) }
  const origin = Result.isSuccess(change) ? change.success.origin : undefined
  return origin === undefined || origin._tag === "Stream" ? {} : { tableArn: origin.tableArn }
}

type KeyAttributes = NonNullable<DeadLetters.Row["keys"]>

/** The key attributes, in the definition's order; nothing where their names are others, or one can't be a key. */
export const keysOf = (table: Table.Table, keys: Attributes | undefined): KeyAttributes | undefined => {
  if (keys === undefined || !Table.hasKeyNames(table, keys)) return undefined
  const own = table.keyNames.map((name) => [name, keyOf(keys[name]!)])
  return own.every(([, value]) => value !== undefined) ? (Object.fromEntries(own) as KeyAttributes) : undefined
}

/** Each level is an attribute value within a list or map. What is deeper is damaged, and left out. */
const levelsMax = 2 * depthMax

const isShallow = (value: unknown, left: number): boolean =>
  typeof value !== "object" ||
  value === null ||
  value instanceof Uint8Array ||
  (left > 0 && Object.values(value).every((inner) => isShallow(inner, left - 1)))

/** Typed attribute values as JSON: bytes become base64. */
const jsonOf = (value: AttributeValue): DeadLetters.Row["data"] =>
  JSON.parse(
    JSON.stringify("M" in value ? value.M : value, (_, inner: unknown) =>
      inner instanceof Uint8Array ? base64(inner) : inner
    )
  )

/** Only what is known: a dead letter has no empty places. */
const known = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T as undefined extends T[K] ? never : K]: T[K]
  } & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> }
