/** Events of a DynamoDB stream that are as large as Lambda lets them be. */

/** An invocation's payload: 6 MB (Lambda quotas). */
const eventBytesMax = 6 * 2 ** 20

/** Records of one batch at most (Lambda, event source mappings of DynamoDB). */
const recordsMax = 10_000

export interface Kind {
  readonly name: string
  readonly rowsPerOrder: number
  /** What an item has beside its few small attributes. */
  readonly more: (row: number) => object
}

const words = "Porcelain gooseneck kettle with a lid of ash wood and a handle that stays cool. "

/** A row may have 400 KB, its keys and small attributes included. */
const longText = words.repeat(390_000 / words.length)

const largeMap = (row: number) => ({
  M: Object.fromEntries(
    Array.from({ length: 1500 }, (_, i) => [
      `option-${row}-${i}`,
      { M: { label: { S: `Engraving ${i}` }, price: { N: `${i / 100}` } } }
    ])
  )
})

export const kinds: ReadonlyArray<Kind> = [
  { name: "12 small rows an order", rowsPerOrder: 12, more: () => ({}) },
  { name: "one small row an order", rowsPerOrder: 1, more: () => ({}) },
  { name: "60 rows of 1.5 kB an order", rowsPerOrder: 60, more: () => ({ note: { S: words.repeat(16) } }) },
  { name: "rows of 400 kB", rowsPerOrder: 5, more: () => ({ note: { S: longText } }) },
  { name: "large maps", rowsPerOrder: 4, more: (row) => ({ options: largeMap(row) }) }
]

/**
 * The texts of some full events, one after the other. The first half inserts orders, row by row; the second half
 * changes rows of all these orders, so that each event meets as many documents as it can.
 */
export function* fullEvents(kind: Kind, events: number): Generator<string> {
  const inserts = Math.ceil(events / 2)
  let sequence = 0
  let rows = 0
  const fill = (placeOf: (at: number) => Place, eventName: string): string => {
    const records: Array<string> = []
    let bytes = 20
    while (records.length < recordsMax) {
      const record = JSON.stringify(recordOf(kind, placeOf(records.length), sequence++, eventName))
      if ((bytes += Buffer.byteLength(record) + 1) > eventBytesMax) break
      records.push(record)
    }
    return `{"Records":[${records.join(",")}]}`
  }
  for (let i = 0; i < events; i++) {
    const orders = Math.floor(rows / kind.rowsPerOrder)
    const inTurn = (at: number) => ({ order: Math.floor(at / kind.rowsPerOrder), row: at % kind.rowsPerOrder })
    const spread = (at: number) => ({ order: at % orders, row: Math.floor(at / orders + i) % kind.rowsPerOrder })
    const event = i < inserts ? fill((at) => inTurn(rows + at), "INSERT") : fill(spread, "MODIFY")
    if (i < inserts) rows += event.split('"eventID"').length - 1
    yield event
  }
}

interface Place {
  readonly order: number
  readonly row: number
}

const recordOf = (kind: Kind, { order, row }: Place, sequence: number, eventName: string) => {
  const PK = { S: `ORDER#${order}` }
  const SK = { S: row === 0 ? "DETAILS" : `ITEM#${row}` }
  const own = row === 0 ? detailsOf(order, sequence) : { ...itemOf(sequence), ...kind.more(row) }
  return {
    eventID: sequence.toString(16).padStart(32, "0"),
    eventName,
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: "eu-west-1",
    eventSourceARN: "arn:aws:dynamodb:eu-west-1:111122223333:table/Shop/stream/2026-11-25T08:00:00.000",
    dynamodb: {
      ApproximateCreationDateTime: 1_795_593_600,
      Keys: { PK, SK },
      NewImage: { PK, SK, ...own },
      SequenceNumber: String(800_000_000_000_000_000_000n + BigInt(sequence) * 113n),
      SizeBytes: 400,
      StreamViewType: "NEW_IMAGE"
    }
  }
}

const detailsOf = (order: number, sequence: number) => ({
  orderId: { S: String(order) },
  status: { S: ["placed", "paid", "packed", "sent"][sequence % 4]! },
  totalAmount: { N: `${(sequence % 10_000) / 100}` }
})

const itemOf = (sequence: number) => ({
  productName: { S: `Gooseneck kettle ${sequence % 50}` },
  quantity: { N: String(1 + (sequence % 9)) },
  unitPrice: { N: `${((sequence % 5000) + 99) / 100}` }
})
