/** Rows of the SaaS table. */
import type { Row as Item } from "../cli/RealTable.ts"
import type { Row } from "./documents.ts"

export const row = (PK: string, SK: string, attributes: { readonly [name: string]: string | number } = {}): Row => ({
  PK,
  SK,
  ...attributes
})
export const [org, project, user] = ["ORG#acme", "PROJECT#p1", "USER#ann"]

export const first = [
  row(org, "ORG", { name: "Acme", entity: "organisation" }),
  row(org, "MEMBER#ann", { role: "owner", email: "ann@example.com" }),
  row(org, "MEMBER#ben", { role: "guest", email: "ben@example.com" }),
  row(org, "MEMBER#eve", { role: "guest", email: "eve@example.com", deletedAt: "2026-01-01" }),
  row(org, "INVOICE#1", { state: "paid" }),
  row(org, "INVOICE#1#LINE#1", { label: "seats", cents: 900 }),
  row(org, "INVOICE#1#LINE#2", { label: "storage", cents: 100 }),
  row(org, "INVOICE#2", { state: "open" }),
  row(org, "INVOICE#2#LINE#1", { label: "seats", cents: 900 }),
  row(org, "INVOICE#2#REMINDER#1", { at: "2026-02-01" }),
  row(org, "PAYMENT#a", { entity: "card", last4: "4242" }),
  row(org, "PAYMENT#b", { entity: "bankAccount", iban: "DE00" }),
  row(org, "PAYMENT#c", { entity: "voucher", cents: 500 }),
  row(org, "PAYMENT#DEFAULT", { id: "a" }),
  row(project, "PROJECT", { name: "Launch" }),
  row(project, "TASK#1", { title: "write" }),
  row(project, "TASK#1#COMMENT#1", { body: "why?" }),
  row(project, "TASK#1#COMMENT#2", { body: "because" }),
  row(project, "TASK#1#COMMENT#1#REACTION#ann", { emoji: "+1" }),
  row(project, "TASK#1#WATCHER#ann", { since: "2026-01-01" }),
  row(project, "TASK#2", { title: "draft", deletedAt: "2026-01-02" }),
  row(project, "TASK#2#COMMENT#1", { body: "gone" }),
  row(project, "NOTE#1", { text: "first" }),
  row(project, "NOTE#1#PINNED", { text: "to the wall" }),
  row(user, user),
  row(user, "MEMBER#acme", { role: "owner" }),
  row(user, "USER#ben", { follows: "yes" })
]

/** A row as DynamoDB takes it. */
export const itemOf = (row: Row): Item =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === "number" ? { N: String(value) } : { S: value }])
  )
