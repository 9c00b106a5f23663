/**
 * The shop's table with projects beside the rest: keys of several levels, rows that are in documents of several
 * aggregates, and rows whose data tells of which kind they are, if of any.
 */
import { Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import { type Json, labels, names, type Place, poison, type RowKind, type Shop, shop, type View } from "./shop.ts"

const text = Schema.String
const isOpen = { where: Schema.Struct({ state: Schema.Literal("open") }) }

const Project = Aggregate.make("projects", {
  key: "PROJECT#{p}",
  root: Aggregate.root("HEAD", { title: text }),
  parts: {
    tasks: Aggregate.many("TASK#{t}", { t: text, title: text }),
    comments: Aggregate.many("TASK#{t}#COMMENT#{c}", { c: text, title: text }),
    members: Aggregate.many("{id}", { id: text, title: text }, { type: "member" }),
    guest: Aggregate.one("{id}", { title: text }, { type: "guest" })
  }
})

const Task = Aggregate.make("tasks", {
  key: ["PROJECT#{p}", "TASK#{t}"],
  root: Aggregate.root({ title: text }, isOpen),
  parts: {
    comments: Aggregate.many("#COMMENT#{c}", { title: text }, { type: "remark" }),
    notes: Aggregate.many("#NOTE#{n}", { title: text })
  }
})

/** Without a root. */
const Feed = Aggregate.make("feeds", {
  key: "PROJECT#{p}",
  parts: {
    news: Aggregate.many("NEWS#{n}", { title: text }),
    open: Aggregate.many("TASK#{t}", { title: text }, isOpen),
    remarks: Aggregate.many("TASK#{t}#COMMENT#{c}", { title: text }, { type: "remark" })
  }
})

const titled = ({ title }: Json): Json => ({ title })
const ifOpen = (value: Json) => (value["state"] === "open" ? titled(value) : undefined)
const ifRemark = (value: Json) => (value["entity"] === "remark" ? titled(value) : undefined)

const view = (aggregate: string, field: string, show: View["show"], kind: View["kind"] = "many"): View => {
  const id = ({ pk, sk }: Place) => (aggregate === "tasks" ? `${pk}|${/TASK#[^#]+/.exec(sk)![0]}` : pk.slice(8))
  return { aggregate, field, kind, id, show }
}

const row = (
  views: ReadonlyArray<View>,
  sortKey: (row: number) => { readonly sk: string; readonly named?: Place["named"] },
  more: (random: SeededRandom) => Json = () => ({}),
  taken = more
): RowKind => {
  const { aggregate, field, kind } = views[0]!
  return {
    aggregate,
    field,
    kind,
    views,
    place: (document, row) => {
      const pk = `PROJECT#${document}`
      const { named = {}, sk } = sortKey(row)
      return { pk, sk, id: String(document), named }
    },
    value: (random) => ({ title: `${random.pick(names)} ${random.below(100)}`, ...more(random) }),
    spoilt: (random) => ({ ...taken(random), title: random.pick<any>([7, poison.action, poison.request]) })
  }
}

const label = (row: number): string => labels[row % 3]!
const task = (n: number) => `TASK#${label(n % 2)}`

const kinds: ReadonlyArray<RowKind> = [
  row([view("projects", "", titled, "root")], () => ({ sk: "HEAD" })),
  row(
    [
      view("projects", "tasks", ({ title }, { named }) => ({ ...named, title })),
      view("tasks", "", ifOpen, "root"),
      view("feeds", "open", ifOpen)
    ],
    (n) => ({ sk: task(n), named: { t: label(n % 2) } }),
    (random) => ({ state: random.pick(["open", "done"]) })
  ),
  row(
    [
      view("projects", "comments", ({ title }, { named }) => ({ ...named, title })),
      view("tasks", "comments", ifRemark),
      view("feeds", "remarks", ifRemark)
    ],
    (n) => ({ sk: `${task(n)}#COMMENT#${label(n)}`, named: { c: label(n) } }),
    (random) => ({ entity: random.pick(["remark", "question"]) })
  ),
  row(
    [
      view("projects", "members", ({ entity, title }, { named }) =>
        entity === "member" ? { ...named, title } : undefined
      ),
      view("projects", "guest", (value) => (value["entity"] === "guest" ? titled(value) : undefined), "one")
    ],
    (n) => ({ sk: label(n), named: { id: label(n) } }),
    (random) => ({ entity: random.pick(["member", "guest", "robot"]) }),
    (random) => ({ entity: random.pick(["member", "guest"]) })
  ),
  row([view("tasks", "notes", titled)], (n) => ({ sk: `${task(n)}#NOTE#${label(n)}` })),
  row([view("feeds", "news", titled)], (n) => ({ sk: `NEWS#${label(n)}` }))
]

/** In the order of the declarations above, the root first. */
const order = ["", "tasks", "comments", "members", "guest", "notes", "news", "open", "remarks"]
const fields = kinds
  .flatMap(({ views = [] }) => views)
  .toSorted((a, b) => order.indexOf(a.field) - order.indexOf(b.field))

export const board: Shop = {
  table: Table.make({
    partitionKey: "PK",
    sortKey: "SK",
    typeAttribute: "entity",
    aggregates: [...(shop.table.aggregates as []), Project, Task, Feed]
  }),
  // The shop's rows are the fewer ones here.
  kinds: [...kinds, ...kinds, ...shop.kinds],
  fields: [...fields, ...shop.fields]
}
