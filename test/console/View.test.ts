/** What pages are shown: whenever one is opened, it ends with the same; and it is bounded, whatever comes. */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { definitionOf } from "../../src/console/definition.ts"
import type * as messages from "../../src/console/messages.ts"
import { View } from "../../src/console/View.ts"
import { table } from "../../src/example/table.ts"
import { type Delivery, none } from "../../src/pipeline/Delivery.ts"
import type { Received } from "../../src/pipeline/settlement.ts"
import type { Attributes } from "../../src/source/Change.ts"

const about = {
  session: "s",
  token: "t",
  version: "0",
  program: "dev",
  canEdit: true,
  table: "shop",
  tableTitle: "",
  searchTitle: ""
} as const

const makeView = (showsData = true) => {
  const definition = definitionOf(table, { revision: 1, file: undefined, aliasPrefix: "" })
  return new View({ hello: { _tag: "Hello", ...about, showsData }, knowsAll: true }, table, definition)
}

const keysOf = (order: number, item: number): Attributes => {
  return { PK: { S: `ORDER#${order}` }, SK: { S: item === 0 ? "DETAILS" : `ITEM#${item}` } }
}

const record = (order: number, item: number, text: string | undefined): Received => {
  const keys = keysOf(order, item)
  const image = text === undefined ? undefined : { ...keys, text: { S: text } }
  const eventName = text === undefined ? "REMOVE" : "MODIFY"
  const streamArn = "arn:aws:dynamodb:eu-west-1:1:table/shop/stream/2026-11-25T08:00:00.000"
  const origin = {
    _tag: "Stream",
    eventName,
    streamArn,
    sequenceNumber: "1",
    createdAt: 1000,
    viewType: undefined
  } as const
  return Result.succeed({ keys, image, origin })
}

const delivery = (received: number): Delivery => ({
  summary: { ...none, received },
  unacknowledged: [],
  unsettled: 0,
  outdated: 0,
  unclaimed: [],
  problems: [],
  refusals: [],
  notTaken: [],
  settled: []
})

/** A page that keeps what it is told. */
class Page {
  readonly rows = new Map<string, messages.Row>()
  readonly documents = new Map<string, messages.Document>()
  readonly changes: Array<number> = []
  points = 0

  take(all: ReadonlyArray<messages.ServerMessage>): void {
    // As they are sent.
    for (const message of JSON.parse(JSON.stringify(all)) as ReadonlyArray<messages.ServerMessage>) {
      if (message._tag === "Rows") {
        if (message.isFirst) this.rows.clear()
        for (const row of message.rows) this.rows.set(row.row, row)
        for (const row of message.removed) this.rows.delete(row)
      }
      if (message._tag === "Documents") {
        if (message.isFirst) this.documents.clear()
        for (const document of message.documents) this.documents.set(`${document.aggregate} ${document.id}`, document)
      }
      if (message._tag === "Changes") this.changes.push(...message.changes.map(({ number }) => number))
      if (message._tag === "Points") this.points = (message.isFirst ? 0 : this.points) + message.points.length
    }
  }
}

const small = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 }))
const Step = Schema.Union([
  Schema.TaggedStruct("Stream", { order: small, item: small, text: Schema.UndefinedOr(Schema.String) }),
  Schema.TaggedStruct("Page", {
    order: small,
    item: small,
    text: Schema.UndefinedOr(Schema.String),
    isFailed: Schema.Boolean
  }),
  Schema.TaggedStruct("Read", { order: small, json: Schema.UndefinedOr(Schema.String) }),
  Schema.TaggedStruct("Send", {}),
  Schema.TaggedStruct("Tick", {}),
  Schema.TaggedStruct("Define", { order: small })
])

const run = (view: View, step: typeof Step.Type): void => {
  switch (step._tag) {
    case "Stream":
      return view.delivered([record(step.order, step.item, step.text)], delivery(1), 2000)
    case "Page": {
      const keys = keysOf(step.order, step.item)
      const image = step.text === undefined ? undefined : { ...keys, text: { S: step.text } }
      const wrote = view.wrote(keys, image, 1500)
      if (step.isFailed) view.unwrote(wrote, true)
      return
    }
    case "Read": {
      const json = step.json === undefined ? undefined : JSON.stringify({ text: step.json })
      return view.read({ aggregate: "orders", id: `${step.order}` }, json, 1, 2000)
    }
    case "Tick":
      return view.tick(3000)
    case "Define": {
      const items = [{ ...keysOf(step.order, 0), text: { S: "anew" } }]
      return view.define(table, definitionOf(table, { revision: 2, file: undefined, aliasPrefix: "" }), items)
    }
    case "Send":
  }
}

describe("View", () => {
  it.prop(
    "gives a page that was opened at any time what one has that is opened at the end, and each change once",
    [Schema.Array(Step), Schema.Array(Step)],
    ([before, after]) => {
      const view = makeView()
      for (const step of before) run(view, step)
      const early = new Page()
      early.take(view.snapshot())
      for (const step of after) {
        if (step._tag === "Send") early.take(view.take())
        else run(view, step)
      }
      early.take(view.take())
      const late = new Page()
      late.take(view.snapshot())
      assert.deepStrictEqual(new Map([...early.rows].toSorted()), new Map([...late.rows].toSorted()))
      assert.deepStrictEqual(new Map([...early.documents].toSorted()), new Map([...late.documents].toSorted()))
      assert.deepStrictEqual(early.changes, late.changes)
      assert.strictEqual(early.points, late.points)
    }
  )

  it("holds a bounded part of what comes, and says that it is a part", () => {
    const view = makeView()
    for (let i = 0; i < 200; i++) {
      const batch = Array.from({ length: 500 }, (_, j) => record(i * 500 + j, 0, "x".repeat(100)))
      view.delivered(batch, delivery(500), 2000)
      for (let j = 0; j < 100; j++) {
        view.read({ aggregate: "orders", id: `${i * 100 + j}` }, JSON.stringify({ text: "x".repeat(1000) }), 1, 2000)
      }
      view.tick(i)
      if (i % 10 === 9) assert.isAtMost(JSON.stringify(view.take()).length, 12_000_000)
    }
    const page = new Page()
    page.take(view.snapshot())
    assert.isAtMost(page.rows.size, 5000)
    assert.isAtMost(page.documents.size, 5000)
    assert.isAtMost(page.changes.length, 2000)
    assert.isAtMost(view.takeDirty(1_000_000).length, 5000)
    assert.isTrue(view.snapshot().some((message) => message._tag === "Rows" && message.isPart))
    assert.strictEqual(view.state.received, 100_000)
    for (let i = 0; i < 4000; i++) view.tick(i)
    assert.strictEqual(view.run.points.length, 3600)
  })

  it("tells nothing of what rows and documents hold, where data is not shown", () => {
    const view = makeView(false)
    view.delivered([record(1, 0, "secret")], delivery(1), 2000)
    view.wrote(keysOf(2, 0), { ...keysOf(2, 0), text: { S: "secret" } }, 2000)
    view.read({ aggregate: "orders", id: "1" }, JSON.stringify({ text: "secret" }), 1, 2000)
    const told = JSON.stringify([view.take(), view.snapshot()])
    assert.notInclude(told, "secret")
    assert.include(told, "ORDER#1")
    assert.include(told, '"isThere":true')
  })

  it("names what the last change altered", () => {
    const view = makeView()
    const read = (json: object) => {
      view.read({ aggregate: "orders", id: "1" }, JSON.stringify(json), 1, 2000)
      const [documents] = view.take().filter((message) => message._tag === "Documents")
      return documents?.documents[0]?.altered
    }
    assert.deepStrictEqual(read({ a: 1, b: [{ c: 2 }] }), ["a", "b"])
    assert.deepStrictEqual(read({ a: 1, b: [{ c: 3 }] }), ["b.0.c"])
    assert.deepStrictEqual(read({ a: 1, b: [] }), ["b.0"])
  })
})
