/** Row changes as Lambda delivers them, in batches, and beside each batch the finished documents it leads to. */
import { Result } from "effect"
import { decode } from "../../src/decode/decode.ts"
import { table } from "../../src/example/table.ts"
import * as Document from "../../src/fold/Document.ts"
import * as Patch from "../../src/fold/Patch.ts"
import * as source from "../../src/fold/source.ts"
import { readStreamRecord } from "../../src/source/streamRecord.ts"

export interface Workload {
  readonly name: string
  /** What is there before anything is timed: every row of every order. */
  readonly before: ReadonlyArray<Batch>
  /** The timed batches, which may come again: each round's changes are later than those of the rounds before. */
  readonly round: (round: number) => ReadonlyArray<Batch>
}

export interface Batch {
  /** A Lambda event. */
  readonly event: { readonly Records: ReadonlyArray<unknown> }
  /** The documents that the batch changes, as readers see them after it. */
  readonly documents: ReadonlyArray<{ readonly id: string; readonly text: string }>
}

export interface Options {
  readonly name: string
  readonly orders: number
  readonly rows: number
  readonly changes: number
  readonly batchSize: number
  /** How many rows of an order change one after the other, among those of other orders. */
  readonly burst: number
}

const arn = "arn:aws:dynamodb:eu-west-1:1:table/Shop/stream/2026-11-25T08:00:00.000"

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
const randomOf = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

export const make = (options: Options): Workload => {
  const { batchSize, orders, rows } = options
  const all = Array.from({ length: orders * rows }, (_, i) => ({ order: Math.floor(i / rows), row: i % rows }))
  const documents = new Map<string, Document.Document>()
  const batches = (places: ReadonlyArray<Place>, from: number, isInsert: boolean) => {
    const cut: Array<Batch> = []
    for (let at = 0; at < places.length; at += batchSize) {
      const part = places.slice(at, at + batchSize)
      const records = part.map(({ order, row }, i) => record(from + at + i, order, row, isInsert))
      cut.push(batchOf(records, documents))
    }
    return cut
  }
  const places = changesOf(options)
  return {
    name: options.name,
    before: batches(all, 0, true),
    round: (round) => batches(places, all.length + round * places.length, false)
  }
}

interface Place {
  readonly order: number
  readonly row: number
}

/** Rows in bursts: twenty orders are active at a time, each for some changes, one after the other. */
const changesOf = ({ burst, changes, orders, rows }: Options): ReadonlyArray<Place> => {
  const random = randomOf(7)
  const pick = (n: number) => Math.floor(random() * n)
  const active = Array.from({ length: 20 }, () => ({ order: 0, row: 0, left: 0 }))
  return Array.from({ length: changes }, () => {
    const one = active[pick(active.length)]!
    if (one.left === 0) Object.assign(one, { order: pick(orders), row: pick(rows), left: burst })
    one.left--
    return { order: one.order, row: one.row++ % rows }
  })
}

const batchOf = (records: ReadonlyArray<unknown>, known: Map<string, Document.Document>): Batch => {
  const events = records.flatMap((record) => {
    const decoded = decode(table, Result.getOrThrow(readStreamRecord(record, 1)))
    return decoded._tag === "Event" ? [decoded.event] : []
  })
  const documents = Patch.fromEvents(events).map((patch) => {
    const document = Document.apply(known.get(patch.id) ?? Document.empty(patch), patch)
    known.set(patch.id, document)
    const visible = source.visible(document)
    return { id: patch.id, text: visible === undefined ? "{}" : Result.getOrThrow(visible) }
  })
  return { event: { Records: records }, documents }
}

const record = (sequence: number, order: number, row: number, isInsert: boolean) => {
  const PK = { S: `ORDER#${order}` }
  const SK = { S: row === 0 ? "DETAILS" : `ITEM#${row}` }
  const own = {
    PK,
    SK,
    orderId: { S: String(order) },
    ...(row === 0 ? details(order, sequence) : item(row, sequence))
  }
  return {
    eventName: isInsert ? "INSERT" : "MODIFY",
    eventSource: "aws:dynamodb",
    eventSourceARN: arn,
    dynamodb: {
      ApproximateCreationDateTime: 1_795_593_600,
      Keys: { PK, SK },
      NewImage: own,
      SequenceNumber: String(800_000_000_000_000_000_000n + BigInt(sequence) * 113n),
      StreamViewType: "NEW_IMAGE"
    }
  }
}

const details = (order: number, sequence: number) => ({
  customerId: { S: `customer-${order % 997}` },
  status: { S: ["placed", "paid", "packed", "sent"][sequence % 4]! },
  totalAmount: { N: `${(sequence % 10_000) / 100}` },
  orderDate: { S: "2026-11-25T08:00:00Z" },
  shippingAddress: { M: { street: { S: "Harbour Street 7" }, city: { S: "Porto" }, zipCode: { S: "4050-262" } } }
})

const item = (row: number, sequence: number) => ({
  itemId: { S: `item-${row}` },
  productName: { S: `Gooseneck kettle, ${row} litres` },
  quantity: { N: String(1 + (sequence % 9)) },
  unitPrice: { N: `${((sequence % 5000) + 99) / 100}` }
})
