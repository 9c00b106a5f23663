/** `Order.decode`: the `_source` of a document, whoever found it, in its type. */
import { assert, describe, it } from "@effect/vitest"
import { Equal, Option, Result, Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Document from "../../src/fold/Document.ts"
import * as Patch from "../../src/fold/Patch.ts"
import * as source from "../../src/fold/source.ts"
import { deliveries, document } from "../../src/testing/index.ts"

class Address extends Schema.Class<Address>("Address")({ city: Schema.String, since: Schema.Date }) {}

const Customer = Aggregate.make("customers", {
  key: "CUSTOMER#{id}",
  root: Aggregate.root("PROFILE", { id: Schema.String, cents: Schema.BigInt }),
  parts: {
    addresses: Aggregate.many("ADDRESS#{label}", Address),
    home: Aggregate.one("HOME#{n}", Address)
  }
}).pipe(Aggregate.derive({ moves: Schema.Int }, ({ addresses }) => ({ moves: addresses.length })))

const stored = { id: "1", cents: "5", addresses: [], moves: 0 }
const reasonOf = (json: unknown) =>
  Result.match(Customer.decode(json), {
    onSuccess: () => "",
    onFailure: ({ message }) =>
      message.replace('a document of "customers" is not of the type that the definition says: ', "")
  })

describe("decode", () => {
  it.prop("reads what is stored as the document that its rows make", [deliveries(Customer)], ([{ delivered }]) => {
    const [patch] = Patch.fromEvents(delivered)
    if (patch === undefined) return
    const text = source.render(Document.apply(Document.empty(patch), patch)).text
    const expected = document(Customer, delivered)
    const found = Result.getSuccess(Customer.decode(JSON.parse(text)))
    assert.isTrue(Equal.equals(found, expected), text)
    // Without the sync state, as a search that leaves it out gives it.
    const { _sync: _, ...fields } = JSON.parse(text)
    if (Option.isSome(expected)) assert.isTrue(Equal.equals(Result.getSuccess(Customer.decode(fields)), expected))
  })

  it("leaves out what the definition does not have, the sync state first", () => {
    const found = Result.getOrThrow(Customer.decode({ ...stored, _sync: { live: true }, former: 1 }))
    assert.deepStrictEqual(found, { id: "1", cents: 5n, addresses: [], moves: 0 })
  })

  it("takes a *many* that is absent for empty, as a document has it that is older than the part", () => {
    const { addresses: _, ...older } = stored
    assert.deepStrictEqual(Result.getOrThrow(Customer.decode(older)).addresses, [])
  })

  it.each<[string, unknown, string]>([
    ["no object", "text", "its source is no JSON object"],
    ["a list", [], "its source is no JSON object"],
    ["hidden", { _sync: { live: false } }, "its root is absent, so readers don't see it"],
    [
      "without derived fields",
      { ...stored, _sync: { live: true, notComputed: { fields: ["moves"], reason: "it threw" } } },
      "it threw"
    ],
    [
      "of another schema",
      { ...stored, cents: 5 },
      'the stored root is not one that its schema takes now, at field "cents"'
    ],
    ["of other parts", { ...stored, addresses: {} }, 'the stored rows of "addresses" are no list']
  ])("says in words what a document is that is %s, without its data", (_, json, reason) => {
    assert.strictEqual(reasonOf(json), reason)
  })

  it("reads parts inside parts, and none that readers do not see", () => {
    const Task = Aggregate.make("tasks", {
      key: "TASK#{id}",
      parts: {
        notes: Aggregate.many("NOTE#{n}", { at: Schema.Date }, { parts: { likes: Aggregate.many("#LIKE#{u}", {}) } }),
        votes: Aggregate.many("VOTE#{n}", { up: Schema.Boolean }, { hidden: true })
      }
    }).pipe(Aggregate.derive({ up: Schema.Int }, ({ votes }) => ({ up: votes.length })))
    const at = "2026-08-01T00:00:00.000Z"
    const found = Result.getOrThrow(Task.decode({ notes: [{ at, likes: [{}] }, { at }], votes: [], up: 3 }))
    const date = new Date(at)
    assert.deepStrictEqual(found, {
      notes: [
        { at: date, likes: [{}] },
        { at: date, likes: [] }
      ],
      up: 3
    })
  })

  it("is a function by itself", () => {
    const { decode } = Customer
    assert.isTrue(Result.isSuccess(decode(stored)))
    const order: (typeof Customer.Type)["cents"] = Result.getOrThrow([stored].map(Customer.decode)[0]!).cents
    assert.strictEqual(order, 5n)
  })
})
