/** Orders of the example's table: a row as the stream tells of it, and the document as it is to become. */

export const arn = "arn:aws:dynamodb:eu-west-1:1:table/Shop/stream/2026-11-25T08:00:00.000"

/** What a row holds is told by where it stands and by the number of its last change; row 0 is the root. */
export interface Place {
  readonly order: number
  readonly row: number
  readonly sequence: number
}

export const attributesOf = ({ order, row, sequence }: Place) => ({
  PK: { S: `ORDER#${order}` },
  SK: { S: row === 0 ? "DETAILS" : `ITEM#${row}` },
  orderId: { S: String(order) },
  ...(row === 0 ? details(order, sequence) : item(row, sequence))
})

export const recordOf = (place: Place, isInsert: boolean) => {
  const image = attributesOf(place)
  return {
    eventName: isInsert ? "INSERT" : "MODIFY",
    eventSource: "aws:dynamodb",
    eventSourceARN: arn,
    dynamodb: {
      ApproximateCreationDateTime: 1_795_593_600,
      Keys: { PK: image.PK, SK: image.SK },
      NewImage: image,
      SequenceNumber: String(800_000_000_000_000_000_000n + BigInt(place.sequence) * 113n),
      StreamViewType: "NEW_IMAGE"
    }
  }
}

const statuses = ["placed", "paid", "packed", "sent"]
const shippingAddress = { street: "Harbour Street 7", city: "Porto", zipCode: "4050-262" }

const details = (order: number, sequence: number) => ({
  customerId: { S: `customer-${order % 997}` },
  status: { S: statuses[sequence % 4]! },
  totalAmount: { N: `${(sequence % 10_000) / 100}` },
  orderDate: { S: "2026-11-25T08:00:00Z" },
  shippingAddress: {
    M: Object.fromEntries(Object.entries(shippingAddress).map(([name, text]) => [name, { S: text }]))
  }
})

const item = (row: number, sequence: number) => ({
  itemId: { S: `item-${row}` },
  productName: { S: `Gooseneck kettle, ${row} litres` },
  quantity: { N: String(1 + (sequence % 9)) },
  unitPrice: { N: `${((sequence % 5000) + 99) / 100}` }
})

/**
 * The JSON text of a document as readers see it, from the sequence of each of its rows. Written out by hand, so that it
 * shares nothing with the code that is measured, and is a check of it.
 */
export const documentOf = (order: number, rows: number, sequenceOf: (row: number) => number): string => {
  const sequence = sequenceOf(0)
  const root = {
    orderId: String(order),
    customerId: `customer-${order % 997}`,
    status: statuses[sequence % 4]!,
    totalAmount: (sequence % 10_000) / 100,
    orderDate: "2026-11-25T08:00:00Z",
    shippingAddress
  }
  const orderItems = itemRows(rows).map((row) => ({
    orderId: String(order),
    itemId: `item-${row}`,
    productName: `Gooseneck kettle, ${row} litres`,
    quantity: 1 + (sequenceOf(row) % 9),
    unitPrice: ((sequenceOf(row) % 5000) + 99) / 100
  }))
  return JSON.stringify({ ...root, orderItems })
}

const inKeyOrder = new Map<number, ReadonlyArray<number>>()

/** The rows of items in the order of their keys: ITEM#1, ITEM#10, ITEM#2. */
const itemRows = (rows: number): ReadonlyArray<number> => {
  const known = inKeyOrder.get(rows)
  if (known !== undefined) return known
  const sorted = Array.from({ length: rows - 1 }, (_, i) => String(i + 1))
    .toSorted()
    .map(Number)
  inKeyOrder.set(rows, sorted)
  return sorted
}
