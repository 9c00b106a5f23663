/**
 * Random histories of rows, as a stream may deliver them: in any order, more than once, in batches, on several lanes at
 * a time. For laws of the form "however it was delivered, the documents are the same". Made of the rows' own schemas.
 *
 * A failing history shrinks to few events, delivered in order and once, where it fails that way too.
 */
import { Arbitrary, Schema } from "effect"
import { groupBy } from "../groupBy.ts"
import * as RowEvent from "../decode/RowEvent.ts"
import { nonFiniteNumber } from "../decode/nonFiniteNumber.ts"
import * as Version from "../Version.ts"
import type * as Aggregate from "../define/Aggregate.ts"
import * as Shape from "../define/Shape.ts"
import type { Attributes } from "../source/Change.ts"
import { epoch, eventOf, isOf, rawState, type Paths, type RowState, texts } from "./events.ts"
import { legible } from "./legible.ts"

export interface Deliveries {
  /** The events that happened to the rows, each later than the one before. */
  readonly inOrder: ReadonlyArray<RowEvent.RowEvent>
  /** The same events, each at least once, in another order. */
  readonly delivered: ReadonlyArray<RowEvent.RowEvent>
}

export interface Schedule extends Deliveries {
  /** `delivered` again, on lanes that run side by side, each a sequence of batches. */
  readonly lanes: ReadonlyArray<ReadonlyArray<ReadonlyArray<RowEvent.RowEvent>>>
}

export interface Options {
  /**
   * The values that the names in row keys stand for; few, so that events meet on one row. Defaults to `2`, `10`, a cup
   * of tea and a wide A, whose order as UTF-16 differs from the table's. Values that a template can't hold are left
   * out.
   */
  readonly keyValues?: ReadonlyArray<string>
  /** The most events of one history. Defaults to 20. */
  readonly eventsMax?: number
  /** The number of documents of each aggregate that the events are of. Defaults to 1. */
  readonly documents?: number
  /** The text that the names in the aggregates' keys stand for, a number behind it. Defaults to nothing. */
  readonly keyPrefix?: string
}

export interface RawOptions<A extends Aggregate.Any> extends Options {
  /**
   * Rows as they stand in the table, in DynamoDB's typed JSON, by the path of the field that shows them (`root` for the
   * root, `"comments.reactions"` for a part inside a part): legacy rows that the schema refuses, drafts that `where`
   * leaves out. They are put now and then, under any key. Defaults to none.
   */
  readonly raw?: { readonly [F in Paths<A>]?: ReadonlyArray<Attributes> }
}

/** A history of one document's rows, and a delivery of it. A law that fails prints both, and what they make. */
export const deliveries = <A extends Aggregate.Any>(
  aggregate: A,
  { raw, ...options }: RawOptions<A> = {}
): Arbitrary.Arbitrary<Deliveries> =>
  Arbitrary.map(schedulesOf([aggregate], options, raw), ({ delivered, inOrder }) => legible({ inOrder, delivered }))

/** A history of several documents' rows, and a delivery of it in batches on up to three lanes. */
export const schedules = (
  aggregates: ReadonlyArray<Aggregate.Any>,
  options: Options = {}
): Arbitrary.Arbitrary<Schedule> => schedulesOf(aggregates, options)

const schedulesOf = (aggregates: ReadonlyArray<Aggregate.Any>, options: Options, raw?: Raw) =>
  Arbitrary.map(several(steps(aggregates, options, raw), options.eventsMax), (steps): Schedule => {
    const inOrder = happen(steps.map(({ change }) => change))
    const arrivals = steps.flatMap(({ arrivals }, i) => arrivals.map((arrival) => ({ ...arrival, event: inOrder[i]! })))
    arrivals.sort((a, b) => a.position - b.position)
    const lanes = groupBy(arrivals, ({ lane }) => lane)
    return legible({
      inOrder,
      delivered: arrivals.map(({ event }) => event),
      lanes: [...lanes.values()].map((arrivals) => batches(arrivals))
    })
  })

/** One change of one row before it has a version. */
export interface RowChange extends RowState {
  readonly shape: Shape.Shape
  readonly row: Shape.RowShape
  readonly key: Shape.Values
}

/** Rows as they stand in the table, by the names of their kinds. */
interface Raw {
  readonly [field: string]: ReadonlyArray<Attributes> | undefined
}

/** Changes of the rows of some aggregates, of few rows each. */
export const changes = (
  aggregates: ReadonlyArray<Aggregate.Any>,
  options: Options = {},
  raw: Raw = {}
): Arbitrary.Arbitrary<RowChange> => {
  const { documents = 1, keyPrefix = "", keyValues = ["2", "10", "\u{1f375}", "\uff21"] } = options
  const kinds = aggregates.map(Shape.of).flatMap((shape) => shape.rows.map((row) => kindOf(shape, row, keyValues)))
  const choice = Arbitrary.all({ kind: index(kinds.length), isRemoved: index(3), isRaw: index(3) })
  return Arbitrary.flatMap(choice, (chosen): Arbitrary.Arbitrary<RowChange> => {
    const { fields, keys, render, row, shape } = kinds[chosen.kind]!
    const raws = raw[Shape.nameOf(row)] ?? []
    const what = { key: index(keys.length), document: index(documents) }
    const made = <V>(value: Arbitrary.Arbitrary<V>, state: (value: V, key: Shape.Values) => RowState) =>
      Arbitrary.map(Arbitrary.all({ ...what, value }), ({ document, key: at, value }): RowChange => {
        const key = { ...keys[at]!, ...aggregateKey(shape, `${keyPrefix}${document + 1}`) }
        return { shape, row, key, ...state(value, key) }
      })
    if (chosen.isRemoved === 2) return made(index(1), () => ({ json: undefined }))
    if (raws.length > 0 && chosen.isRaw === 2) {
      return made(index(raws.length), (at, key) => rawState(row, key, raws[at]!))
    }
    return made(fields, (fields) => ({ json: render(fields) }))
  })
}

/** The key of an aggregate whose names all stand for one text. */
export const aggregateKey = (shape: Shape.Shape, text: string): Shape.Values =>
  Object.fromEntries(shape.names.map((name) => [name, text]))

/** Events of changes that happen one after the other, under one stream. */
export const happen = (changes: ReadonlyArray<RowChange>): ReadonlyArray<RowEvent.RowEvent> => {
  const live = new Set<string>()
  return changes.map(({ json, key, refused, row, shape }, i) => {
    const version = Version.stream(epoch, `1${String(i).padStart(20, "0")}`)
    const event = eventOf(shape, row, key, json, { version, refused })
    const rowKey = JSON.stringify([shape.aggregate.name, event.id, event.rowKey])
    const isThere = json !== undefined || refused !== undefined
    const isInsert = isThere && !live.has(rowKey)
    if (isThere) live.add(rowKey)
    else live.delete(rowKey)
    return RowEvent.make({ ...event, isInsert })
  })
}

/** Up to `countMax` of something: two arrays in one, because an array is about as long as the size is great. */
export const several = <A>(item: Arbitrary.Arbitrary<A>, countMax = 20): Arbitrary.Arbitrary<ReadonlyArray<A>> => {
  const half = Arbitrary.array(item, { maxLength: Math.ceil(countMax / 2) })
  return Arbitrary.map(Arbitrary.all([half, half]), (both) => both.flat().slice(0, countMax))
}

/** A whole number from 0 up to, but without, `end`. */
export const index = (end: number): Arbitrary.Arbitrary<number> =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Math.max(end - 1, 0) })))

interface Arrival {
  readonly position: number
  readonly lane: number
  readonly endsBatch: number
}

const steps = (aggregates: ReadonlyArray<Aggregate.Any>, options: Options, raw: Raw | undefined) => {
  const arrival: Arbitrary.Arbitrary<Arrival> = Arbitrary.all({
    position: index(32),
    lane: index(3),
    endsBatch: index(2)
  })
  return Arbitrary.all({
    change: changes(aggregates, options, raw),
    arrivals: Arbitrary.array(arrival, { minLength: 1, maxLength: 3 })
  })
}

const batches = (
  arrivals: ReadonlyArray<Arrival & { readonly event: RowEvent.RowEvent }>
): ReadonlyArray<ReadonlyArray<RowEvent.RowEvent>> => {
  const done: Array<Array<RowEvent.RowEvent>> = [[]]
  for (const { endsBatch, event } of arrivals) {
    done.at(-1)!.push(event)
    if (endsBatch === 1) done.push([])
  }
  return done.filter((batch) => batch.length > 0)
}

const kindOf = (shape: Shape.Shape, row: Shape.RowShape, keyValues: ReadonlyArray<string>) => {
  const own = (row.sortKey?.names ?? []).filter((name) => !shape.names.includes(name))
  const keys = keysOf(shape, row, keyValues).filter((key) => {
    const all = { ...aggregateKey(shape, "1"), ...key }
    const rowKey = row.sortKey?.format(all) ?? ""
    const read = row.sortKey?.parse(rowKey)
    return own.every((name) => read?.[name] === key[name]) && isOf(shape, row, shape.partition.format(all), rowKey)
  })
  const fields = Arbitrary.filter(
    Arbitrary.schema(row.schema),
    (fields: unknown) => nonFiniteNumber(fields) === undefined
  )
  return { shape, row, keys, fields, render: texts(row.schema) }
}

/** Keys of a kind of rows, whose own names stand for one value; rows inside rows have few, so that they meet. */
const keysOf = (
  shape: Shape.Shape,
  { outer, sortKey }: Shape.RowShape,
  keyValues: ReadonlyArray<string>
): ReadonlyArray<Shape.Values> => {
  const before = [...shape.names, ...(outer?.sortKey?.names ?? [])]
  const own = (sortKey?.names ?? []).filter((name) => !before.includes(name))
  const outers = outer === undefined ? [{}] : keysOf(shape, outer, keyValues).slice(0, 2)
  const values = own.length === 0 ? [""] : outer === undefined ? keyValues : keyValues.slice(0, 2)
  return outers.flatMap((key) =>
    values.map((value) => ({ ...key, ...Object.fromEntries(own.map((name) => [name, value])) }))
  )
}
