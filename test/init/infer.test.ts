/** Definitions out of samples: modules that compile, load, and take the rows that they were made from. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll } from "vitest"
import type * as Table from "../../src/define/Table.ts"
import { infer } from "../../src/init/infer.ts"
import { decoded } from "./decoded.ts"
import * as tables from "./tables.ts"

const root = join(import.meta.dirname, "../..")

const { row, valueOf: _, ...samples } = tables

/** The kinds that each table should have, in the words of a definition. */
const expected: { readonly [name in keyof typeof samples]: ReadonlyArray<string> } = {
  logistics: [
    "orders ORDER#{orderId} / DETAILS root 12",
    "orders ORDER#{orderId} / ITEM#{itemId} many items 24",
    "orders ORDER#{orderId} / SHIPMENT#{shipmentId} one shipment 6",
    "users USER#{userId} / PROFILE root 3"
  ],
  adjacency: [
    "invoices Invoice-{invoiceId} / Invoice-{invoiceId} root 6",
    "invoices Invoice-{invoiceId} / Bill-{billId} many bills 12",
    "bills Bill-{billId} / Bill-{billId} root 6"
  ],
  shop: [
    "customers CUSTOMER#{customerId} / CUSTOMER#{customerId} root 7",
    "customers CUSTOMER#{customerId} / ORDER#{orderId} many orders 14",
    "customers CUSTOMER#{customerId} / ORDER#{orderId}#ITEM#{itemId} many orders.items 28"
  ],
  ordersAlone: [
    "orders CUSTOMER#{customerId} / ORDER#{orderId} root 15",
    "orders CUSTOMER#{customerId} / ORDER#{orderId}#ITEM#{itemId} many items 30"
  ],
  forum: ["subjects {ForumName} / {Subject} root 8"],
  typedIds: [
    "customers {id} / {id} root 6",
    "customers {id} / {visitId} many visits 12",
    "products {id} / {id} root 6"
  ],
  readings: ["timestamps {deviceId} / {timestamp} root 30"],
  electro: [
    "employees $taskapp#employeeid_{employeeId} / $employee_1 root 5",
    "employees $taskapp#employeeid_{employeeId} / $tasks_1#task_{taskId}#project_{projectId} many tasks 15"
  ],
  sessions: ["sessions {sessionId} root 8"],
  saas: [
    "projects PROJECT#{projectId} / METADATA root 8",
    "projects PROJECT#{projectId} / TASK#{taskId} many tasks 24",
    "projects PROJECT#{projectId} / TASK#{taskId}#COMMENT#{commentId} many tasks.comments 48",
    "projects PROJECT#{projectId} / TASK#{taskId}#COMMENT#{commentId}#REACTION#{reactionId} many tasks.comments.reactions 24",
    "orgs ORG#{orgId} / METADATA root 4",
    "orgs ORG#{orgId} / INVOICE#{invoiceId} many invoices 8",
    "orgs ORG#{orgId} / MEMBER#{userId} many members 8",
    "orgs ORG#{orgId} / PAYMENT_METHOD#{paymentMethodId} many paymentMethods 8",
    "users USER#{userId} / #METADATA#{userId} root 4"
  ],
  product: [
    "projects PROJECT#{projectId} / PROJECT root 6",
    "projects PROJECT#{projectId} / NOTE#{noteId} many notes 9",
    "projects PROJECT#{projectId} / TASK#{taskId} many tasks 18",
    "projects PROJECT#{projectId} / TASK#{taskId}#COMMENT#{commentId} many tasks.comments 36",
    "projects PROJECT#{projectId} / TASK#{taskId}#COMMENT#{commentId}#REACTION#{reactionId} many tasks.comments.reactions 18",
    "organisations ORG#{orgId} / ORG root 6",
    "organisations ORG#{orgId} / INVOICE#{invoiceId} many invoices 12",
    "organisations ORG#{orgId} / INVOICE#{invoiceId}#LINE#{lineId} many invoices.lines 24",
    "organisations ORG#{orgId} / MEMBER#{memberId} many members 18",
    "organisations ORG#{orgId} / PAYMENT#DEFAULT one defaultPayment 6",
    "organisations ORG#{orgId} / PAYMENT#{paymentId} one card 6",
    "organisations ORG#{orgId} / PAYMENT#{paymentId} one bankAccount 6",
    "users USER#{userId} / USER#{userId} root 6",
    "users USER#{userId} / MEMBER#{memberId} many memberships 12"
  ]
}

describe("infer", () => {
  mkdirSync(join(root, "tmp"), { recursive: true })
  const folder = mkdtempSync(join(root, "tmp", "init-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const modules = Object.entries(samples).map(([name, sample]) => {
    const inferred = infer(name, sample.keys, sample.rows)
    const file = join(folder, `${name}.ts`)
    writeFileSync(file, inferred.source.replace('from "tablefold"', 'from "../../src/index.ts"'))
    return { name: name as keyof typeof samples, file, inferred, sample }
  })

  it.each(modules)("finds the kinds of $name", ({ inferred, name }) => {
    const found = inferred.kinds.map(({ aggregate, field, key, kind, rows }) =>
      [aggregate, key.join(" / "), kind, ...(field === "root" ? [] : [field]), rows].join(" ")
    )
    assert.deepStrictEqual(found, expected[name])
    assert.deepStrictEqual(inferred.unplaced, [])
  })

  it("prints modules that compile", () => {
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ extends: "../../tsconfig.json", include: ["."] }))
    const tsc = join(root, "node_modules/typescript/bin/tsc")
    const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", folder])
    assert.strictEqual(status, 0, String(stdout))
  })

  it.each(modules)("$name, loaded, takes all rows that it was made from", async ({ file, inferred, sample }) => {
    const { table } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as { readonly table: Table.Table }
    const { others, taken } = decoded(table, sample)
    assert.deepStrictEqual(others, [])
    const said = inferred.kinds.map(({ aggregate, field, rows }) => [`${aggregate}.${field}`, rows] as const)
    assert.deepStrictEqual(taken, Object.fromEntries(said))
  })
})

describe("the fields", () => {
  const fieldsOf = (rows: ReadonlyArray<{ readonly [name: string]: unknown }>) => {
    const images = rows.map((attributes, i) => row({ PK: `A#${i}`, SK: "META", ...attributes }))
    const { source, unplaced } = infer("t", { partitionKey: "PK", sortKey: "SK" }, images)
    assert.deepStrictEqual(unplaced, [])
    return source
  }
  const twelve = (attributes: (i: number) => { readonly [name: string]: unknown }) =>
    fieldsOf(Array.from({ length: 12 }, (_, i) => attributes(i)))

  it("are no list of the few texts that were seen", () => {
    const source = twelve((i) => ({ status: i % 2 === 0 ? "open" : "paid" }))
    assert.include(source, "status: Schema.String }")
  })

  it("are whole numbers where all of many were, and dates where all were", () => {
    const source = twelve((i) => ({
      count: i,
      price: i,
      size: i / 4,
      day: "2026-08-01",
      mixed: i ? "2026-08-01" : "soon"
    }))
    for (const field of ["count: Schema.Int", "price: Schema.Finite", "size: Schema.Finite", "mixed: Schema.String"]) {
      assert.include(source, field)
    }
    assert.include(source, "day: Schema.Date")
    assert.include(fieldsOf([{ count: 1 }, { count: 2 }]), "count: Schema.Finite")
  })

  it("keep digits that no double holds", () => {
    const source = twelve((i) => ({ big: 12345678901234567890n + BigInt(i) }))
    assert.include(source, "big: Schema.BigInt")
  })

  it("are words where texts have several", () => {
    const source = twelve((i) => ({ a: `ann ${i}`, b: "the quick brown fox jumps over a dog", c: i ? "x" : "x y" }))
    assert.include(source, "a: Schema.String.annotate(Mapping.searchable)")
    assert.include(source, "b: Schema.String.annotate(Mapping.text)")
    assert.match(source, /c: Schema.String\n/)
  })

  it("are optional where one row lacks them or has NULL", () => {
    const source = twelve((i) => ({
      a: i === 3 ? null : "x",
      ...(i === 5 ? {} : { b: true }),
      list: [i === 2 ? null : "x"]
    }))
    assert.include(source, "a: Schema.optionalKey(Schema.String)")
    assert.include(source, "b: Schema.optionalKey(Schema.Boolean)")
    assert.include(source, "list: Schema.Array(Schema.NullOr(Schema.String))")
  })

  it("are free maps where the names in them are data, unless a text is too long to be found", () => {
    const source = twelve((i) => ({
      free: { [`user ${i}`]: 1 },
      labels: { [`l${i % 5}`]: "x" },
      any: { [`l${i}`]: i ? "x" : { y: [1] } },
      list: [{ [`l${i}`]: true }],
      long: { [`l${i}`]: "x".repeat(i ? 1 : 9000) }
    }))
    const record = (values: string) => `Schema.Record(Schema.String, ${values}).annotate(Mapping.flatObject)`
    assert.include(source, `free: ${record("Schema.Finite")}`)
    assert.include(source, `labels: ${record("Schema.String")}`)
    assert.include(source, `any: ${record("Schema.Json")}`)
    assert.include(source, `list: Schema.Array(${record("Schema.Boolean")})`)
    assert.include(source, "long: Schema.Json.annotate(Mapping.stored)")
    assert.include(source, "any, free, labels, list: the names in the map seem to be data")
    assert.notInclude(
      twelve((i) => ({ size: i % 2 ? { w: 1 } : { h: 2 } })),
      "Record"
    )
  })

  it("are kept as they are, with a word, where they have no one type", () => {
    const source = twelve((i) => ({ m: i === 0 ? "x" : 1, none: [] }))
    assert.include(source, "// m: text and a number were seen: kept, not indexed.")
    assert.include(source, "// none: only empty lists were seen: kept, not indexed.")
  })

  it("stand over several lines where one is too long, whatever they are named", () => {
    const address = { street: "Main", city: { name: "Bern", region: "BE" }, country: "CH", code: "3000" }
    assert.include(
      twelve(() => ({ 'odd, {"name': address })),
      `    "odd, {\\"name": Schema.Struct({
      city: Schema.Struct({ name: Schema.String, region: Schema.String }),
      code: Schema.String,
      country: Schema.String,
      street: Schema.String
    })`
    )
  })

  it("leave out what no document's field can be, and say so", () => {
    const source = twelve(() => ({ _sync: 1, "a.b": 1, ["__proto__"]: "x", _id: "x", GSI1PK: "x" }))
    assert.match(source, /\/\/ Left out: GSI1PK, __proto__, _id, _sync, a\.b\./)
  })
})

it("keeps the partitions of others out of a key that takes any text", () => {
  const ids = Array.from({ length: 9 }, (_, i) => row({ PK: `${i}f`, SK: "META", a: i }))
  const orders = Array.from({ length: 9 }, (_, i) => row({ PK: `ORDER#${i}`, SK: "META", b: "x" }))
  const { source, unplaced } = infer("t", { partitionKey: "PK", sortKey: "SK" }, [...ids, ...orders])
  assert.deepStrictEqual(unplaced, [])
  assert.include(source, "{ where: Schema.Struct({ PK: Schema.String.check(Schema.isPattern(/^(?!ORDER#)/)) }) }")
})

it("gives equal keys two names where one would make kinds that no key tells apart", () => {
  const rows = Array.from({ length: 5 }, (_, i) => [
    row({ PK: `${i}f`, SK: `${i}f`, a: i }),
    row({ PK: `${i}f`, SK: `LOG#${i}`, b: "x" }),
    row({ PK: `${i}f`, SK: `LOG#${i}x`, b: "x" })
  ]).flat()
  const { kinds, unplaced } = infer("t", { partitionKey: "PK", sortKey: "SK" }, rows)
  assert.deepStrictEqual(unplaced, [])
  assert.deepStrictEqual(
    kinds.map(({ key, kind, rows }) => [key[1], kind, rows]),
    [
      ["{idInKey}", "root", 5],
      ["LOG#{logId}", "many", 10]
    ]
  )
})

it("says which rows no kind takes, by the pattern of their keys", () => {
  const rows = [
    ...Array.from({ length: 9 }, (_, i) => row({ PK: `A#${i}`, SK: `X#${i % 2}#META`, a: "x" })),
    row({ PK: "A#1", SK: "X#1", b: "x" }),
    row({ PK: "A#1", SK: "1#META", c: "x" }),
    { PK: { S: "A#2" } }
  ]
  const { unplaced } = infer("t", { partitionKey: "PK", sortKey: "SK" }, rows)
  assert.deepStrictEqual(unplaced.at(-1), { key: [], rows: 1, example: "", reason: "its keys can't be read" })
  assert.isBelow(unplaced.length, 3)
})
