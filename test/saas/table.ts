/**
 * The table of a SaaS product: organisations with their members, invoices and payment methods, projects with tasks,
 * comments and reactions, and users. One row may be of several documents.
 */
import { Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"

const text = Schema.String
const notDeleted = { where: Schema.Struct({ deletedAt: Schema.optionalKey(Schema.Never) }) }
const isOpen = { where: Schema.Struct({ state: Schema.Literal("open") }) }

const Organisation = Aggregate.make("organisations", {
  key: "ORG#{orgId}",
  root: Aggregate.root("ORG", { orgId: text, name: text }),
  parts: {
    members: Aggregate.many("MEMBER#{userId}", { userId: text, role: text }, notDeleted),
    openInvoices: Aggregate.many("INVOICE#{no}", { no: text }, isOpen),
    cards: Aggregate.many("PAYMENT#{id}", { id: text, last4: text }, { type: "card" }),
    bankAccounts: Aggregate.many("PAYMENT#{id}", { id: text, iban: text }, { type: "bankAccount" }),
    defaultPayment: Aggregate.one("PAYMENT#DEFAULT", { id: text })
  }
})

const Member = Aggregate.make("members", {
  key: ["ORG#{orgId}", "MEMBER#{userId}"],
  root: Aggregate.root({ orgId: text, email: text }, notDeleted)
})

const Invoice = Aggregate.make("invoices", {
  key: ["ORG#{orgId}", "INVOICE#{no}"],
  root: Aggregate.root({ no: text, state: text }),
  parts: { lines: Aggregate.many("#LINE#{n}", { label: text, cents: Schema.Int }) }
}).pipe(
  Aggregate.derive({ totalCents: Schema.Int }, ({ lines }) => ({
    totalCents: lines.reduce((sum, { cents }) => sum + cents, 0)
  }))
)

export const projectKey = "PROJECT#{projectId}"
export const projectRoot = Aggregate.root("PROJECT", { projectId: text, name: text })
export const projectParts = {
  tasks: Aggregate.many("TASK#{t}", { t: text, title: text }, notDeleted),
  comments: Aggregate.many("TASK#{t}#COMMENT#{c}", { t: text, c: text }),
  notes: Aggregate.many("NOTE#{n}", { text })
}
const Project = Aggregate.make("projects", { key: projectKey, root: projectRoot, parts: projectParts })

const Task = Aggregate.make("tasks", {
  key: ["PROJECT#{projectId}", "TASK#{t}"],
  root: Aggregate.root({ title: text }, notDeleted),
  parts: {
    comments: Aggregate.many(
      "#COMMENT#{c}",
      { body: text },
      { parts: { reactions: Aggregate.many("#REACTION#{u}", { u: text, emoji: text }) } }
    )
  }
})

const Activity = Aggregate.make("activities", {
  key: "PROJECT#{projectId}",
  parts: { comments: Aggregate.many("TASK#{t}#COMMENT#{c}", { body: text }) }
})

const User = Aggregate.make("users", {
  key: "USER#{userId}",
  root: Aggregate.root("USER#{userId}", { userId: text }),
  parts: { memberships: Aggregate.many("MEMBER#{orgId}", { orgId: text }) }
})

export const names = { partitionKey: "PK", sortKey: "SK", typeAttribute: "entity" } as const
export const others = [Organisation, Member, Invoice, Task, Activity, User] as const

export const table = Table.make({ ...names, aggregates: [...others, Project] })
export { Project }
