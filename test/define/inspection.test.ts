/** Values show themselves in few lines, to each of the printers that a failing test may use, and no schema with them. */
import { assert, describe, it } from "@effect/vitest"
import { Formatter } from "effect"
import { inspect } from "node:util"
import { chai } from "vitest"
import * as Claim from "../../src/decode/Claim.ts"
import * as Shape from "../../src/define/Shape.ts"
import * as Document from "../../src/fold/Document.ts"
import * as Patch from "../../src/fold/Patch.ts"
import { put, remove } from "../../src/testing/index.ts"
import * as Version from "../../src/Version.ts"
import { Basket, Order, table } from "../definitions.ts"

const shape = Shape.of(Order)
const version = Version.stream(1_767_225_600_000, "900")
const event = put(Order).orderItems({ orderId: "7", n: "1" }, { sku: "tea", quantity: 2, price: 3 }, { version })
const item = 'put orderItems "ITEM#1" {"sku":"tea","quantity":2,"price":3}'
const at = "1767225600000 stream 900"
const [patch] = Patch.fromEvents([event])
const document = Document.apply(Document.empty(patch!), patch!)
const [claim] = [
  Claim.of(table, {
    keys: { PK: { S: "ORDER#7" }, SK: { S: "ITEM#1" } },
    image: { sku: { S: "secret" } },
    origin: { _tag: "Scan", tableArn: "", epoch: 1_767_225_600_000, requestedAt: 900 }
  })
].flat()

const printers: ReadonlyArray<readonly [string, (value: unknown) => string]> = [
  ["Node", (value) => inspect(value, { depth: Number.POSITIVE_INFINITY })],
  ["chai", (value) => chai.util.inspect(value, false, 100)],
  ["Effect", (value) => Formatter.format(value, { space: 2 })]
]

describe.each(printers)("%s shows", (_, print) => {
  it.each([
    ["an aggregate", Order, "orders ORDER#{orderId}"],
    ["one whose key is a pair", Basket, "baskets SHOP#{shop} | BASKET#{basket}"],
    ["a shape", shape, "orders ORDER#{orderId}"],
    ["a kind of row", shape.rows[1], "orderItems ITEM#{n}"],
    ["a root", shape.root, "root DETAILS"],
    ["an event", event, `orders 7: ${item} @ ${at}`],
    ["a claim, without its data", claim, 'orders 7: orderItems "ITEM#1" @ 1767225600000 scan 900']
  ])("%s in a line", (_, value, line) => assert.strictEqual(print(value), line))

  it("a patch in a line for each row", () => {
    const marks = new Map([["DETAILS", version]])
    const rows = ["orders 7:", `${item} @ ${at}`, `refused "DETAILS" @ ${at}`]
    assert.strictEqual(print(Patch.make({ ...patch!, marks })), rows.join("\n  "))
  })

  it("a document in a line for each row", () => {
    const removed = Patch.fromEvents([remove(Order).root({ orderId: "7" }, { version })])[0]!
    const stamped = Document.stamp(Document.apply(document, removed), 5)
    const rows = ["orders 7:", `remove root "DETAILS" @ ${at}, written at 5`, `${item} @ ${at}`]
    assert.strictEqual(print(stamped), rows.join("\n  "))
    assert.strictEqual(print(Document.empty(removed)), "orders 7:")
  })
})

it("a diff of Vitest takes an event's line", () => {
  assert.strictEqual(JSON.stringify([event]), JSON.stringify([String(event)]))
})
