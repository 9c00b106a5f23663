/**
 * What the documents must be, told from a scan of the table by plain loops: a second opinion that shares no code with
 * `src`. It knows the definitions of the example and of `depot.ts` by heart.
 */
import { createHash } from "node:crypto"
import type { Item, Value } from "./dynamodb.ts"
import { Digits, plain, type Tree } from "./tree.ts"

type Fields = Map<string, Tree>

/** Documents by alias and id: what readers see, or `undefined` for one that is there but hidden. */
export type Documents = ReadonlyMap<string, ReadonlyMap<string, Fields | undefined>>

/** An aggregate while its rows are put together. */
interface Draft {
  root: Fields | undefined
  readonly parts: Map<string, Array<Fields>>
}

class Drafts {
  readonly byAlias = new Map<string, Map<string, Draft>>()

  constructor(...aliases: ReadonlyArray<string>) {
    for (const alias of aliases) this.byAlias.set(alias, new Map())
  }

  at(alias: string, idText: string): Draft {
    const drafts = this.byAlias.get(alias)!
    const id = Buffer.byteLength(idText) > 512 ? `sha256-${sha256(idText)}` : idText
    const draft = drafts.get(id) ?? { root: undefined, parts: new Map() }
    drafts.set(id, draft)
    return draft
  }

  add(alias: string, idText: string, part: string, fields: Fields): void {
    const { parts } = this.at(alias, idText)
    parts.set(part, [...(parts.get(part) ?? []), fields])
  }

  /** `finish` gives the document of a draft whose rows stand in the table's order, or `undefined` if it is hidden. */
  documents(finish: (alias: string, draft: Draft) => Fields | undefined): Documents {
    const documents = new Map<string, Map<string, Fields | undefined>>()
    for (const [alias, drafts] of this.byAlias) {
      documents.set(alias, new Map([...drafts].map(([id, draft]) => [id, finish(alias, draft)])))
    }
    return documents
  }
}

export const example = (items: ReadonlyArray<Item>): Documents => {
  const drafts = new Drafts("orders", "users")
  for (const item of sorted(items, "SK")) {
    const [partition, sort] = [textOf(item, "PK"), textOf(item, "SK")]
    const orderId = after("ORDER#", partition)
    const userId = after("USER#", partition)
    if (userId !== undefined && sort === "PROFILE") {
      drafts.at("users", userId).root = pick({ userId: { S: userId }, ...item }, "userId name email tags phone")
    }
    if (orderId === undefined) continue
    const row = { orderId: { S: orderId }, ...item }
    if (sort === "DETAILS") {
      const root = pick(row, "orderId customerId status totalAmount orderDate note")
      const address = item["shippingAddress"] as { readonly M: Item }
      drafts.at("orders", orderId).root = root.set("shippingAddress", pick(address.M, "street city zipCode"))
    }
    if (after("ITEM#", sort) !== undefined && "N" in item["quantity"]!) {
      const fields = pick(row, "orderId itemId productName quantity unitPrice options")
      drafts.add("orders", orderId, "orderItems", fields)
    }
    if (after("SHIPMENT#", sort) !== undefined) {
      drafts.add("orders", orderId, "shipmentInfo", pick(row, "orderId shipmentId status carrier trackingNumber"))
    }
  }
  return drafts.documents((alias, { parts, root }) => {
    if (root === undefined || alias === "users") return root
    const shipment = parts.get("shipmentInfo")?.at(-1)
    if (shipment !== undefined) root.set("shipmentInfo", shipment)
    return root.set("orderItems", parts.get("orderItems") ?? [])
  })
}

/** Fields of the depot whose strings are numbers. */
export const exactFields: ReadonlySet<string> = new Set(["serial", "weight", "metres", "amount", "at"])

export const depot = (items: ReadonlyArray<Item>): Documents => {
  const drafts = new Drafts("parcels", "customers")
  for (const item of sorted(items, "SK")) {
    const [partition, sort] = [textOf(item, "PK"), textOf(item, "SK")]
    const customerId = after("CUSTOMER#", partition)
    const [parcelId, part, n] = /^PARCEL#([^/]+)(?:\/(STOP|RECEIPT)#([^]+))?$/u.exec(sort)?.slice(1) ?? []
    if (customerId !== undefined && sort === "PROFILE") {
      drafts.at("customers", customerId).root = pick({ customerId: { S: customerId }, ...item }, "customerId name")
    }
    const draft = item["draft"]
    if (customerId === undefined || parcelId === undefined || (draft !== undefined && "BOOL" in draft && draft.BOOL)) {
      continue
    }
    const id = `${partition.replaceAll(/[\\|]/g, "\\$&")}|PARCEL#${parcelId}`
    const row: Item = { customerId: { S: customerId }, parcelId: { S: parcelId }, ...item }
    if (part === undefined) drafts.at("parcels", id).root = parcelOf(row)
    if (part === "STOP") {
      const fields = pick({ n: { S: n! }, ...item }, "n minutes")
      if (item["metres"] !== undefined) fields.set("metres", digitsOf(item["metres"]))
      drafts.add("parcels", id, "stops", fields)
    }
    if (part === "RECEIPT") {
      const fields = pick({ r: { S: n! } }, "r").set("amount", digitsOf(item["amount"]!))
      drafts.add("parcels", id, "receipt", fields)
    }
  }
  return drafts.documents((alias, { parts, root }) => {
    if (root === undefined || alias === "customers") return root
    const stops = parts.get("stops") ?? []
    const receipt = parts.get("receipt")?.at(-1)
    if (receipt !== undefined) root.set("receipt", receipt)
    const minutes = stops.map((stop) => Number((stop.get("minutes") as Digits).text))
    if (stops.length > 0) root.set("lastStop", stops.at(-1)!.get("n")!)
    return root.set("stops", stops).set("minutes", new Digits(String(minutes.reduce((sum, own) => sum + own, 0))))
  })
}

const parcelOf = (row: Item): Fields => {
  const fields = pick(row, "customerId parcelId")
  fields.set("serial", digitsOf(row["sn"]!)).set("weight", digitsOf(row["weight"]!))
  if (row["sentAt"] !== undefined) fields.set("sentAt", new Date(textOf(row, "sentAt")).toISOString())
  if (row["lbl"] !== undefined) fields.set("label", treeOf(row["lbl"]))
  return fields
}

export const meters = (items: ReadonlyArray<Item>): Documents => {
  const drafts = new Drafts("meters", "stations")
  for (const item of sorted(items, "at")) {
    const meterId = after("METER#", textOf(item, "device"))
    const stationId = after("STATION#", textOf(item, "device"))
    const at = digitsOf(item["at"]!)
    if (meterId !== undefined) {
      drafts.add("meters", meterId, "readings", pick(item, "value").set("at", at))
    }
    if (stationId === undefined) continue
    if (at === "0")
      drafts.at("stations", stationId).root = pick({ ...item, stationId: { S: stationId } }, "stationId name")
    const n = after("1", at)
    if (n !== undefined) drafts.add("stations", stationId, "readings", pick({ n: { S: n }, ...item }, "n value"))
  }
  return drafts.documents((alias, { parts, root }) => {
    const readings = parts.get("readings") ?? []
    return alias === "meters" ? new Map([["readings", readings]]) : root?.set("readings", readings)
  })
}

export const films = (items: ReadonlyArray<Item>): Documents => {
  const drafts = new Drafts("films")
  for (const item of sorted(items, "frame_key")) {
    const fields = pick({ ...item, frame: { S: textOf(item, "frame_key") } }, "frame size pixels")
    drafts.add("films", textOf(item, "film_key"), "frames", fields)
  }
  return drafts.documents((_, { parts }) => new Map([["frames", parts.get("frames")!]]))
}

export const blobs = (items: ReadonlyArray<Item>): Documents => {
  const drafts = new Drafts("blobs")
  for (const item of items) {
    const hash = textOf(item, "hash")
    drafts.at("blobs", hash).root = pick({ ...item, blob: { S: hash } }, "blob size tags")
  }
  return drafts.documents((_, { root }) => root)
}

/** What stands behind a prefix, if it is there and anything stands behind it. */
const after = (prefix: string, text: string): string | undefined =>
  text.startsWith(prefix) && text.length > prefix.length ? text.slice(prefix.length) : undefined

const textOf = (item: Item, name: string): string => {
  const value = item[name]!
  if ("S" in value) return value.S
  return "B" in value ? value.B : digitsOf(value)
}

const digitsOf = (value: Value): string => plain((value as { readonly N: string }).N)

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")

const pick = (item: Item, names: string): Fields => {
  const fields: Fields = new Map()
  for (const name of names.split(" ")) if (item[name] !== undefined) fields.set(name, treeOf(item[name]))
  return fields
}

/** A value as JSON has it: sets sorted, binary as base64, a number that no double holds as text. */
const treeOf = (value: Value): Tree => {
  if ("S" in value) return value.S
  if ("N" in value) return numberOf(value.N)
  if ("B" in value) return value.B
  if ("BOOL" in value) return value.BOOL
  if ("NULL" in value) return null
  if ("SS" in value) return [...value.SS].sort((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)))
  if ("NS" in value) return [...value.NS].sort(byValue).map(numberOf)
  if ("BS" in value) return [...value.BS].sort()
  if ("L" in value) return value.L.map(treeOf)
  return new Map(Object.entries(value.M).map(([name, inner]) => [name, treeOf(inner)]))
}

const numberOf = (text: string): Tree => (plain(String(Number(text))) === plain(text) ? new Digits(text) : plain(text))

/** Items in the table's own order of sort keys. */
const sorted = (items: ReadonlyArray<Item>, sortKey: string): ReadonlyArray<Item> =>
  [...items].sort((x, y) => {
    const [a, b] = [x[sortKey]!, y[sortKey]!]
    if ("N" in a && "N" in b) return byValue(a.N, b.N)
    const encoding = "B" in a ? "base64" : "utf8"
    return Buffer.compare(Buffer.from(textOf(x, sortKey), encoding), Buffer.from(textOf(y, sortKey), encoding))
  })

/** Decimals by value: as whole numbers, both scaled by the same power of ten. */
const byValue = (a: string, b: string): number => {
  const [left, right] = [plain(a), plain(b)]
  const places = (text: string) => text.split(".")[1]?.length ?? 0
  const scale = Math.max(places(left), places(right))
  const whole = (text: string) => BigInt(text.replace(".", "") + "0".repeat(scale - places(text)))
  const difference = whole(left) - whole(right)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}
