/** The aggregates that the tests of the core share. */
import { Schema } from "effect"
import * as Aggregate from "../src/define/Aggregate.ts"
import * as Mapping from "../src/define/Mapping.ts"
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

/** With parts inside parts, and one that readers do not see. */
export const Task = Aggregate.make("tasks", {
  key: ["PROJECT#{project}", "TASK#{task}"],
  root: Aggregate.root({ title: Schema.String }),
  parts: {
    comments: Aggregate.many(
      "#COMMENT#{c}",
      { body: Schema.String },
      {
        parts: {
          reactions: Aggregate.many(
            "#REACTION#{u}",
            { emoji: Schema.String },
            { parts: { origin: Aggregate.one("#ORIGIN#{o}", {}) } }
          ),
          pin: Aggregate.one("/PIN#{p}", { at: Schema.Date })
        }
      }
    ),
    visits: Aggregate.many(
      "#VISIT#{v}",
      { seconds: Schema.Int },
      { hidden: true, parts: { pages: Aggregate.many("#PAGE#{p}", { path: Schema.String }) } }
    )
  }
}).pipe(
  Aggregate.derive({ visited: Schema.Record(Schema.String, Schema.Int).annotate(Mapping.stored) }, ({ visits }) => ({
    visited: Object.fromEntries(visits.map(({ pages, seconds }, i) => [String(i), seconds + pages.length]))
  }))
)

class Note extends Schema.TaggedClass<Note>()("note", { at: Schema.Date, text: Schema.String }) {}
class Call extends Schema.TaggedClass<Call>()("call", { at: Schema.Date, seconds: Schema.Int }) {}

/** Kinds whose fields are a union: of structs, and of classes with a part inside. */
export const Payment = Aggregate.make("payments", {
  key: "PAYMENT#{payment}",
  root: Aggregate.root(
    "HEAD",
    Schema.Union([
      Schema.Struct({ kind: Schema.Literal("card"), last4: Schema.String, cents: Schema.BigInt }),
      Schema.Struct({ kind: Schema.Literals(["sepa", "wire"]), iban: Schema.String, cents: Schema.BigInt })
    ])
  ),
  parts: {
    history: Aggregate.many("AT#{n}", Schema.Union([Note, Call]), {
      parts: { files: Aggregate.many("#FILE#{f}", { name: Schema.String }) }
    }),
    last: Aggregate.one("LAST#{n}", Schema.Union([Note, Call]))
  }
}).pipe(
  Aggregate.derive({ account: Schema.String }, (payment) => ({
    account: payment.kind === "card" ? payment.last4 : payment.iban
  }))
)

/** Parts inside parts without a root. */
export const Thread = Aggregate.make("threads", {
  key: "THREAD#{thread}",
  parts: {
    posts: Aggregate.many(
      "POST#{p}",
      { text: Schema.String },
      { parts: { answers: Aggregate.many("#ANSWER#{a}", { text: Schema.String }) } }
    ),
    cover: Aggregate.one(
      "COVER#{id}",
      { 7: Schema.String },
      { parts: { "3": Aggregate.many("/TAG#{t}", { label: Schema.String }) } }
    )
  }
})

export const table = Table.make({
  partitionKey: "PK",
  sortKey: "SK",
  aggregates: [Order, User, Basket, Ledger, Task, Thread, Payment]
})
