/** Tombstones: stamped when they are written, dropped when they are old, and what can't be judged without them. */
import { assert, describe, it } from "@effect/vitest"
import * as Document from "../../src/fold/Document.ts"
import * as Patch from "../../src/fold/Patch.ts"
import * as Version from "../../src/Version.ts"
import { index } from "../../src/testing/deliveries.ts"
import { patches, put, remove } from "../../src/testing/index.ts"
import { Basket, Order } from "../definitions.ts"

const key = { orderId: "1" }
const root = () => put(Order).root(key, { orderId: "1", customerName: "Ada" })
const of = (...events: ReadonlyArray<ReturnType<typeof root>>) => {
  const [patch] = Patch.fromEvents(events)
  return Document.apply(Document.empty(patch!), patch!)
}
const times = (document: Document.Document) => document.rows.map(({ removedAt }) => removedAt)

describe("stamp", () => {
  it.prop(
    "gives each tombstone a time, once, and nothing else",
    [patches(Order), index(100), index(100)],
    ([patch, first, second]) => {
      const document = Document.apply(Document.empty(patch), patch)
      const stamped = Document.stamp(document, first)
      assert.deepStrictEqual(
        times(stamped),
        document.rows.map(({ json }) => (json === undefined ? first : undefined))
      )
      assert.strictEqual(Document.stamp(stamped, second), stamped)
    }
  )

  it("a newer tombstone gets a time of its own", () => {
    const stamped = Document.stamp(of(remove(Order).root(key)), 5)
    const again = Document.apply(stamped, Patch.fromEvents([remove(Order).root(key)])[0]!)
    assert.deepStrictEqual(times(Document.stamp(again, 9)), [9])
  })
})

describe("a scan's word that a row is of no kind", () => {
  const scan = (json?: string) =>
    Patch.fromEvents([{ ...remove(Order).root(key, { version: Version.scan(1, 5) }), json }])[0]!

  it("leaves nothing where the document lacks the row, and removes it where it is there or was refused", () => {
    const empty = Document.empty(scan())
    assert.strictEqual(Document.apply(empty, scan()), empty)
    const older = { ...scan("{}"), registers: new Map(scan("{}").registers) }
    older.registers.forEach((change, rowKey) => older.registers.set(rowKey, { ...change, version: Version.scan(1, 4) }))
    const [removed] = Document.apply(Document.apply(empty, older), scan()).rows
    assert.isDefined(removed)
    assert.isUndefined(removed.json)
    const marked = Document.apply(empty, { registers: new Map(), marks: new Map([["DETAILS", Version.scan(1, 4)]]) })
    const { refused, rows } = Document.apply(marked, scan())
    assert.deepStrictEqual([refused.length, rows.length], [0, 1])
  })
})

describe("prune", () => {
  it("drops what was removed before, keeps what was removed since, live rows and what has no time yet", () => {
    const old = Document.stamp(of(remove(Order).orderItems({ ...key, n: "1" }), root()), 5)
    assert.deepStrictEqual(
      Document.prune(old, 6).rows.map(({ rowKey }) => rowKey),
      ["DETAILS"]
    )
    assert.strictEqual(Document.prune(old, 5), old)
    const fresh = of(remove(Order).orderItems({ ...key, n: "1" }))
    assert.strictEqual(Document.prune(fresh, 6), fresh)
  })
})

describe("unjudged", () => {
  const late = (changedAt?: number) =>
    Patch.fromEvents([
      put(Order).orderItems(
        { ...key, n: "1" },
        { sku: "x", quantity: 1, price: 1 },
        changedAt === undefined ? {} : { changedAt }
      )
    ])[0]!

  it("names rows whose events are older than the horizon and of which nothing is known", () => {
    const known = of(root())
    assert.deepStrictEqual(Document.unjudged(known, late(5), 6), ["ITEM#1"])
    assert.deepStrictEqual(Document.unjudged(known, late(6), 6), [])
    assert.deepStrictEqual(Document.unjudged(known, late(), 6), [])
  })

  it("leaves out removals: they bring nothing back", () => {
    const [removal] = Patch.fromEvents([remove(Order).orderItems({ ...key, n: "1" }, { changedAt: 5 })])
    assert.deepStrictEqual(Document.unjudged(of(root()), removal!, 6), [])
  })

  it("leaves out rows that are known, tombstones among them", () =>
    assert.deepStrictEqual(Document.unjudged(of(remove(Order).orderItems({ ...key, n: "1" })), late(5), 6), []))
})

it("without a root a document is live while any row is", () => {
  const at = { shop: "1", basket: "1" }
  assert.isTrue(Document.isLive(of(put(Basket).lines({ ...at, line: "1" }, { sku: "x", count: 1 }))))
  assert.isTrue(Document.isLive(of(put(Basket).voucher({ ...at, code: "1" }, { percent: 5 }))))
  assert.isFalse(Document.isLive(of(remove(Basket).lines({ ...at, line: "1" }))))
})
