/**
 * A small busy day of the example's shop, as steps that each write rows: customers sign up, orders are placed, packed
 * and sent, one is cancelled, one has its items before itself. The evening's rush is drawn from a seed, so that every
 * day is the same day. Pure.
 */
import type { Plain, PlainRow } from "./row.ts"

export type Write =
  /** Replaces the row, or makes it. */
  | { readonly _tag: "Put"; readonly row: PlainRow }
  /** Sets attributes of a row that is there. */
  | { readonly _tag: "Set"; readonly key: Key; readonly attributes: { readonly [name: string]: Plain } }
  | { readonly _tag: "Remove"; readonly key: Key }

export interface Key {
  readonly PK: string
  readonly SK: string
}

export interface Step {
  readonly title: string
  /** Written one after the other; the next group waits until the documents of the one before are there. */
  readonly groups: ReadonlyArray<ReadonlyArray<Write>>
  /** Show the whole document with this id afterwards. */
  readonly look?: string
  /** Search for this product until it is found. */
  readonly search?: string
}

interface Product {
  readonly id: string
  readonly name: string
  readonly cents: number
  readonly options?: Plain
}

const products = {
  kettle: { id: "KTL-17", name: "Gooseneck kettle", cents: 6450, options: { colour: "copper", litres: 0.9 } },
  tea: { id: "TEA-03", name: "Assam leaf tea, 250 g", cents: 1190 },
  moka: { id: "MOK-06", name: "Moka pot for six cups", cents: 3995 },
  beans: { id: "BNS-21", name: "Espresso beans, 1 kg", cents: 2480, options: { roast: "dark", ground: false } },
  grinder: { id: "GRD-02", name: "Hand grinder", cents: 8900 },
  cups: { id: "CUP-44", name: "Stoneware cups, set of four", cents: 3200, options: ["slate", "sand"] },
  scale: { id: "SCL-09", name: "Brewing scale", cents: 4725 }
} satisfies { readonly [name: string]: Product }

interface Person {
  readonly id: string
  readonly name: string
  readonly address: { readonly street: string; readonly city: string; readonly zipCode: string }
  readonly tags?: ReadonlyArray<string>
}

const ines = {
  id: "ines",
  name: "Inês Duarte",
  address: { street: "Rua das Flores 12", city: "Porto", zipCode: "4050-262" },
  tags: ["espresso", "newsletter"]
}
const omar = {
  id: "omar",
  name: "Omar Haddad",
  address: { street: "Lindengasse 41", city: "Vienna", zipCode: "1070" }
}
const freya = {
  id: "freya",
  name: "Freya Lund",
  address: { street: "Strandgade 7", city: "Copenhagen", zipCode: "1401" },
  tags: ["wholesale"]
}
const people: ReadonlyArray<Person> = [ines, omar, freya]

const put = (row: PlainRow): Write => ({ _tag: "Put", row })
const set = (key: Key, attributes: { readonly [name: string]: Plain }): Write => ({ _tag: "Set", key, attributes })
const remove = (key: Key): Write => ({ _tag: "Remove", key })

const profile = ({ id, name, tags }: Person): Write =>
  put({
    PK: `USER#${id}`,
    SK: "PROFILE",
    userId: id,
    name,
    email: `${id}@example.com`,
    ...(tags === undefined ? {} : { tags: new Set(tags) })
  })

type Line = readonly [product: Product, quantity: number]

/** The root row of an order and its items' rows. */
const order = (number: number, person: Person, time: string, lines: ReadonlyArray<Line>, note?: string) => {
  const orderId = `${number}`
  const PK = `ORDER#${orderId}`
  const cents = lines.reduce((sum, [product, quantity]) => sum + product.cents * quantity, 0)
  const details = put({
    PK,
    SK: "DETAILS",
    orderId,
    customerId: person.id,
    status: "placed",
    totalAmount: cents / 100,
    orderDate: `2026-03-14T${time}:00Z`,
    shippingAddress: { ...person.address },
    ...(note === undefined ? {} : { note })
  })
  return { details, items: lines.map(([product, quantity], i) => item(orderId, i + 1, product, quantity)) }
}

const item = (orderId: string, n: number, product: Product, quantity: number): Write =>
  put({
    PK: `ORDER#${orderId}`,
    SK: `ITEM#${n}`,
    orderId,
    itemId: product.id,
    productName: product.name,
    quantity,
    unitPrice: product.cents / 100,
    ...(product.options === undefined ? {} : { options: product.options })
  })

const shipment = (orderId: string, carrier: string, trackingNumber: string): Write =>
  put({
    PK: `ORDER#${orderId}`,
    SK: "SHIPMENT#1",
    orderId,
    shipmentId: `S-${orderId}`,
    status: "handed over",
    carrier,
    trackingNumber
  })

const details = (orderId: string): Key => ({ PK: `ORDER#${orderId}`, SK: "DETAILS" })

const first = order(1001, ines, "08:12", [
  [products.kettle, 1],
  [products.tea, 2]
])
const second = order(1002, omar, "09:40", [[products.grinder, 1]], "Leave it with the neighbour, please")
const third = order(1003, freya, "11:05", [
  [products.cups, 6],
  [products.scale, 1]
])
const fourth = order(1004, omar, "13:30", [
  [products.moka, 1],
  [products.beans, 2]
])

/** The day with its rush of `orders` orders, drawn from `seed`. */
export const day = (seed: number, orders = 6): ReadonlyArray<Step> => [
  { title: "Three customers sign up.", groups: [people.map(profile)] },
  { title: "Inês orders a kettle and two bags of tea.", groups: [[first.details, ...first.items]] },
  {
    title: "Freya's items are written before their order: readers see nothing until the order is there.",
    groups: [third.items, [third.details]]
  },
  {
    title: "Omar orders a grinder, and cancels it: its rows go, and the document with them.",
    groups: [
      [second.details, ...second.items],
      [remove({ PK: "ORDER#1002", SK: "ITEM#1" }), remove(details("1002"))]
    ]
  },
  {
    title: "The kettle is packed and sent.",
    groups: [
      [set(details("1001"), { status: "packed" })],
      [shipment("1001", "Northline", "NL-3392-0071"), set(details("1001"), { status: "shipped" })]
    ],
    look: "1001"
  },
  {
    title: "Omar orders a moka pot. How soon does a search find it?",
    groups: [[fourth.details, ...fourth.items]],
    search: "moka pot"
  },
  { title: `The evening's rush: ${orders} orders, their rows in any order.`, groups: [rush(seed, orders)] }
]

const rush = (seed: number, orders: number): ReadonlyArray<Write> => {
  const next = randomFrom(seed)
  const below = (n: number) => Math.floor(next() * n)
  const all = Object.values(products)
  const rows = Array.from({ length: orders }, (_, i) => {
    const lines = Array.from({ length: 1 + below(3) }, () => [all[below(all.length)]!, 1 + below(3)] as const)
    const { details, items } = order(1005 + i, people[below(people.length)]!, `19:${10 + below(50)}`, lines)
    return [details, ...items]
  }).flat()
  return rows
    .map((row) => [next(), row] as const)
    .sort(([a], [b]) => a - b)
    .map(([, row]) => row)
}

/** Numbers from 0 to 1 by the mulberry32 generator: enough for a demonstration, for nothing else. */
const randomFrom = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let bits = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
  return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
}
