/**
 * The proof of a generation: which part of the table and of the index was last compared with the other, and when, and
 * what differs. Two walks go round: one through the table, one through the index. A walk is a line cut into parts, each
 * with the time at which its reading last began. The part that was read longest ago is the next one, so the age of the
 * oldest part is about the time that a round takes. Pure.
 */
import { Schema } from "effect"

const Part = Schema.Struct({
  /** The place where it ends; it begins where the part before it ends, the first one at 0. */
  upTo: Schema.Finite,
  /** The time at which its reading began, in epoch milliseconds. */
  at: Schema.Finite,
  /** Rows of the table, or documents of the index, that were compared. */
  compared: Schema.Finite,
  /** Aggregates with rows that can't be written as they are. */
  refused: Schema.Finite
})
export type Part = typeof Part.Type

const Key = Schema.Record(Schema.String, Schema.Record(Schema.String, Schema.String))

const Walk = Schema.Struct({
  /** The place up to which this round has come; 0 between two rounds. */
  position: Schema.Finite,
  /** The time at which this round, or the last one, began, in epoch milliseconds. */
  begunAt: Schema.Finite,
  /** The part at the position, as far as it is read: it goes on after a key. */
  open: Schema.optionalKey(
    Schema.Struct({ after: Key, at: Schema.Finite, compared: Schema.Finite, refused: Schema.Finite })
  ),
  /** The place to go to, found at a time: what is written later is for the next round. */
  until: Schema.optionalKey(Schema.Struct({ place: Schema.Finite, at: Schema.Finite, isLast: Schema.Boolean })),
  parts: Schema.Array(Part)
})
export type Walk = typeof Walk.Type

const Difference = Schema.Struct({
  id: Schema.String,
  longKey: Schema.optionalKey(Schema.String),
  /** The time at which it was first found as it is, in epoch milliseconds. */
  since: Schema.Finite,
  /** A digest of what it rests on: with another one it is another difference. */
  basis: Schema.String,
  kinds: Schema.Array(Schema.String),
  /** Tells whether it stood when the stream was seen past it. */
  isWrong: Schema.Boolean
})
export type Difference = typeof Difference.Type

export const Proof = Schema.Struct({
  /** The time at which proof began, in epoch milliseconds. */
  since: Schema.Finite,
  table: Walk,
  index: Walk,
  /** Differences that are wrong, or wait to be judged; a limited number. */
  differences: Schema.Array(Difference),
  /** Documents that were repaired in this round of the table. */
  repaired: Schema.Finite
})
export type Proof = typeof Proof.Type

/** The end of the line, of what is written after a walk came there too. */
export const end = Number.MAX_SAFE_INTEGER

const unread = (now: number): Walk => ({ position: 0, begunAt: now, parts: [] })

/** The proof of a generation of which nothing was compared yet. */
export const initial = (now: number): Proof => ({
  since: now,
  table: unread(now),
  index: unread(now),
  differences: [],
  repaired: 0
})

/** The part that was read: all from the walk's position up to a place. */
export interface Read extends Part {
  /** Parts that are read one after the other become one of this width. */
  readonly widthMax: number
}

/** The walk once a part was read, from its position on; the same where nothing of the line was. */
export const advance = (walk: Walk, { widthMax, ...read }: Read): Walk => {
  if (read.upTo <= walk.position) return walk
  const { open: _, until, ...rest } = walk
  const from = walk.position
  const before = walk.parts.filter(({ upTo }) => upTo <= from)
  const after = walk.parts.filter(({ upTo }) => upTo > read.upTo)
  const last = before.at(-1)
  const isJoined = last !== undefined && last.upTo === from && last.at >= walk.begunAt && from > 0
  const width = read.upTo - (before.at(-2)?.upTo ?? 0)
  const parts =
    isJoined && width <= widthMax ? [...before.slice(0, -1), joined(last, read), ...after] : [...before, read, ...after]
  return read.upTo === end
    ? { ...rest, position: 0, parts }
    : { ...rest, ...(until === undefined ? {} : { until }), position: read.upTo, parts }
}

const joined = (a: Part, b: Part): Part => ({
  upTo: b.upTo,
  at: Math.min(a.at, b.at),
  compared: a.compared + b.compared,
  refused: a.refused + b.refused
})

/** Tells that every part was compared at some time. */
export const isWhole = ({ parts }: Walk): boolean => parts.at(-1)?.upTo === end

/** The time at which the oldest part was compared, in epoch milliseconds; a part that never was waits `since` then. */
export const oldest = (walk: Walk, since: number): number =>
  Math.min(isWhole(walk) ? Number.POSITIVE_INFINITY : since, ...walk.parts.map(({ at }) => at))

/** Tells that a walk has come round, and that its next round is not due yet. */
export const isResting = (walk: Walk, now: number, every: number): boolean =>
  walk.position === 0 && walk.open === undefined && isWhole(walk) && now - walk.begunAt < every

/**
 * Walks that are read together, as they go on: where the one furthest behind is, and within a part only where all are
 * at the same place of it.
 */
export const together = (walks: ReadonlyArray<Walk>): ReadonlyArray<Walk> => {
  const position = Math.min(...walks.map((walk) => walk.position))
  const places = new Set(walks.map((walk) => JSON.stringify([walk.position, walk.open?.after])))
  return walks.map((walk) => {
    if (places.size === 1) return walk
    const { open: _, ...rest } = walk
    return { ...rest, position }
  })
}

/** The walk as its round begins; the same within a round. */
export const begin = (walk: Walk, now: number): Walk =>
  walk.position === 0 && walk.open === undefined && walk.until === undefined ? { ...walk, begunAt: now } : walk

/** The walk that goes on: the one whose oldest part is the oldest; `undefined` where all rest. */
export const next = <A extends { readonly walk: Walk; readonly since: number }>(
  walks: ReadonlyArray<A>,
  now: number,
  every: number
): A | undefined =>
  walks
    .filter(({ walk }) => !isResting(walk, now, every))
    .toSorted((a, b) => oldest(a.walk, a.since) - oldest(b.walk, b.since))[0]

/** Facts about a generation's proof. */
export interface Summary {
  /**
   * The time at which the oldest part was last compared, the older one of both directions, in epoch milliseconds; where
   * a part never was, the time at which proof began.
   */
  readonly provenAt: number
  /** Tells that every part was compared at some time, in both directions. */
  readonly isWhole: boolean
  /** Documents that were compared, as of the last comparison of each part. */
  readonly documents: number
  readonly refused: number
  readonly wrong: ReadonlyArray<Difference>
  /** Differences that count once the stream was seen past them. */
  readonly waiting: ReadonlyArray<Difference>
}

export const summarize = ({ differences, index, since, table }: Proof): Summary => ({
  provenAt: Math.min(oldest(table, since), oldest(index, since)),
  isWhole: isWhole(table) && isWhole(index),
  documents: index.parts.reduce((sum, { compared }) => sum + compared, 0),
  refused: table.parts.reduce((sum, { refused }) => sum + refused, 0),
  wrong: differences.filter(({ isWrong }) => isWrong),
  waiting: differences.filter(({ isWrong }) => !isWrong)
})

/** A difference as it was found again, or for the first time. */
export interface Sighting {
  readonly basis: string
  readonly kinds: ReadonlyArray<string>
  /** The time at which it was looked at, in epoch milliseconds. */
  readonly at: number
}

/**
 * A difference after another look; `undefined` where nothing differs any more. It is wrong if it stands as it was first
 * found, and the stream was seen past that time.
 */
export const judge = (
  before: Difference | undefined,
  of: Pick<Difference, "id" | "longKey">,
  sighting: Sighting | undefined,
  isSeenPast: (time: number) => boolean
): Difference | undefined => {
  if (sighting === undefined) return undefined
  const { at, basis, kinds } = sighting
  if (before?.basis !== basis) return { ...of, since: at, basis, kinds, isWrong: false }
  return { ...before, kinds, isWrong: before.isWrong || isSeenPast(before.since) }
}
