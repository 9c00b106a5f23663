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

const place = {
  depot: Schema.String,
  label: Schema.Union([Schema.Literal("main"), Schema.String]),
  floors: Schema.Union([Schema.Int, Schema.NumberFromString]),
  codes: Schema.Union([Schema.String, Schema.Array(Schema.String)]),
  gate: Schema.Union([
    Schema.Struct({ by: Schema.Literal("pin"), digits: Schema.Int }),
    Schema.Struct({ by: Schema.Literal("guard"), guard: Schema.String })
  ])
}

const found = {
  address: Schema.String.annotate(Mapping.ip),
  at: Schema.Struct({ lat: Schema.Finite, lon: Schema.Finite }).annotate(Mapping.geoPoint),
  entry: Schema.String.annotate(Mapping.geoPoint),
  open: Schema.Struct({ gte: Schema.Int, lt: Schema.Int }).annotate(Mapping.range("integer")),
  let: Schema.Struct({ gte: Schema.String, lte: Schema.String }).annotate(Mapping.range("date")),
  suggest: Schema.Array(Schema.String).annotate(Mapping.completion),
  labels: Schema.Record(Schema.String, Schema.String).annotate(Mapping.flatObject),
  title: Schema.String.annotate(Mapping.searchable),
  about: Schema.String.annotate(Mapping.text),
  year: Schema.String.annotate(Mapping.date("yyyy")),
  size: Schema.Finite.annotate(Mapping.long),
  plan: Schema.Union([Schema.Int, Schema.String]).annotate(Mapping.keyword),
  raw: Schema.Array(Schema.Finite).annotate(Mapping.stored),
  vector: Schema.Array(Schema.Finite).annotate(Mapping.field({ type: "float", index: false })),
  seal: Schema.Uint8Array,
  checked: Schema.DateFromMillis
}

const Depot = Aggregate.make("depots", {
  key: "DEPOT#{depot}",
  root: Aggregate.root(
    "DEPOT",
    Schema.Union([
      Schema.Struct({ kind: Schema.Literal("own"), ...place, ...found }),
      Schema.Struct({ kind: Schema.Literal("leased"), ...place, until: Schema.Date })
    ])
  ),
  parts: {
    tours: Aggregate.many(
      "TOUR#{tour}",
      { driver: Schema.NullOr(Schema.String) },
      {
        parts: {
          stops: Aggregate.many(
            "#STOP#{n}",
            { where: Schema.String.annotate(Mapping.geoPoint) },
            { parts: { parcels: Aggregate.many("#PARCEL#{id}", { id: Schema.String, grams: Schema.Int }) } }
          ),
          vehicle: Aggregate.one("#VEHICLE", { plate: Schema.String })
        }
      }
    ),
    readings: Aggregate.many(
      "READING#{n}",
      { celsius: Schema.Finite },
      { hidden: true, parts: { faults: Aggregate.many("#FAULT#{f}", { code: Schema.Int }) } }
    ),
    lease: Aggregate.one("LEASE", { rent: Schema.BigDecimal }, { hidden: true })
  }
}).pipe(
  Aggregate.derive({ warmest: Schema.optionalKey(Schema.Finite), faults: Schema.Int }, ({ readings }) => ({
    ...(readings.length === 0 ? {} : { warmest: Math.max(...readings.map(({ celsius }) => celsius)) }),
    faults: readings.reduce((sum, { faults }) => sum + faults.length, 0)
  })),
  Aggregate.derive({ isLet: Schema.Boolean }, ({ lease }) => ({ isLet: lease !== undefined }))
)

const tableOf = (more: Schema.Struct.Fields) =>
  Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [orderOf(more), Basket, Depot] })

/** The first deployment's, whose index the next one added a field to. */
export const first = tableOf({})
export const table = tableOf({ note: Schema.optionalKey(Schema.String) })
