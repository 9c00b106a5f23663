/**
 * A document as an index keeps it: rendering and reading back undo each other, byte for byte, whatever the rows hold,
 * however often, and also when only a sibling changes. OpenSearch gives back the JSON text it was given.
 */
import { assert, describe, it } from "@effect/vitest"
import { BigDecimal, DateTime, Result } from "effect"
import type { RowEvent } from "../../src/decode/RowEvent.ts"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Shape from "../../src/define/Shape.ts"
import * as Document from "../../src/fold/Document.ts"
import * as reading from "../../src/define/reading.ts"
import * as source from "../../src/fold/source.ts"
import { index } from "../../src/testing/deliveries.ts"
import { deliveries, patches, put, remove } from "../../src/testing/index.ts"
import { Basket, Ledger, Order, Payment, Task, Thread, User } from "../definitions.ts"
import { folded, reread, visible } from "./fold.ts"

const text = (document: Document.Document) => source.render(document).text
const one = (events: ReadonlyArray<RowEvent>) => [...folded([events]).values()][0]!
const parse = (aggregate: Aggregate.Any, stored: unknown) => source.parse(Shape.of(aggregate), "1", stored)

const odd = ["1", "10", "9", ".", "a..b", " ", "__proto__", "\u0000", "\u{1f375}", "\uffee", "\u{1f375}".repeat(250)]
const key = { ledger: "1" }
const hard = JSON.parse(
  `{"__proto__":{"a":1},"constructor":[1e21,-0.5,5e-324],"10":{"9":null,"8":"\\u2028"},"":"","_sync":{"live":false}}`
)
const head = (balance: bigint) => put(Ledger).root(key, { balance, 10: "ten", 9: "nine", free: hard })
const entry = (n: string) =>
  put(Ledger)["7"](
    { ...key, n },
    {
      amount: BigDecimal.fromStringUnsafe("12345678901234567890.123456789012345678"),
      at: DateTime.makeUnsafe(0),
      free: hard
    }
  )

describe.each([Order, User, Basket, Ledger, Task, Thread, Payment])("$name", (aggregate) => {
  it.prop(
    "reading what was rendered gives the document, tombstones and times with it",
    [patches(aggregate, { keyValues: odd }), index(2)],
    ([patch, isStamped]) => {
      const applied = Document.apply(Document.empty(patch), patch)
      const document = isStamped === 1 ? Document.stamp(applied, 1_800_000_000_000) : applied
      assert.deepStrictEqual(reread(document), document)
    },
    { arbitrary: { runs: 200 } }
  )

  it.prop(
    "rendering what was read gives the same bytes",
    [deliveries(aggregate, { keyValues: odd })],
    ([{ delivered }]) => {
      for (const document of folded([delivered]).values()) assert.strictEqual(text(reread(document)), text(document))
    }
  )

  it.prop(
    "the text is JSON whose fields are those that readers see, and the flag says whether",
    [deliveries(aggregate)],
    ([{ delivered }]) => {
      for (const document of folded([delivered]).values()) {
        const { _sync, ...fields } = JSON.parse(text(document))
        assert.strictEqual(_sync.live, Document.isLive(document))
        assert.deepStrictEqual(fields, visible(document) ?? {})
      }
    }
  )
})

describe("hard values", () => {
  const events = [head(10n ** 37n + 1n), ...odd.map(entry)]

  it("stay as they are when a sibling changes", () => {
    const before = one(events)
    const after = Document.apply(reread(before), {
      ...before,
      registers: new Map([["L1", { ...put(Ledger).last({ ...key, n: "1" }, { 2: 2n, 1: null }) }]])
    })
    const fields = (document: Document.Document) => text(document).split(`,"last":`)[0]!.split(`,"_sync":`)[0]
    assert.strictEqual(fields(after), fields(before))
    assert.include(text(after), "10000000000000000000000000000000000001")
    assert.include(text(after), `"__proto__":{"a":1}`)
  })

  it("stay as they are through ten readings and writings", () => {
    let document = one(events)
    const before = text(document)
    for (let i = 0; i < 10; i++) document = reread(document)
    assert.strictEqual(text(document), before)
  })

  it("stay as they are while the root is away", () => {
    const hidden = reread(reread(one([...events, remove(Ledger).root(key)])))
    assert.isUndefined(source.visible(hidden))
    const back = Document.apply(hidden, { ...hidden, registers: new Map([["HEAD", head(10n ** 37n + 1n)]]) })
    assert.deepStrictEqual(visible(back), visible(one(events)))
  })

  it("stand in the table's order, and come back as their type", () => {
    const seen = Result.getOrThrow(reading.read(Ledger, visible(one(events)) as never)) as typeof Ledger.Type
    assert.strictEqual(seen["7"].length, odd.length)
    assert.strictEqual(seen.balance, 10n ** 37n + 1n)
    assert.isTrue(
      BigDecimal.equals(seen["7"][0]!.amount, BigDecimal.fromStringUnsafe("12345678901234567890.123456789012345678"))
    )
    const keys = one(events).rows.map(({ rowKey }) => rowKey)
    assert.deepStrictEqual(
      keys,
      keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    )
  })
})

describe("what a document that readers do not see holds", () => {
  it("is nothing but its sync state", () => {
    const hidden = one([put(Order).orderItems({ orderId: "1", n: "1" }, { sku: "tea", quantity: 1, price: 2 })])
    assert.deepStrictEqual(Object.keys(JSON.parse(text(hidden))), ["_sync"])
    const { kept, live } = JSON.parse(text(hidden))._sync
    assert.isFalse(live)
    assert.deepStrictEqual(kept, { parts: { orderItems: [{ sku: "tea", quantity: 1, price: 2 }] } })
  })

  it("of a part that shows one row, the sync state keeps the others", () => {
    const shipment = (id: string) => put(Order).shipmentInfo({ orderId: "1", id }, { carrier: id, status: "sent" })
    const root = put(Order).root({ orderId: "1" }, { orderId: "1", customerName: "Ada" })
    const both = one([root, shipment("1"), shipment("2")])
    assert.strictEqual((visible(both) as typeof Order.Type).shipmentInfo?.carrier, "2")
    assert.strictEqual(text(both).split(`"carrier":"1"`).length, 2)
    const gone = remove(Order).shipmentInfo({ orderId: "1", id: "2" })
    const after = Document.apply(reread(both), { ...both, registers: new Map([[gone.rowKey, gone]]) })
    assert.strictEqual((visible(after) as typeof Order.Type).shipmentInfo?.carrier, "1")
  })
})

describe("rows inside rows", () => {
  const key = { project: "1", task: "2" }
  const events = [
    put(Task).root(key, { title: "tea" }),
    put(Task).comments({ ...key, c: "3" }, { body: "hot" }),
    put(Task).comments.reactions({ ...key, c: "3", u: "ann" }, { emoji: "+1" })
  ]
  const comments = (document: Document.Document) => (visible(document) as typeof Task.Type).comments
  const then = (document: Document.Document, event: RowEvent) =>
    Document.apply(reread(document), { ...document, registers: new Map([[event.rowKey, event]]) })

  it("are hidden by the removal of their outer row, and shown when it comes back", () => {
    const before = one(events)
    assert.deepStrictEqual(comments(before), [{ body: "hot", reactions: [{ emoji: "+1" }] }] as never)
    const without = then(before, remove(Task).comments({ ...key, c: "3" }))
    assert.deepStrictEqual(comments(without), [])
    assert.deepStrictEqual(JSON.parse(text(without))._sync.kept, {
      parts2: { "comments.reactions": [{ emoji: "+1" }] }
    })
    assert.deepStrictEqual(
      visible(then(without, put(Task).comments({ ...key, c: "3" }, { body: "hot" }))),
      visible(before)
    )
  })

  it("are not seen through another outer row, nor through one that a greater row hides", () => {
    const cover = (id: string) => put(Thread).cover({ thread: "1", id }, { 7: id })
    const tag = (id: string) => put(Thread).cover["3"]({ thread: "1", id, t: "1" }, { label: id })
    const all = [cover("1"), cover("11"), tag("1"), tag("111")]
    assert.deepStrictEqual(visible(one(all)), { posts: [], cover: { 7: "11", 3: [] } })
    const shown = then(one(all), remove(Thread).cover({ thread: "1", id: "11" }))
    assert.deepStrictEqual(visible(shown), { posts: [], cover: { 7: "1", 3: [{ label: "1" }] } })
  })

  it("do not make a document without their outer row", () => {
    const waiting = one([put(Thread).posts.answers({ thread: "1", p: "1", a: "1" }, { text: "yes" })])
    assert.isUndefined(visible(waiting))
    assert.isDefined(visible(then(waiting, put(Thread).posts({ thread: "1", p: "1" }, { text: "why" }))))
  })
})

describe("a stored document that can't be read", () => {
  const stored = JSON.parse(text(one([head(1n), entry("1"), put(Ledger).last({ ...key, n: "1" }, { 2: 1n, 1: 1 })])))
  const failure = (stored: unknown) => {
    const parsed = parse(Ledger, stored)
    return Result.isFailure(parsed) ? source.sentenceOf(parsed.failure) : assert.fail("it was read")
  }

  it.each<[string, unknown, string]>([
    ["no sync state", { balance: "1" }, "by hand"],
    ["no object as one", { _sync: null }, "by hand"],
    ["another format", { ...stored, _sync: { ...stored._sync, format: 2 } }, "deploy the newer version"],
    ["no versions", { ...stored, _sync: { ...stored._sync, versions: "?" } }, "can't be read"],
    [
      "too few versions",
      { ...stored, _sync: { ...stored._sync, versions: stored._sync.versions.split(" ").slice(0, -1).join(" ") } },
      "can't be read"
    ],
    [
      "rows of a field that is gone",
      {
        ...stored,
        _sync: { ...stored._sync, rows: stored._sync.rows.map(([f, k]: [string, unknown]) => [f === "7" ? "8" : f, k]) }
      },
      "does not have"
    ],
    ["fewer elements than rows", { ...stored, "7": [] }, "lacks data"],
    ["no object of a part", { ...stored, last: undefined }, "lacks data"]
  ])("%s", (_, stored, sentence) => assert.include(failure(stored), sentence))

  it.each<[string, unknown]>([
    ["null", null],
    ["a text", "x"],
    ["rows that are none", { _sync: { ...stored._sync, rows: 5 } }],
    ["rows without a list", { _sync: { ...stored._sync, rows: [["7"]] } }],
    ["versions that are no text", { _sync: { ...stored._sync, versions: 5 } }],
    ["no versions at all", { _sync: { ...stored._sync, versions: undefined } }],
    ["marks that are no object", { _sync: { ...stored._sync, refused: null } }],
    ["marks without versions", { _sync: { ...stored._sync, refused: { rows: ["7"] } } }],
    ["more marks than versions", { _sync: { ...stored._sync, refused: { rows: ["7"], versions: "0..0" } } }],
    ["marks of no row key", { _sync: { ...stored._sync, refused: { rows: [7], versions: "0..0 E1.1.1.0T" } } }],
    ["kept data that is no object", { _sync: { ...stored._sync, live: false, kept: 5 } }],
    ["kept data without lists", { _sync: { ...stored._sync, live: false, kept: { root: 5, parts: null } } }]
  ])("%s is said in words, never thrown", (_, stored) => assert.isString(failure(stored)))
})
