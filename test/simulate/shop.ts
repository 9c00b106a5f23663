/**
 * The table of the simulation, and what its rows hold: said twice, as attributes and as the JSON that a document must
 * show, so that the oracle needs nothing of the code it judges.
 */
import * as Table from "../../src/define/Table.ts"
import type { AttributeValue } from "../../src/source/Change.ts"
import { Basket, Order, User } from "../definitions.ts"
import type { SeededRandom } from "./SeededRandom.ts"

export interface Json {
  readonly [name: string]: any
}

export interface Place {
  readonly pk: string
  readonly sk: string
  /** The document's id. */
  readonly id: string
  /** What the key itself says of the row, shown like an attribute. */
  readonly named: { readonly [name: string]: string }
}

/** A field of the documents of one aggregate. */
export interface Field {
  readonly aggregate: string
  /** The document's field; "" for the root. */
  readonly field: string
  readonly kind: "root" | "many" | "one"
}

/** A field in which rows of a kind may stand, by what they hold. */
export interface View extends Field {
  /** The document's id. */
  readonly id: (place: Place) => string
  /** The row as the field shows it; `undefined` where it is none of the field's. */
  readonly show: (value: Json, place: Place) => Json | undefined
}

export interface RowKind extends Field {
  readonly place: (document: number, row: number) => Place
  readonly value: (random: SeededRandom) => Json
  /** Values that the row's schema refuses. */
  readonly spoilt: (random: SeededRandom) => Json
  /** The fields that the rows may be in, where that is not the one above alone. */
  readonly views?: ReadonlyArray<View>
}

/** A table, and what its rows are. */
export interface Shop {
  readonly table: Table.Table
  readonly kinds: ReadonlyArray<RowKind>
  readonly fields: ReadonlyArray<Field>
}

/** Texts in a document for which the simulated server refuses the action, or the whole request. */
export const poison = { action: "poison", request: "toxic" } as const

export const names = ["Ada", "Lin", "Grace", "Ålva", "\u{1f375}"]
/** Their order as UTF-16 differs from their order as UTF-8, and as numbers from both. */
export const labels = ["2", "10", "a.b", "\u{1f375}", "\uff21", "__proto__"]

const order = (document: number, sk: string, named: Place["named"] = {}): Place => {
  return { pk: `ORDER#${document}`, sk, id: String(document), named }
}
const user = (document: number, sk: string, named: Place["named"] = {}): Place => {
  return { pk: `USER#${document}`, sk, id: String(document), named }
}
const basket = (document: number, sk: string): Place => {
  const [pk, prefix] = [`SHOP#${document % 2}`, `BASKET#${document}`]
  return { pk, sk: prefix + sk, id: `${pk}|${prefix}`, named: {} }
}
const some = <T>(random: SeededRandom, fields: T): T | {} => (random.chance(0.5) ? fields : {})

const item = (random: SeededRandom) => ({
  sku: random.pick(names),
  quantity: random.below(100),
  price: random.below(10_000) / 100
})
const shipment = (random: SeededRandom) => ({ carrier: random.pick(names), status: random.pick(["packed", "sent"]) })
const city = (random: SeededRandom) => ({ city: random.pick(names) })
const line = (random: SeededRandom) => ({ sku: random.pick(names), count: random.below(9) })

const kinds: ReadonlyArray<RowKind> = [
  {
    aggregate: "orders",
    field: "",
    kind: "root",
    place: (document) => order(document, "DETAILS", { orderId: String(document) }),
    value: (random) => {
      const customerName = random.pick(names)
      return { customerName, ...some(random, { note: `note ${random.below(100)}` }), gift: `for ${customerName}` }
    },
    spoilt: (random) => ({ note: random.pick(names) })
  },
  {
    aggregate: "orders",
    field: "orderItems",
    kind: "many",
    place: (document, row) => order(document, `ITEM#${labels[row % labels.length]}`),
    value: item,
    spoilt: (random) =>
      random.pick<Json>([
        { ...item(random), quantity: 1.5 },
        { ...item(random), sku: poison.action },
        { ...item(random), sku: poison.request }
      ])
  },
  {
    aggregate: "orders",
    field: "shipmentInfo",
    kind: "one",
    place: (document, row) => order(document, `SHIPMENT#${labels[row % 3]}`),
    value: shipment,
    spoilt: (random) => ({ ...shipment(random), status: "lost" })
  },
  {
    aggregate: "users",
    field: "",
    kind: "root",
    place: (document) => user(document, "PROFILE", { userId: String(document) }),
    value: (random) => ({ email: `${random.pick(names)}@example.com` }),
    spoilt: (random) => ({ email: random.pick([poison.action, poison.request]) })
  },
  {
    aggregate: "users",
    field: "addresses",
    kind: "many",
    place: (document, row) => {
      const label = labels[row % labels.length]!
      return user(document, `ADDRESS#${label}`, { label })
    },
    value: city,
    spoilt: () => ({ city: 7 })
  },
  {
    aggregate: "baskets",
    field: "lines",
    kind: "many",
    place: (document, row) => basket(document, `/LINE#${labels[row % labels.length]}`),
    value: line,
    spoilt: (random) => ({ ...line(random), sku: poison.action })
  },
  {
    aggregate: "baskets",
    field: "voucher",
    kind: "one",
    place: (document, row) => basket(document, `/VOUCHER#${row % 2}`),
    value: (random) => ({ percent: random.below(100) }),
    spoilt: () => ({ percent: true })
  }
]

export const shop: Shop = {
  table: Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Order, User, Basket] }),
  kinds,
  fields: kinds
}

/** Plain values as DynamoDB carries them. */
export const attributes = (values: Json): { readonly [name: string]: AttributeValue } =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]): [string, AttributeValue] => {
      if (typeof value === "number") return [name, { N: String(value) }]
      return [name, typeof value === "boolean" ? { BOOL: value } : { S: value }]
    })
  )
