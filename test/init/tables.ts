/** Small tables in the shapes that single tables have, each with the definition that is expected of its kinds. */
import type { Attributes, AttributeValue } from "../../src/source/Change.ts"

export interface Sampled {
  readonly keys: { readonly partitionKey: string; readonly sortKey: string | undefined }
  readonly rows: ReadonlyArray<Attributes>
}

/** JSON as DynamoDB's attribute values. */
export const valueOf = (value: unknown): AttributeValue => {
  if (typeof value === "string") return { S: value }
  if (typeof value === "number" || typeof value === "bigint") return { N: String(value) }
  if (typeof value === "boolean") return { BOOL: value }
  if (Array.isArray(value)) return { L: value.map(valueOf) }
  return value === null ? { NULL: true } : { M: row(value as { readonly [name: string]: unknown }) }
}

export const row = (attributes: { readonly [name: string]: unknown }): Attributes =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, valueOf(value)]))

const pkSk = { partitionKey: "PK", sortKey: "SK" }

const times = (n: number) => Array.from({ length: n }, (_, i) => i + 1)

const at = (PK: string, SK: string | number, attributes: { readonly [name: string]: unknown } = {}) =>
  row({ PK, SK, ...attributes })

/** The table of the example: orders and users. */
export const logistics: Sampled = {
  keys: pkSk,
  rows: [
    ...times(12).flatMap((n) => [
      at(`ORDER#${1000 + n}`, "DETAILS", {
        orderId: String(1000 + n),
        customerId: `c${n % 3}`,
        status: n % 2 === 0 ? "paid" : "open",
        totalAmount: n * 10,
        orderDate: `2026-08-${String(n).padStart(2, "0")}T10:00:00Z`,
        shippingAddress: { street: "Main St 1", city: "Bern", zipCode: "3000" },
        ...(n % 4 === 0 ? { note: "please ring the bell twice" } : {})
      }),
      ...times(1 + (n % 3)).map((i) =>
        at(`ORDER#${1000 + n}`, `ITEM#${i}`, {
          orderId: String(1000 + n),
          itemId: String(i),
          productName: "tea",
          quantity: i,
          unitPrice: 2.5,
          ...(i === 2 ? { options: { colour: "red" } } : {})
        })
      ),
      ...(n % 2 === 0
        ? [
            at(`ORDER#${1000 + n}`, `SHIPMENT#S${n}`, {
              orderId: String(1000 + n),
              shipmentId: `S${n}`,
              status: "sent",
              carrier: "ACME",
              trackingNumber: `T-${n}`
            })
          ]
        : [])
    ]),
    ...["ann", "bob", "cat"].map((user) =>
      at(`USER#${user}`, "PROFILE", {
        userId: user,
        name: user,
        email: `${user}@example.org`,
        ...(user === "ann" ? { tags: ["vip"] } : {}),
        phone: user === "bob" ? null : "1"
      })
    )
  ]
}

/** An adjacency list: bills that are in invoices, nodes whose keys are equal, edges whose keys differ. */
export const adjacency: Sampled = {
  keys: { partitionKey: "PK", sortKey: "SK" },
  rows: times(6).flatMap((n) => [
    at(`Invoice-${9000 + n}`, `Invoice-${9000 + n}`, { date: "2026-01-05", customer: `c${n}` }),
    at(`Bill-${4000 + n}`, `Bill-${4000 + n}`, { amount: n * 1.5 }),
    ...times(2).map((i) => at(`Invoice-${9000 + n}`, `Bill-${4000 + ((n + i) % 6) + 1}`, { amount: n + i }))
  ])
}

/** A shop: customers with orders and their items in one partition, an inverted index beside them. */
export const shop: Sampled = {
  keys: pkSk,
  rows: times(7).flatMap((n) => [
    at(`CUSTOMER#c${n}`, `CUSTOMER#c${n}`, { name: "Ann", email: "a@example.org", GSI1PK: `EMAIL#${n}`, GSI1SK: "X" }),
    ...times(2).flatMap((o) => [
      at(`CUSTOMER#c${n}`, `ORDER#${n}${o}`, { status: "open", createdAt: "2026-02-03T04:05:06Z", amount: 12.5 }),
      ...times(2).map((i) => at(`CUSTOMER#c${n}`, `ORDER#${n}${o}#ITEM#${i}`, { sku: `s${i}`, quantity: i }))
    ])
  ])
}

/** Orders below customers of whom the table has no row. */
export const ordersAlone: Sampled = {
  keys: pkSk,
  rows: times(5).flatMap((n) =>
    times(3).flatMap((o) => [
      at(`CUSTOMER#c${n}`, `ORDER#${n}${o}`, { status: "open", amount: 12.5 }),
      ...times(2).map((i) => at(`CUSTOMER#c${n}`, `ORDER#${n}${o}#ITEM#${i}`, { sku: `s${i}`, quantity: i }))
    ])
  )
}

/** A forum: threads by their subject, keys without labels. */
export const forum: Sampled = {
  keys: { partitionKey: "ForumName", sortKey: "Subject" },
  rows: ["Amazon DynamoDB", "Amazon S3"].flatMap((ForumName) =>
    times(4).map((n) =>
      row({
        ForumName,
        Subject: `How do I update ${n} items?`,
        Message: "I want to update several items at once, how?",
        LastPostedBy: "User A",
        Views: n,
        Answered: n % 2 === 0,
        Tags: ["items"]
      })
    )
  )
}

/** Kinds told by an attribute, keys that are ids: both alike. */
export const typedIds: Sampled = {
  keys: { partitionKey: "pk", sortKey: "sk" },
  rows: times(6).flatMap((n) => [
    row({ pk: `a1b2-${n}`, sk: `a1b2-${n}`, _et: "Customer", name: "Ann", level: n }),
    row({ pk: `f9e8-${n}`, sk: `f9e8-${n}`, _et: "Product", title: "tea", price: n / 2 }),
    ...times(2).map((i) => row({ pk: `a1b2-${n}`, sk: `77-${n}${i}`, _et: "Visit", page: "/", seconds: i }))
  ])
}

/** Readings of devices, under sort keys that are numbers. */
export const readings: Sampled = {
  keys: { partitionKey: "deviceId", sortKey: "timestamp" },
  rows: ["d1", "d2", "d3"].flatMap((deviceId) =>
    times(10).map((n) => row({ deviceId, timestamp: 1_767_225_600_000 + n, celsius: n / 3, ok: true }))
  )
}

/** Rows as ElectroDB writes them. */
export const electro: Sampled = {
  keys: { partitionKey: "pk", sortKey: "sk" },
  rows: times(5).flatMap((n) => [
    row({
      pk: `$taskapp#employeeid_e-${n}`,
      sk: "$employee_1",
      __edb_e__: "employee",
      __edb_v__: "1",
      employeeId: `e-${n}`
    }),
    ...times(3).map((t) =>
      row({
        pk: `$taskapp#employeeid_e-${n}`,
        sk: `$tasks_1#task_t${t}#project_p${t}`,
        __edb_e__: "tasks",
        __edb_v__: "1",
        employeeId: `e-${n}`,
        task: `t${t}`,
        project: `p${t}`,
        description: "write the text of the page"
      })
    )
  ])
}

/** A table without a sort key. */
export const sessions: Sampled = {
  keys: { partitionKey: "sessionId", sortKey: undefined },
  rows: times(8).map((n) => row({ sessionId: `s-${n}-${n * 7}`, user: "ann", ttl: 1_767_225_600 + n, "odd name": n }))
}

/** A service with organisations, members, projects, tasks with comments and reactions, invoices, payment methods. */
export const saas: Sampled = {
  keys: pkSk,
  rows: times(4).flatMap((n) => {
    const org = `ORG#o${n}`
    return [
      at(org, "METADATA", { name: "ACME", plan: n % 2 === 0 ? "pro" : "free", createdAt: "2026-01-02T03:04:05.678Z" }),
      ...["ann", "bob"].map((user) => at(org, `MEMBER#${user}`, { userId: user, role: "admin", invitedBy: null })),
      ...times(2).map((i) =>
        at(org, `INVOICE#2026-0${i}`, { amountCents: i * 100, paid: i === 1, lines: [{ cents: i }] })
      ),
      ...times(2).map((i) => at(org, `PAYMENT_METHOD#pm_${n}${i}`, { brand: "visa", last4: "4242" })),
      ...times(2).flatMap((p) => {
        const project = `PROJECT#p${n}${p}`
        return [
          at(project, "METADATA", { orgId: `o${n}`, name: "site", labels: { a1: "x", [`b${p}`]: "y" } }),
          ...times(3).flatMap((t) => [
            at(project, `TASK#t${t}`, { title: "write it", done: false, estimate: t === 2 ? "2h" : t }),
            ...times(2).flatMap((c) => [
              at(project, `TASK#t${t}#COMMENT#${c}`, { body: "I do not think that this is right", author: "ann" }),
              ...(c === 1 ? [at(project, `TASK#t${t}#COMMENT#${c}#REACTION#ann`, { emoji: "+1" })] : [])
            ])
          ])
        ]
      }),
      at(`USER#u${n}`, `#METADATA#u${n}`, { email: "ann@example.org" })
    ]
  })
}

/** Rows of the SaaS table whose definition is in `test/saas`. */
export const product: Sampled = {
  keys: pkSk,
  rows: times(6).flatMap((n) => {
    const [org, project, user] = [`ORG#org${n}`, `PROJECT#p${n}`, `USER#u${n}`]
    const gone = (is: boolean) => (is ? { deletedAt: "2026-01-01" } : {})
    return [
      at(org, "ORG", { name: `Org ${n}`, entity: "organisation" }),
      ...["ann", "ben", "eve"].map((name, i) =>
        at(org, `MEMBER#${name}`, {
          role: "guest",
          email: `${name}@example.com`,
          entity: "member",
          ...gone(i + n === 4)
        })
      ),
      ...times(2).flatMap((no) => [
        at(org, `INVOICE#${no}`, { state: no === 1 ? "paid" : "open", entity: "invoice" }),
        ...times(2).map((l) => at(org, `INVOICE#${no}#LINE#${l}`, { label: "seats", cents: 900 * l, entity: "line" }))
      ]),
      at(org, "PAYMENT#a", { entity: "card", last4: "4242" }),
      at(org, "PAYMENT#b", { entity: "bankAccount", iban: "DE00" }),
      at(org, "PAYMENT#DEFAULT", { id: "a", entity: "defaultPayment" }),
      at(project, "PROJECT", { name: "Launch", entity: "project" }),
      ...times(3).flatMap((t) => [
        at(project, `TASK#${t}`, { title: "write the text", entity: "task", ...gone(t === 3) }),
        ...times(2).flatMap((c) => [
          at(project, `TASK#${t}#COMMENT#${c}`, { body: "I do not think that this is right", entity: "comment" }),
          ...(c === 1 ? [at(project, `TASK#${t}#COMMENT#${c}#REACTION#ann`, { emoji: "+1", entity: "reaction" })] : [])
        ])
      ]),
      ...times(1 + (n % 2)).map((i) => at(project, `NOTE#${i}`, { text: "first", entity: "note" })),
      at(user, user, { entity: "user" }),
      ...times(2).map((i) => at(user, `MEMBER#org${i}`, { role: "owner", entity: "membership" }))
    ]
  })
}
