/**
 * Definitions with what the example lacks: keys of every type, a pair key, a class, exact numbers, `where`, derived
 * fields.
 */
import { Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"

const isLive = Schema.Struct({ draft: Schema.optionalKey(Schema.Literal(false)) })

class Stop extends Schema.Class<Stop>("Stop")({
  n: Schema.String,
  minutes: Schema.Int,
  metres: Schema.optionalKey(Schema.BigDecimal)
}) {}

/** Shares its partition with the customer. */
export const Parcel = Aggregate.make("parcels", {
  key: ["CUSTOMER#{customerId}", "PARCEL#{parcelId}"],
  root: Aggregate.root(
    Schema.Struct({
      customerId: Schema.String,
      parcelId: Schema.String,
      serial: Schema.BigInt,
      weight: Schema.BigDecimal,
      sentAt: Schema.optionalKey(Schema.DateTimeUtc),
      label: Schema.optionalKey(Schema.NullOr(Schema.String))
    }).pipe(Schema.encodeKeys({ serial: "sn", label: "lbl" })),
    { where: isLive }
  ),
  parts: {
    stops: Aggregate.many("/STOP#{n}", Stop, { where: isLive }),
    receipt: Aggregate.one("/RECEIPT#{r}", { r: Schema.String, amount: Schema.BigInt })
  }
}).pipe(
  Aggregate.derive({ minutes: Schema.Finite, lastStop: Schema.optionalKey(Schema.String) }, ({ stops }) => {
    const last = stops.at(-1)?.n
    const minutes = stops.reduce((sum, stop) => sum + stop.minutes, 0)
    return last === undefined ? { minutes } : { minutes, lastStop: last }
  })
)

export const Customer = Aggregate.make("customers", {
  key: "CUSTOMER#{customerId}",
  root: Aggregate.root("PROFILE", { customerId: Schema.String, name: Schema.String })
})

export const depot = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Parcel, Customer] })

/** Without a root, in the order of numeric sort keys. */
export const Meter = Aggregate.make("meters", {
  key: "METER#{meterId}",
  parts: { readings: Aggregate.many("{at}", { at: Schema.BigDecimal, value: Schema.Finite }) }
})

export const Station = Aggregate.make("stations", {
  key: "STATION#{stationId}",
  root: Aggregate.root("0", { stationId: Schema.String, name: Schema.String }),
  parts: { readings: Aggregate.many("1{n}", { n: Schema.String, value: Schema.Finite }) }
})

export const meters = Table.make({ partitionKey: "device", sortKey: "at", aggregates: [Meter, Station] })

/** Both keys are binary: base64 text as names, and as the document's id. */
export const Film = Aggregate.make("films", {
  key: "{film}",
  parts: {
    frames: Aggregate.many("{frame}", {
      frame: Schema.String,
      size: Schema.Int,
      pixels: Schema.optionalKey(Schema.Uint8Array)
    })
  }
})

export const films = Table.make({ partitionKey: "film_key", sortKey: "frame_key", aggregates: [Film] })

/** No sort key: one row is the document. */
export const Blob = Aggregate.make("blobs", {
  key: "{blob}",
  root: Aggregate.root({ blob: Schema.String, size: Schema.Int, tags: Schema.optionalKey(Schema.Array(Schema.Finite)) })
})

export const blobs = Table.make({ partitionKey: "hash", aggregates: [Blob] })
