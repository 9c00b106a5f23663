/**
 * All of a generation that changes: which definitions write it, where its rows come from, and the marks that say how
 * far it can be trusted. It is one hidden document of the generation itself, written on the condition that nobody else
 * wrote it meanwhile (`stateDocument.ts`). Marks are numbered in the order in which they were set: their numbers tell
 * whether a verification began before a mark, and no clock does. Pure.
 */
import { Schema } from "effect"
import * as Arn from "../../Arn.ts"
import * as IsoTime from "../../IsoTime.ts"
import type { Description } from "../../define/Definition.ts"
import { withSubfieldsOf } from "../../define/subfields.ts"
import * as KeyNames from "../../KeyNames.ts"
import type { Origin } from "../Sink.ts"
import { type Meta, Source } from "./Meta.ts"
import { Proof } from "./Proof.ts"

const Mark = Schema.Struct({
  number: Schema.Finite,
  /** Since when, in epoch milliseconds, for people to read. */
  at: Schema.Finite,
  reason: Schema.String
})

export type Mark = typeof Mark.Type

const Writer = Schema.Struct({
  /**
   * The time at which a program that follows the stream last said that it writes here, in epoch milliseconds by its own
   * clock.
   */
  at: Schema.Finite,
  /** The number of the newest generation of the alias that it knew of then. */
  newest: Schema.Finite
})

/** The oldest changes at hand, by windows of some minutes; all times in epoch milliseconds. */
const Late = Schema.Struct({
  /** The begin of the window at hand, and the last time that one was told. */
  from: Schema.Finite,
  at: Schema.Finite,
  /** The time at which the oldest change of the window was made, and that of the window just before. */
  oldestAt: Schema.Finite,
  before: Schema.optionalKey(Schema.Finite)
})

export const State = Schema.Struct({
  format: Schema.Literal(1),
  /** The number of marks that were ever set. */
  marks: Schema.Finite,
  /** The index's own id and that of its history, by which one that was restored from a snapshot is known. */
  identity: Schema.String,
  /** The hash of the definition that writes it, and of all that did. */
  current: Schema.String,
  accepts: Schema.Array(Schema.String),
  /** The current definition's description, where it is another than the one in `_meta`. */
  description: Schema.optionalKey(Schema.Json),
  source: Schema.NullOr(Source),
  /** The names of the table's key attributes, once a row with them was written. */
  keys: Schema.NullOr(Schema.Struct({ partitionKey: Schema.String, sortKey: Schema.optionalKey(Schema.String) })),
  /** Tells whether a backfill ever filled it. */
  filled: Schema.Boolean,
  /** It lacks changes that were acknowledged without it. */
  incomplete: Schema.optionalKey(Mark),
  /** It may lack changes that nobody brings again. */
  verificationDue: Schema.optionalKey(Mark),
  /** The time at which readers were last led to it, in epoch milliseconds; absent for the first generation. */
  promotedAt: Schema.optionalKey(Schema.Finite),
  /** The time at which a full verification last found it right, in epoch milliseconds. */
  verifiedAt: Schema.optionalKey(Schema.Finite),
  /** Hashes of definitions whose generations were dropped. */
  dropped: Schema.Array(Schema.String),
  /** The programs that follow the stream and write here, by the hash of their definition. */
  writers: Schema.Record(Schema.String, Writer),
  /** The time at which such a program was heard of again after a silence, in epoch milliseconds. */
  resumedAt: Schema.optionalKey(Schema.Finite),
  /** Old changes that such programs had at hand lately. */
  late: Schema.optionalKey(Late),
  /** The parts of table and index that were last compared, and what differs. */
  proof: Schema.optionalKey(Proof)
})
export type State = typeof State.Type

/** The state of a generation about which nothing was written down yet. */
export const initial = ({ hash }: Meta, identity: string): State => ({
  format: 1,
  marks: 0,
  identity,
  current: hash,
  accepts: [hash],
  source: null,
  keys: null,
  filled: false,
  dropped: [],
  writers: {}
})

/** The description of the definition that writes a generation now. */
export const descriptionOf = (meta: Meta, { description = meta.description }: State): Description =>
  description as unknown as Description

/** The state once a definition that only adds fields is the current one; its index keeps the subfields that it has. */
export const accept = (meta: Meta, state: State, description: Description, hash: string): State => ({
  ...state,
  current: hash,
  accepts: [...state.accepts.filter((one) => one !== hash), hash],
  description: withSubfieldsOf(description, descriptionOf(meta, state)) as unknown as Schema.Json
})

type MarkName = "incomplete" | "verificationDue"

/** Sets a mark. It keeps the time since when it stands, and gets a new number: a verification under way won't do. */
export const mark = (state: State, name: MarkName, at: number, reason: string): State => {
  const marks = state.marks + 1
  return { ...state, marks, [name]: { number: marks, at: state[name]?.at ?? at, reason } }
}

/**
 * The state once a full verification found the generation right that began when `begun` marks had been set: older marks
 * go, newer ones stay.
 */
export const verified = (state: State, begun: number, at: number): State => {
  const { incomplete, verificationDue, ...rest } = state
  const kept = (own: typeof incomplete) => own !== undefined && own.number > begun
  return {
    ...rest,
    ...(kept(incomplete) ? { incomplete: incomplete! } : {}),
    ...(kept(verificationDue) ? { verificationDue: verificationDue! } : {}),
    verifiedAt: at
  }
}

/**
 * The state of an index that has this identity now. Another one than before means that it was restored from a snapshot:
 * what was acknowledged since the snapshot went with that.
 */
export const identified = (state: State, identity: string, at: number): State =>
  state.identity === identity
    ? state
    : mark({ ...state, identity }, "verificationDue", at, "the index was restored from a snapshot or replaced")

/** A generation's knowledge of the table: where its rows come from, and the names of the table's key attributes. */
export type Known = Pick<State, "source" | "keys">

/**
 * Checks where records come from against what the generation was made from. Gives what is known of the table then, or,
 * where they don't fit, the reason in words.
 */
export const checkOrigins = (
  { keys, source }: Known,
  origins: ReadonlyArray<Origin>
): Known | { readonly problem: string } => {
  for (const origin of origins) {
    const { changedAt, epoch, tableArn } = origin
    if (source === null) source = { kind: "stream", tableArn, epoch }
    if (source.tableArn !== tableArn) {
      return { problem: otherTable(tableArn, source.tableArn) }
    }
    if (epoch > 0 && epoch < source.epoch && changedAt !== undefined && changedAt > source.epoch) {
      const newer = `though the stream of ${IsoTime.format(source.epoch)} is newer`
      const times = `the stream of ${IsoTime.format(epoch)} carries a record of ${IsoTime.format(changedAt)}, ${newer}`
      return { problem: `${times}: it must be of another table of the same name; check the event source` }
    }
    if (epoch > source.epoch) source = { ...source, epoch }
    if (origin.keys === undefined) continue
    keys ??= stored(origin.keys)
    const wrong = KeyNames.problem(`${source.tableArn}, by the rows in the index,`, keys, origin.keys)
    if (wrong !== undefined) return { problem: wrong }
  }
  return { source, keys }
}

/** The sentence about rows of another table than the one that the index is made from. */
export const otherTable = (tableArn: string, source: string): string =>
  `records come from ${tableArn}, but the index is made from ${source}: if the former takes the latter's place, as a ` +
  `restored table or one in another region does, run \`tablefold rebuild ${Arn.nameOf(tableArn)} --new-source\`; ` +
  "else correct the event source"

const stored = ({ partitionKey, sortKey }: KeyNames.KeyNames): NonNullable<State["keys"]> =>
  sortKey === undefined ? { partitionKey } : { partitionKey, sortKey }
