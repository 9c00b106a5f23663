/** The tables of the world: for each its keys, its definition, and how its rows are made at random. */
import type * as Table from "../../src/define/Table.ts"
import { table as example } from "../../src/example/table.ts"
import { blobs, depot, films, meters } from "./depot.ts"
import type { Item, KeySchema, Value } from "./dynamodb.ts"
import * as oracle from "./oracle.ts"
import type { Random } from "./random.ts"
import { anything, b, bigInt, decimal, deep, double, int, n, oddTexts, s, secret, sparse, text } from "./values.ts"

/** One kind of row. */
export interface Kind {
  readonly weight: number
  readonly make: (r: Random, group: string) => Item
  /** Whether an update may set only some of its attributes. */
  readonly isLoose?: boolean
  /** Whether it makes a document live. */
  readonly isRoot?: boolean
}

export interface World {
  readonly name: string
  readonly keys: KeySchema
  readonly table: Table.Table
  /** What stands in partition keys. */
  readonly groups: ReadonlyArray<string>
  readonly kinds: ReadonlyArray<Kind>
  readonly documents: (items: ReadonlyArray<Item>) => oracle.Documents
  /** Of a hundred operations on all tables, how many go here. */
  readonly share: number
}

const pk = (partition: string, sort: string): Item => ({ PK: s(partition), SK: s(sort) })

const order = (id: string) => `ORDER#${id}`

/** A row whose quantity no schema takes: its changes are refused as long as it is there. */
export const isPoison = (keys: Item): boolean => {
  const sort = keys["SK"]
  return sort !== undefined && "S" in sort && sort.S.startsWith("ITEM#bad")
}

const orderItem = (r: Random, id: string, sort: string): Item =>
  sparse(
    r,
    {
      ...pk(order(id), sort),
      itemId: text(r),
      productName: text(r),
      quantity: int(r),
      unitPrice: double(r),
      extra: anything(r)
    },
    { orderId: s(r.pick([id, "another"])), options: r.chance(0.1) ? deep(r) : anything(r) }
  )

const exampleKinds: ReadonlyArray<Kind> = [
  {
    weight: 4,
    isRoot: true,
    isLoose: true,
    make: (r, id) =>
      sparse(
        r,
        {
          ...pk(order(id), "DETAILS"),
          customerId: text(r),
          status: text(r),
          totalAmount: double(r),
          orderDate: s(r.pick(["2026-01-01", "2004", "soon", "", "2026-01-01T10:00:00Z"])),
          shippingAddress: { M: { street: text(r), city: text(r), zipCode: text(r), floor: anything(r) } }
        },
        { note: text(r), orderId: s(r.pick([id, "another"])), _id: anything(r), __proto__x: text(r) }
      )
  },
  { weight: 10, isLoose: true, make: (r, id) => orderItem(r, id, `ITEM#${r.pick(oddTexts)}`) },
  { weight: 0.3, make: (r, id) => ({ ...orderItem(r, id, `ITEM#bad${r.below(2)}`), quantity: s(secret) }) },
  {
    weight: 3,
    isLoose: true,
    make: (r, id) =>
      sparse(
        r,
        {
          ...pk(order(id), `SHIPMENT#${r.pick(["1", "2", "10", "\u{1f375}", "\uff21"])}`),
          shipmentId: text(r),
          status: text(r),
          carrier: text(r),
          trackingNumber: text(r)
        },
        { orderId: s(id), ttl: n(1_800_000_000) }
      )
  },
  {
    weight: 3,
    isLoose: true,
    isRoot: true,
    make: (r, id) =>
      sparse(
        r,
        { ...pk(`USER#${id}`, "PROFILE"), name: text(r), email: text(r) },
        {
          userId: s(id),
          phone: text(r),
          tags: r.chance(0.5) ? { SS: r.shuffled(["\u{1f375}", "\uff21", "b", "a"]) } : { L: [s("b"), s("a"), s("b")] }
        }
      )
  },
  {
    weight: 3,
    make: (r, id) => ({
      ...r.pick([
        pk(`LOCK#${id}`, "LOCK"),
        pk("COUNTER", "orders"),
        pk(`_unique#email#${id}`, `_unique#email#${id}`),
        pk(order(id), r.pick(["OTHER", "ITEM#", "DETAILS#2", "details", " DETAILS", "XITEM#1"])),
        pk("ORDER#", "DETAILS"),
        pk(`USER#${id}`, "SETTINGS")
      ]),
      count: n(r.below(100))
    })
  }
]

const depotKinds: ReadonlyArray<Kind> = [
  {
    weight: 4,
    isRoot: true,
    make: (r, id) =>
      r.chance(0.25)
        ? { ...pk("CUSTOMER#c", `PARCEL#${id}`), draft: { BOOL: true } }
        : sparse(
            r,
            { ...pk("CUSTOMER#c", `PARCEL#${id}`), draft: { BOOL: false }, sn: bigInt(r), weight: decimal(r) },
            { lbl: r.chance(0.3) ? { NULL: true } : text(r), sentAt: s(r.pick(["2026-01-01", "2026-02-03T04:05:06Z"])) }
          )
  },
  {
    weight: 6,
    make: (r, id) =>
      sparse(
        r,
        { ...pk("CUSTOMER#c", `PARCEL#${id}/STOP#${r.pick(oddTexts)}`), minutes: n(r.below(50)) },
        { metres: decimal(r), draft: { BOOL: r.chance(0.5) } }
      )
  },
  { weight: 2, make: (r, id) => ({ ...pk("CUSTOMER#c", `PARCEL#${id}/RECEIPT#${r.below(3)}`), amount: bigInt(r) }) },
  { weight: 1, isRoot: true, make: (r, id) => ({ ...pk(`CUSTOMER#${id}`, "PROFILE"), name: text(r) }) },
  { weight: 1, make: (r, id) => ({ ...pk("CUSTOMER#c", `PARCEL#${id}/NOTE`), text: text(r) }) }
]

const device = (partition: string, at: Value): Item => ({ device: s(partition), at })

const meterKinds: ReadonlyArray<Kind> = [
  { weight: 5, make: (r, id) => ({ ...device(`METER#${id}`, decimal(r)), value: double(r) }) },
  { weight: 2, isRoot: true, make: (r, id) => ({ ...device(`STATION#${id}`, n(0)), name: text(r) }) },
  {
    weight: 4,
    make: (r, id) => ({
      ...device(`STATION#${id}`, n(r.pick(["1", "10", "1E+2", "1.5", "15", "1000000000000000000001", "-1", "2"]))),
      value: double(r)
    })
  }
]

const bytes = (r: Random) => b(Array.from({ length: 1 + r.below(2) }, () => r.pick([0, 1, 63, 127, 128, 191, 255])))

const filmKinds: ReadonlyArray<Kind> = [
  {
    weight: 1,
    make: (r, id) => sparse(r, { film_key: { B: id }, frame_key: bytes(r), size: int(r) }, { pixels: bytes(r) })
  }
]

const blobKinds: ReadonlyArray<Kind> = [
  {
    weight: 1,
    isRoot: true,
    make: (r, id) =>
      sparse(
        r,
        { hash: { B: id }, size: int(r) },
        { tags: r.pick([{ NS: ["10", "9", "-1"] }, { L: [n(3), n("1E+1")] }]) }
      )
  }
]

const longIds = ["\u00e9".repeat(300), "x".repeat(600)]

export const worlds: ReadonlyArray<World> = [
  {
    name: "example",
    keys: { partitionKey: ["PK", "S"], sortKey: ["SK", "S"] },
    table: example,
    groups: [...oddTexts, ...longIds],
    kinds: exampleKinds,
    documents: oracle.example,
    share: 55
  },
  {
    name: "depot",
    keys: { partitionKey: ["PK", "S"], sortKey: ["SK", "S"] },
    table: depot,
    groups: [...oddTexts, ...longIds],
    kinds: depotKinds,
    documents: oracle.depot,
    share: 25
  },
  {
    name: "meters",
    keys: { partitionKey: ["device", "S"], sortKey: ["at", "N"] },
    table: meters,
    groups: ["1", "\u{1f375}", "c"],
    kinds: meterKinds,
    documents: oracle.meters,
    share: 8
  },
  {
    name: "films",
    keys: { partitionKey: ["film_key", "B"], sortKey: ["frame_key", "B"] },
    table: films,
    groups: ["AA==", "//4=", "Pz8/"],
    kinds: filmKinds,
    documents: oracle.films,
    share: 8
  },
  {
    name: "blobs",
    keys: { partitionKey: ["hash", "B"] },
    table: blobs,
    groups: ["AA==", "//4=", "Pz8/", Buffer.alloc(600, 7).toString("base64")],
    kinds: blobKinds,
    documents: oracle.blobs,
    share: 4
  }
]
