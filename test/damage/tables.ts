/** Tables whose definitions use what definitions can, and whole records of their rows. */
import { Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Mapping from "../../src/define/Mapping.ts"
import * as Table from "../../src/define/Table.ts"
import type { Random } from "../whole/random.ts"

/** Stands in images alone, so it must never be seen in a log or a dead letter. */
export const secret = "SECRET-4711"

export const streamArn = "arn:aws:dynamodb:eu-west-1:1:table/Shop/stream/2026-01-01T00:00:00.000"

const Card = Schema.Struct({ type: Schema.Literal("card"), last4: Schema.optionalKey(Schema.String) })
const Bank = Schema.Struct({ type: Schema.Literal("bank"), iban: Schema.optionalKey(Schema.NullOr(Schema.String)) })

const Order = Aggregate.make("orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root(
    "DETAILS",
    {
      orderId: Schema.String,
      status: Schema.Literals(["new", "paid"]),
      placedAt: Schema.Date,
      total: Schema.BigInt,
      note: Schema.optionalKey(Schema.String),
      address: Schema.optionalKey(Schema.Struct({ street: Schema.String, zip: Schema.optionalKey(Schema.String) })),
      payment: Schema.Union([Card, Bank]),
      tags: Schema.Array(Schema.String)
    },
    { where: Schema.Struct({ status: Schema.String, draft: Schema.optionalKey(Schema.Literal(false)) }) }
  ),
  parts: {
    items: Aggregate.many("ITEM#{n}", { n: Schema.String, quantity: Schema.Int, price: Schema.BigDecimal }),
    shipment: Aggregate.one("SHIPMENT#{id}", { carrier: Schema.String, sentAt: Schema.DateTimeUtc })
  }
}).pipe(
  Aggregate.derive({ quantity: Schema.Finite, street: Schema.String }, (order) => ({
    quantity: order.items.reduce((sum, { quantity }) => sum + quantity, 0),
    street: order.address!.street
  }))
)

const Free = Aggregate.make("free", {
  key: "FREE#{id}",
  root: Aggregate.root("X", {
    any: Schema.Unknown.annotate(Mapping.stored),
    json: Schema.optionalKey(Schema.Json),
    days: Schema.Record(Schema.String, Schema.Date).annotate(Mapping.stored),
    words: Schema.optional(Schema.Record(Schema.String, Schema.String).annotate(Mapping.flatObject)),
    bytes: Schema.Uint8ArrayFromBase64,
    upper: Schema.String.pipe(Schema.check(Schema.isMinLength(1)))
  })
})

const Reading = Aggregate.make("readings", {
  key: "{sensor}",
  parts: { values: Aggregate.many("{at}", { value: Schema.Finite, at: Schema.Finite }) }
})

/** A table, and the keys and image of one of its rows. */
export interface Kind {
  readonly table: Table.Table
  readonly row: (id: string, random: Random) => { readonly Keys: object; readonly image: object }
}

const shop = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Order, Free] })

const keysOf = (pk: string, sk: string) => ({ PK: { S: pk }, SK: { S: sk } })

const root = (id: string, random: Random) => ({
  orderId: { S: id },
  status: { S: random.pick(["new", "paid"]) },
  placedAt: { S: "2026-08-01T12:00:00.000Z" },
  total: { N: "3804086584686624768" },
  ...(random.chance(0.5) ? { note: { S: secret } } : {}),
  ...(random.chance(0.5) ? { address: { M: { street: { S: secret }, zip: { S: "12345" } } } } : {}),
  payment: { M: random.pick([{ type: { S: "card" }, last4: { S: secret } }, { type: { S: "bank" } }]) },
  tags: { L: [{ S: secret }, { S: "b" }] }
})

const free = () => ({
  any: { M: { a: { L: [{ N: "1.5" }, { S: secret }] }, b: { SS: ["x", secret] }, c: { NS: ["2", "1"] } } },
  json: { M: { big: { N: "12345678901234567890" }, no: { NULL: true } } },
  days: { M: { first: { S: "2026-08-01" } } },
  words: { M: { hello: { S: secret } } },
  bytes: { B: "AQI=" },
  upper: { S: secret }
})

export const kinds: ReadonlyArray<Kind> = [
  { table: shop, row: (id, random) => ({ Keys: keysOf(`ORDER#${id}`, "DETAILS"), image: root(id, random) }) },
  {
    table: shop,
    row: (id) => ({
      Keys: keysOf(`ORDER#${id}`, `ITEM#${id.slice(-1)}`),
      image: { quantity: { N: "3" }, price: { N: "19.99" }, extra: { S: secret } }
    })
  },
  {
    table: shop,
    row: (id) => ({
      Keys: keysOf(`ORDER#${id}`, "SHIPMENT#1"),
      image: { carrier: { S: secret }, sentAt: { S: "2026-08-01T12:00:00Z" } }
    })
  },
  { table: shop, row: (id) => ({ Keys: keysOf(`FREE#${id}`, "X"), image: free() }) },
  {
    table: Table.make({ partitionKey: "sensor", sortKey: "at", aggregates: [Reading] }),
    row: (id) => ({
      Keys: { sensor: { B: Buffer.from(id).toString("base64") }, at: { N: `1.${id.slice(-2)}E+3` } },
      image: { value: { N: "-0.5" }, text: { S: secret } }
    })
  }
]

/** A whole record, as Lambda hands it over. */
export const record = ({ row }: Kind, id: string, sequence: number, random: Random): object => {
  const { Keys, image } = row(id, random)
  const old = random.chance(0.3) ? row(id, random) : undefined
  return {
    eventID: `e${sequence}`,
    eventName: random.pick(["INSERT", "MODIFY"]),
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: "eu-west-1",
    dynamodb: {
      ApproximateCreationDateTime: 1_785_664_790,
      Keys,
      NewImage: { ...row(id, random).Keys, ...image },
      ...(old === undefined ? {} : { OldImage: { ...old.Keys, ...old.image } }),
      SequenceNumber: String(100_000_000_000_000_000_000n + BigInt(sequence)),
      SizeBytes: 200,
      StreamViewType: "NEW_AND_OLD_IMAGES"
    },
    eventSourceARN: streamArn
  }
}
