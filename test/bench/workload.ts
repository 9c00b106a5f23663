/** Row changes as Lambda delivers them, in batches, and beside each batch the finished documents it leads to. */
import { documentOf, recordOf } from "./orders.ts"

export interface Workload {
  readonly name: string
  /** What is there before anything is timed: every row of every order. */
  readonly before: ReadonlyArray<Batch>
  /** The batches of a round, to be asked for round after round: each round's changes are later than those before. */
  readonly round: (round: number) => ReadonlyArray<Batch>
  /** How many orders there are by now. */
  readonly orders: () => number
  /** An order's document as readers see it after all the batches so far. */
  readonly document: (order: number) => string
}

export interface Batch {
  /** Batches of one lane come one after the other, those of different lanes at the same time. */
  readonly lane: number
  /** A Lambda event, made when it is asked for. */
  readonly event: { readonly Records: ReadonlyArray<unknown> }
  /** The documents that the batch changes, as they are after the newest round, made when they are asked for. */
  readonly documents: ReadonlyArray<{ readonly id: string; readonly text: string }>
}

export interface Options {
  readonly name: string
  readonly orders: number
  /** Rows of an order, its root included. */
  readonly rows: number
  /** Changes of a round. */
  readonly changes: number
  readonly batchSize: number
  /** How many rows of an order change one after the other, among those of twenty other orders. */
  readonly burst: number
  /** `bursts` unless said otherwise; `in turn`: each change is of the next order; `inserts`: of rows of new orders. */
  readonly pattern?: "bursts" | "in turn" | "inserts"
  /** A row's changes stay in one lane, as Lambda's do; an order's need not. Defaults to one. */
  readonly lanes?: number
}

export const make = (options: Options): Workload => {
  const { batchSize, changes, lanes = 1, pattern = "bursts", rows } = options
  const all = options.orders * rows
  /** Of each row the sequence of its last change; row r of order n stands at `n * rows + r`. */
  const newest = Array.from({ length: all }, (_, i) => i)
  const document = (order: number) => documentOf(order, rows, (row) => newest[order * rows + row]!)
  const batchOf = (
    places: ReadonlyArray<number>,
    sequenceOf: (i: number) => number,
    lane: number,
    isInsert: boolean
  ) => ({
    lane,
    get event() {
      const records = places.map((at, i) =>
        recordOf({ order: Math.floor(at / rows), row: at % rows, sequence: sequenceOf(i) }, isInsert)
      )
      return { Records: records }
    },
    get documents() {
      const touched = new Set(places.map((at) => Math.floor(at / rows)))
      return [...touched].map((order) => ({ id: String(order), text: document(order) }))
    }
  })
  const isInsert = pattern === "inserts"
  const updates = pattern === "in turn" ? inTurn : inBursts
  return {
    name: options.name,
    before: cut(all, batchMax).map(([from, to]) => batchOf(range(from, to), (i) => from + i, 0, true)),
    round: (round) => {
      const from = all + round * changes
      const places = isInsert ? range(from, from + changes) : updates(options, randomOf(round))
      for (const [i, at] of places.entries()) newest[at] = from + i
      const byLane = Map.groupBy(places.keys(), (i) => laneOf(places[i]!, lanes))
      return [...byLane].flatMap(([lane, own]) =>
        cut(own.length, batchSize).map(([start, end]) => {
          const part = own.slice(start, end)
          return batchOf(
            part.map((i) => places[i]!),
            (i) => from + part[i]!,
            lane,
            isInsert
          )
        })
      )
    },
    orders: () => newest.length / rows,
    document
  }
}

/** Records in a batch while the orders are made. */
const batchMax = 1000

const cut = (count: number, size: number) =>
  Array.from({ length: Math.ceil(count / size) }, (_, i) => [i * size, Math.min(count, (i + 1) * size)] as const)

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

/** Twenty orders are active at a time, each for some changes, one after the other. */
const inBursts = ({ burst, changes, orders, rows }: Options, random: () => number): ReadonlyArray<number> => {
  const pick = (n: number) => Math.floor(random() * n)
  const active = Array.from({ length: 20 }, () => ({ order: 0, row: 0, left: 0 }))
  return Array.from({ length: changes }, () => {
    const one = active[pick(active.length)]!
    if (one.left === 0) Object.assign(one, { order: pick(orders), row: pick(rows), left: burst })
    one.left--
    return one.order * rows + (one.row++ % rows)
  })
}

const inTurn = ({ changes, orders, rows }: Options, random: () => number): ReadonlyArray<number> =>
  Array.from({ length: changes }, (_, i) => (i % orders) * rows + Math.floor(random() * rows))

/** Neighbours go to different lanes. */
const laneOf = (at: number, lanes: number): number => (Math.imul(at, 0x9e3779b1) >>> 8) % lanes

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
const randomOf = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}
