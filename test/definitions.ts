/** The aggregates that the tests of the core share. */
import { Schema } from "effect"
import * as Aggregate from "../src/define/Aggregate.ts"
import * as Table from "../src/define/Table.ts"

export const Order = Aggregate.make("orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", {
    orderId: Schema.String,
    customerName: Schema.String,
    note: Schema.optionalKey(Schema.String)
  }),
  parts: {
    orderItems: Aggregate.many("ITEM#{n}", { sku: Schema.String, quantity: Schema.Int, price: Schema.Finite }),
    shipmentInfo: Aggregate.one("SHIPMENT#{id}", {
      carrier: Schema.String,
      status: Schema.Literals(["packed", "sent"])
    })
  }
}).pipe(
  Aggregate.derive({ pieces: Schema.Finite }, (order) => ({
    pieces: order.orderItems.reduce((sum, item) => sum + item.quantity, 0)
  }))
)

export const User = Aggregate.make("users", {
  key: "USER#{userId}",
  root: Aggregate.root("PROFILE", { userId: Schema.String, email: Schema.String }),
  parts: { addresses: Aggregate.many("ADDRESS#{label}", { label: Schema.String, city: Schema.String }) }
})

/** Without a root, and with a key that is a pair. */
export const Basket = Aggregate.make("baskets", {
  key: ["SHOP#{shop}", "BASKET#{basket}"],
  parts: {
    lines: Aggregate.many("/LINE#{line}", { sku: Schema.String, count: Schema.Int }),
    voucher: Aggregate.one("/VOUCHER#{code}", { percent: Schema.Int })
  }
})

/** Values that JSON, JavaScript's numbers and its objects each have trouble with. */
export const Ledger = Aggregate.make("ledgers", {
  key: "LEDGER#{ledger}",
  root: Aggregate.root("HEAD", {
    balance: Schema.BigInt,
    10: Schema.String,
    9: Schema.optionalKey(Schema.String),
    free: Schema.Json
  }),
  parts: {
    "7": Aggregate.many("E{n}", { amount: Schema.BigDecimal, at: Schema.DateTimeUtc, free: Schema.Json }),
    last: Aggregate.one("L{n}", { 2: Schema.BigInt, 1: Schema.Json })
  }
})

export const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Order, User, Basket, Ledger] })
