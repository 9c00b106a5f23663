/** The example: a logistics company's single table, with orders (details, items, shipment) and users. */
import { Schema } from "effect"
import * as Aggregate from "../define/Aggregate.ts"
import * as Mapping from "../define/Mapping.ts"
import * as Table from "../define/Table.ts"

export const Order = Aggregate.make("orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", {
    orderId: Schema.String,
    customerId: Schema.String,
    status: Schema.String,
    totalAmount: Schema.Finite,
    orderDate: Schema.String.annotate(Mapping.field({ type: "date", ignore_malformed: true })),
    shippingAddress: Schema.Struct({ street: Schema.String, city: Schema.String, zipCode: Schema.String }),
    note: Schema.optionalKey(Schema.String.annotate(Mapping.text))
  }),
  parts: {
    orderItems: Aggregate.many("ITEM#{n}", {
      orderId: Schema.String,
      itemId: Schema.String,
      productName: Schema.String.annotate(Mapping.searchable),
      quantity: Schema.Int,
      unitPrice: Schema.Finite,
      options: Schema.optionalKey(Schema.Json.annotate(Mapping.stored))
    }),
    shipmentInfo: Aggregate.one("SHIPMENT#{id}", {
      orderId: Schema.String,
      shipmentId: Schema.String,
      status: Schema.String,
      carrier: Schema.String,
      trackingNumber: Schema.String
    })
  }
})
export type Order = typeof Order.Type

export const User = Aggregate.make("users", {
  key: "USER#{userId}",
  root: Aggregate.root("PROFILE", {
    userId: Schema.String,
    name: Schema.String.annotate(Mapping.searchable),
    email: Schema.String,
    tags: Schema.optionalKey(Schema.Array(Schema.String)),
    phone: Schema.optionalKey(Schema.String)
  })
})
export type User = typeof User.Type

export const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Order, User] })
