/** The definition by which `stored.json` was written. It stays as it is. */
import { Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Mapping from "../../src/define/Mapping.ts"
import * as Table from "../../src/define/Table.ts"

const orderOf = (more: Schema.Struct.Fields) =>
  Aggregate.make("orders", {
    key: "ORDER#{orderId}",
    root: Aggregate.root("DETAILS", {
      orderId: Schema.String,
      name: Schema.String.annotate(Mapping.searchable),
      total: Schema.BigDecimal,
      points: Schema.optionalKey(Schema.BigInt),
      placed: Schema.Date,
      isPaid: Schema.Boolean,
      address: Schema.Struct({ street: Schema.String.annotate(Mapping.text), city: Schema.String }),
      tags: Schema.optionalKey(Schema.Array(Schema.String)),
      free: Schema.optionalKey(Schema.Json),
      ...more
    }),
    parts: {
      items: Aggregate.many(
        "ITEM#{n}",
        { sku: Schema.String, quantity: Schema.Int, price: Schema.Finite },
        { where: Schema.Struct({ state: Schema.Literal("open") }) }
      ),
      notes: Aggregate.many("NOTE#{n}", { body: Schema.String.annotate(Mapping.text) }, { type: { entity: "note" } }),
      shipment: Aggregate.one("SHIPMENT#{id}", {
        carrier: Schema.String,
        status: Schema.Literals(["packed", "sent"])
      })
    },
    index: {
      refreshInterval: "2s",
      analysis: { analyzer: { plain: { type: "custom", tokenizer: "standard", filter: ["lowercase"] } } }
    },
    revision: 1
  }).pipe(
    Aggregate.derive({ pieces: Schema.Finite }, ({ items }) => {
      if (items.some(({ quantity }) => quantity < 0)) throw new Error("fewer than none")
      return { pieces: items.reduce((sum, { quantity }) => sum + quantity, 0) }
    })
  )

const Basket = Aggregate.make("baskets", {
  key: ["SHOP#{shop}", "BASKET#{basket}"],
  parts: { lines: Aggregate.many("#LINE#{line}", { sku: Schema.String, count: Schema.Int }) }
})

const tableOf = (more: Schema.Struct.Fields) =>
  Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [orderOf(more), Basket] })

/** The first deployment's, whose index the next one added a field to. */
export const first = tableOf({})
export const table = tableOf({ note: Schema.optionalKey(Schema.String) })
