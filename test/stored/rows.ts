/** The rows of which `stored.json` was written. */
import type { Attributes } from "../../src/source/Change.ts"

const keys = (PK: string, SK: string): Attributes => ({ PK: { S: PK }, SK: { S: SK } })
const details = (n: number, more: Attributes = {}): Attributes => ({
  ...keys(`ORDER#${n}`, "DETAILS"),
  name: { S: "Ada Lovelace" },
  total: { N: "123456789012345678901234567890.12" },
  placed: { S: "2026-01-01T12:00:00Z" },
  isPaid: { BOOL: true },
  address: { M: { street: { S: "Harbour Street 7" }, city: { S: "Porto" } } },
  ...more
})
const item = (n: number, i: number, quantity: string, state = "open"): Attributes => ({
  ...keys(`ORDER#${n}`, `ITEM#${i}`),
  state: { S: state },
  sku: { S: `tea-${i}` },
  quantity: { N: quantity },
  price: { N: "2.5" }
})
const shipment = (n: number, id: string, status: string): Attributes => ({
  ...keys(`ORDER#${n}`, `SHIPMENT#${id}`),
  carrier: { S: "ACME" },
  status: { S: status }
})
const note = (n: number, entity: string): Attributes => ({
  ...keys(`ORDER#${n}`, "NOTE#1"),
  entity: { S: entity },
  body: { S: "leave it at the door" }
})
const line = (n: number): Attributes => ({
  ...keys("SHOP#1", `BASKET#2#LINE#${n}`),
  sku: { S: "tea" },
  count: { N: "1" }
})

const depot = (n: number, SK = "DEPOT", attributes: Attributes = {}): Attributes => ({
  ...keys(`DEPOT#${n}`, SK),
  ...attributes
})
const at = (SK: string, attributes: Attributes = {}) => depot(1, SK, attributes)
const other = (SK: string, attributes: Attributes = {}) => depot(2, SK, attributes)
const place: Attributes = { label: { S: "main" }, floors: { S: "3" }, codes: { SS: ["a", "b"] } }

/** Each mapping that has a name, both alternatives of a union, rows in rows to the third level, rows without theirs. */
const depots = [
  at("DEPOT", {
    ...place,
    kind: { S: "own" },
    gate: { M: { by: { S: "pin" }, digits: { N: "4" } } },
    address: { S: "10.0.0.7" },
    at: { M: { lat: { N: "41.15" }, lon: { N: "-8.61" } } },
    entry: { S: "41.15,-8.61" },
    open: { M: { gte: { N: "8" }, lt: { N: "18" } } },
    let: { M: { gte: { S: "2026-01-01" }, lte: { S: "2026-12-31" } } },
    suggest: { L: [{ S: "harbour depot" }, { S: "porto" }] },
    labels: { M: { colour: { S: "red" }, "a b": { S: "on" } } },
    title: { S: "Depot at the harbour" },
    about: { S: "two docks and a crane" },
    year: { S: "1998" },
    size: { N: "4200" },
    plan: { N: "7" },
    raw: { L: [{ N: "1.5" }] },
    vector: { L: [{ N: "0.25" }, { N: "-0.5" }] },
    seal: { B: "c2VhbA==" },
    checked: { N: "1767225600000" }
  }),
  at("TOUR#1", { driver: { S: "Ida" } }),
  at("TOUR#1#VEHICLE", { plate: { S: "00-AA-00" } }),
  at("TOUR#1#STOP#1", { where: { S: "41.2,-8.6" } }),
  at("TOUR#1#STOP#1#PARCEL#a", { grams: { N: "250" } }),
  at("TOUR#1#STOP#1#PARCEL#b", { grams: { N: "900" } }),
  at("TOUR#2", { driver: { NULL: true } }),
  at("TOUR#3#STOP#1", { where: { S: "41.3,-8.7" } }),
  at("TOUR#2#STOP#9#PARCEL#c", { grams: { N: "1" } }),
  at("READING#1", { celsius: { N: "4.5" } }),
  at("READING#2", { celsius: { N: "30" } }),
  at("READING#1#FAULT#x", { code: { N: "12" } }),
  at("LEASE", { rent: { N: "1200.50" } }),
  other("DEPOT", {
    ...place,
    kind: { S: "leased" },
    gate: { M: { by: { S: "guard" }, guard: { S: "Bo" } } },
    until: { S: "2027-01-01T00:00:00Z" }
  }),
  other("LEASE", { rent: { N: "1" } })
]

/** Shown, hidden and removed rows; a document that waits, one that lost its root, a refused row, a failed derivation. */
export const puts = [
  details(1, { points: { N: "3804086584686624768" }, tags: { L: [{ S: "new" }] }, free: { M: { a: { N: "1" } } } }),
  item(1, 1, "2"),
  item(1, 2, "3"),
  item(1, 3, "9", "draft"),
  item(1, 4, "1"),
  shipment(1, "a", "sent"),
  shipment(1, "b", "packed"),
  note(1, "note"),
  item(2, 1, "5"),
  details(3),
  item(3, 1, "1"),
  note(3, "other"),
  details(4),
  item(4, 1, "1"),
  item(4, 2, "1.5"),
  details(5),
  item(5, 1, "-1"),
  line(1),
  line(2),
  line(3),
  ...depots
]
export const removed = [
  item(1, 4, "1"),
  details(3),
  line(2),
  at("TOUR#1#STOP#1#PARCEL#b"),
  at("READING#2"),
  other("LEASE")
]
export const noted = details(6, { note: { S: "added later" } })
