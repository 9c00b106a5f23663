/**
 * The limit of a backfill, as a program of its own: the table is scanned in parallel by the bare client, rows are put
 * together by what code written for these orders alone needs, and the finished documents go out as plain bulk requests.
 * Nothing is checked, versioned, read before, kept or tried again. Takes endpoint, table, node, index; prints a
 * `Limit`.
 */
import { type AttributeValue, DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb"
import { Client } from "@opensearch-project/opensearch"

export interface Limit {
  readonly rows: number
  readonly documents: number
  /** Orders whose rows came on two pages. */
  readonly cut: number
}

const [endpoint, TableName, node, index] = process.argv.slice(2) as [string, string, string, string]
/** As many as a backfill reads by default. */
const segments = 4
const documentsMax = 250

type Row = { readonly [name: string]: AttributeValue }

const table = new DynamoDBClient({ endpoint })
const search = new Client({ node, maxRetries: 0 })
const counts = { rows: 0, documents: 0, cut: 0 }

const plain = (value: AttributeValue): unknown =>
  value.N === undefined ? (value.M === undefined ? value.S : object(value.M)) : Number(value.N)

const object = (row: Row): { [name: string]: unknown } => {
  const out: { [name: string]: unknown } = {}
  for (const name in row) if (name !== "PK" && name !== "SK") out[name] = plain(row[name]!)
  return out
}

const document = (rows: ReadonlyArray<Row>): string => {
  const orderItems: Array<unknown> = []
  let own = {}
  let shipmentInfo: unknown
  for (const row of rows) {
    const kind = row["SK"]!.S!
    if (kind === "DETAILS") own = object(row)
    else if (kind.startsWith("ITEM#")) orderItems.push(object(row))
    else shipmentInfo = object(row)
  }
  return JSON.stringify({ ...own, orderItems, shipmentInfo })
}

const write = async (orders: ReadonlyArray<ReadonlyArray<Row>>) => {
  const lines = orders.map(
    (rows) => `{"index":{"_index":"${index}","_id":"${rows[0]!["orderId"]!.S}"}}\n${document(rows)}\n`
  )
  const { body } = await search.bulk({ body: lines.join("") as never })
  if (body.errors) throw new Error("the plain bulk was refused")
  counts.documents += orders.length
}

const scan = async (Segment: number) => {
  let after: Row | undefined
  let orders: Array<Array<Row>> = []
  do {
    const page = await table.send(
      new ScanCommand({
        TableName,
        ConsistentRead: true,
        Segment,
        TotalSegments: segments,
        ...(after === undefined ? {} : { ExclusiveStartKey: after })
      })
    )
    const rows = page.Items ?? []
    counts.rows += rows.length
    if (rows[0] !== undefined && orders[0]?.[0]!["PK"]!.S === rows[0]["PK"]!.S) counts.cut++
    for (const row of rows) {
      const last = orders.at(-1)
      if (last?.[0]!["PK"]!.S === row["PK"]!.S) last!.push(row)
      else orders.push([row])
    }
    after = page.LastEvaluatedKey
    const ready = after === undefined ? orders : orders.slice(0, -1)
    orders = orders.slice(-1)
    const groups = Array.from({ length: Math.ceil(ready.length / documentsMax) }, (_, i) =>
      ready.slice(i * documentsMax, (i + 1) * documentsMax)
    )
    await Promise.all(groups.map(write))
  } while (after !== undefined)
}

await Promise.all(Array.from({ length: segments }, (_, segment) => scan(segment)))
console.log(JSON.stringify(counts satisfies Limit))
await search.close()
table.destroy()
