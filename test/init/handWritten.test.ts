/** Definitions out of samples beside those that a person wrote for the same tables: few lines differ, and these. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Definition from "../../src/define/Definition.ts"
import * as Mapping from "../../src/define/Mapping.ts"
import * as Shape from "../../src/define/Shape.ts"
import * as Table from "../../src/define/Table.ts"
import { table as example } from "../../src/example/table.ts"
import { infer } from "../../src/init/infer.ts"
import { keysOf } from "../../src/KeyNames.ts"
import { CheckTally } from "../../src/maintain/CheckTally.ts"
import { table as saas } from "../saas/table.ts"
import { loaded } from "./loaded.ts"
import * as tables from "./tables.ts"

const Customer = Aggregate.make("customers", {
  key: "CUSTOMER#{customerId}",
  root: Aggregate.root("CUSTOMER#{customerId}", {
    customerId: Schema.String,
    name: Schema.String.annotate(Mapping.searchable),
    email: Schema.String
  }),
  parts: {
    orders: Aggregate.many(
      "ORDER#{orderId}",
      { orderId: Schema.String, status: Schema.String, createdAt: Schema.Date, amount: Schema.Finite },
      { parts: { items: Aggregate.many("#ITEM#{n}", { sku: Schema.String, quantity: Schema.Int }) } }
    )
  }
})
const shop = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Customer] })

const wordOf = ({ enabled, fields, properties, type = "object" }: Mapping.FieldMapping): string => {
  if (enabled === false) return "stored"
  const inner = Object.entries((properties ?? {}) as Mapping.Properties).map(([name, one]) => `${name} ${wordOf(one)}`)
  return `${String(type)}${fields === undefined ? "" : " and words"}${inner.length > 0 ? ` of ${inner.toSorted().join(", ")}` : ""}`
}

/** What a definition says, a line for each aggregate, kind of row and field; names in keys do not count. */
const linesOf = (table: Table.Table): ReadonlySet<string> => {
  const blank = (text: string) => text.replaceAll(/\{\w+\}/g, "{}")
  const lines = table.aggregates.flatMap((aggregate) => {
    const { description } = Definition.of(aggregate)
    return [
      `${blank(description.key)} is ${aggregate.name}`,
      ...Shape.of(aggregate).rows.flatMap((row) => {
        const { required, sortKey, type } = description.rows[row.kind === "root" ? "" : row.field]!
        const key = [blank(description.key.split(" | ")[0]!), blank(sortKey), ...(type === undefined ? [] : [type])]
        const at = key.map((part) => (typeof part === "string" ? part : JSON.stringify(part))).join(" / ")
        const fields = Object.entries(Mapping.propertiesOf(row.schema)).map(
          ([name, mapping]) => `${at}: ${name}${required.includes(name) ? "" : "?"} ${wordOf(mapping)}`
        )
        return [`${at} is ${row.kind} ${Shape.nameOf(row)}`, ...fields]
      })
    ]
  })
  return new Set(lines)
}

const checked = (table: Table.Table, { keys, rows }: tables.Sampled) => {
  const tally = new CheckTally(table, false)
  const origin = { _tag: "Scan", tableArn: "arn", epoch: 0, requestedAt: 1 } as const
  tally.add(
    0,
    rows.map((image) => ({ keys: keysOf(keys, image), image, origin })),
    "whole"
  )
  return tally.report()
}

const cases: ReadonlyArray<{
  readonly name: string
  readonly sample: tables.Sampled
  readonly written: Table.Table
  /** The lines that both have. */
  readonly alike: number
  /** Lines that the person's alone has. */
  readonly lacking: number
  /** Lines that the generated one alone has. */
  readonly added: ReadonlyArray<string>
}> = [
  {
    name: "the example's table",
    sample: tables.logistics,
    written: example,
    alike: 20,
    lacking: 9,
    // Names of parts, words or none, a key's name that no row need have, a map of one name.
    added: [
      "ORDER#{} / DETAILS: note? keyword and words",
      "ORDER#{} / DETAILS: shippingAddress object of city keyword, street keyword and words, zipCode keyword",
      "ORDER#{} / ITEM#{} is many items",
      "ORDER#{} / ITEM#{}: itemId? keyword",
      "ORDER#{} / ITEM#{}: options? object of colour keyword",
      "ORDER#{} / ITEM#{}: productName keyword",
      "ORDER#{} / SHIPMENT#{} is one shipment",
      "ORDER#{} / SHIPMENT#{}: shipmentId? keyword",
      "USER#{} / PROFILE: name keyword"
    ]
  },
  {
    name: "a shop's single table",
    sample: tables.shop,
    written: shop,
    alike: 12,
    lacking: 1,
    added: ["CUSTOMER#{} / CUSTOMER#{}: name keyword", "CUSTOMER#{} / ORDER#{}#ITEM#{}: itemId? keyword"]
  },
  {
    name: "the SaaS table",
    sample: tables.product,
    written: saas,
    alike: 25,
    // It has aggregates of rows that others have too, members, invoices, tasks and activities, which no key tells.
    lacking: 26,
    added: [
      "ORG#{} / INVOICE#{} is many invoices",
      "ORG#{} / INVOICE#{}#LINE#{} is many invoices.lines",
      "ORG#{} / INVOICE#{}#LINE#{}: lineId? keyword",
      "ORG#{} / INVOICE#{}: invoiceId? keyword",
      "ORG#{} / MEMBER#{}: deletedAt? date",
      "ORG#{} / MEMBER#{}: memberId? keyword",
      "ORG#{} / ORG: name keyword and words",
      "ORG#{} / PAYMENT#{} / bankAccount is one bankAccount",
      "ORG#{} / PAYMENT#{} / bankAccount: paymentId? keyword",
      "ORG#{} / PAYMENT#{} / card is one card",
      "ORG#{} / PAYMENT#{} / card: paymentId? keyword",
      "PROJECT#{} / NOTE#{}: noteId? keyword",
      "PROJECT#{} / TASK#{}#COMMENT#{} is many tasks.comments",
      "PROJECT#{} / TASK#{}#COMMENT#{}#REACTION#{} is many tasks.comments.reactions",
      "PROJECT#{} / TASK#{}#COMMENT#{}#REACTION#{}: reactionId? keyword",
      "PROJECT#{} / TASK#{}#COMMENT#{}: body text",
      "PROJECT#{} / TASK#{}#COMMENT#{}: commentId? keyword",
      "PROJECT#{} / TASK#{}: deletedAt? date",
      "PROJECT#{} / TASK#{}: taskId? keyword",
      "PROJECT#{} / TASK#{}: title keyword and words",
      "USER#{} / MEMBER#{}: memberId? keyword",
      "USER#{} / MEMBER#{}: role keyword"
    ]
  }
]

describe("a generated definition", () => {
  it.each(cases)("of $name", ({ added, alike, lacking, sample, written }) => {
    const generated = loaded(infer("t", sample.keys, sample.rows).source)
    assert.deepInclude(checked(generated, sample), { refused: 0, unclaimed: 0, leftOut: {}, tooLarge: 0 })
    assert.deepInclude(checked(written, sample), { refused: 0, unclaimed: 0 })
    const [own, other] = [linesOf(generated), linesOf(written)]
    const differing = [...own].filter((line) => !other.has(line))
    assert.deepStrictEqual(differing.toSorted(), added)
    assert.strictEqual(own.size - added.length, alike)
    assert.strictEqual(other.size - alike, lacking)
  })
})
