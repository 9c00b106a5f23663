/** Which aggregate claims a row, by the texts of its keys. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Shape from "../../src/define/Shape.ts"
import * as Table from "../../src/define/Table.ts"
import { table } from "../definitions.ts"

const claimed = (table: Table.Table, partition: string, sort?: string) => {
  const [claim] = table.claims(partition, sort)
  return claim === undefined ? undefined : [claim.shape.aggregate.name, claim.row.field, claim.values]
}

it.each<[string, string, unknown]>([
  ["ORDER#1", "DETAILS", ["orders", "", { orderId: "1" }]],
  ["ORDER#1", "ITEM#2", ["orders", "orderItems", { orderId: "1", n: "2" }]],
  ["ORDER#1", "SHIPMENT#2", ["orders", "shipmentInfo", { orderId: "1", id: "2" }]],
  ["USER#1", "ADDRESS#home", ["users", "addresses", { userId: "1", label: "home" }]],
  ["SHOP#1", "BASKET#2/LINE#3", ["baskets", "lines", { shop: "1", basket: "2", line: "3" }]],
  ["SHOP#1", "BASKET#2/VOUCHER#x/y", ["baskets", "voucher", { shop: "1", basket: "2", code: "x/y" }]],
  ["SHOP#1", "BASKET#2", undefined],
  ["USER#1", "ITEM#2", undefined],
  ["ORDER#1", "ITEM#", undefined],
  ["order#1", "DETAILS", undefined]
])("%s / %s", (partition, sort, expected) => assert.deepStrictEqual(claimed(table, partition, sort), expected))

it("no sort key in the record of a table that has one: nobody's row", () =>
  assert.isUndefined(claimed(table, "ORDER#1")))

it("without a sort key the row at the key itself is the root", () => {
  const table = Table.make({
    partitionKey: "id",
    aggregates: [Aggregate.make("things", { key: "T#{id}", root: Aggregate.root({ id: Schema.String }) })]
  })
  assert.deepStrictEqual(claimed(table, "T#1"), ["things", "", { id: "1" }])
})

it("under a pair the root is the row at the prefix itself, and its name stops where parts begin", () => {
  const table = Table.make({
    partitionKey: "PK",
    sortKey: "SK",
    aggregates: [
      Aggregate.make("pairs", {
        key: ["T#{t}", "A#{a}"],
        root: Aggregate.root({ a: Schema.String }),
        parts: {
          rows: Aggregate.many("/R#{n}", { n: Schema.String }),
          one: Aggregate.one("!{m}", { m: Schema.String })
        }
      })
    ]
  })
  assert.deepStrictEqual(claimed(table, "T#1", "A#2"), ["pairs", "", { t: "1", a: "2" }])
  assert.deepStrictEqual(claimed(table, "T#1", "A#2/R#3"), ["pairs", "rows", { t: "1", a: "2", n: "3" }])
  assert.deepStrictEqual(claimed(table, "T#1", "A#2!3"), ["pairs", "one", { t: "1", a: "2", m: "3" }])
  assert.isUndefined(claimed(table, "T#1", "A#2/X"))
})

describe("a name that stands in several templates", () => {
  const S = Schema.String
  const User = Aggregate.make("users", {
    key: "USER#{userId}",
    root: Aggregate.root("USER#{userId}", { name: S }),
    parts: {
      emails: Aggregate.many("USER#{userId}#EMAIL#{n}", { address: S }),
      badge: Aggregate.one("BADGE#{n}#{userId}", { color: S })
    }
  })
  const Team = Aggregate.make("teams", {
    key: ["{kind}#{id}", "{kind}!{id}"],
    root: Aggregate.root({ name: S }),
    parts: { members: Aggregate.many("/{n}#{kind}", { name: S }) }
  })
  const tableOf = (...aggregates: ReadonlyArray<Aggregate.Any>) =>
    Table.make({ partitionKey: "PK", sortKey: "SK", aggregates })

  it.each<[Aggregate.Any, string, string, unknown]>([
    [User, "USER#ann", "USER#ann", ["users", "", { userId: "ann" }]],
    [User, "USER#ann", "USER#bob", undefined],
    [User, "USER#ann", "USER#ann#EMAIL#1", ["users", "emails", { userId: "ann", n: "1" }]],
    [User, "USER#ann", "USER#bob#EMAIL#1", undefined],
    [User, "USER#an", "USER#ann#EMAIL#1", undefined],
    [User, "USER#ann#EMAIL#1", "USER#ann#EMAIL#1", undefined],
    [User, "USER#a#b", "USER#a#b#EMAIL#1", undefined],
    [User, "USER#ann", "BADGE#7#ann", ["users", "badge", { userId: "ann", n: "7" }]],
    [User, "USER#ann", "BADGE#7#bob", undefined],
    [Team, "T#1", "T!1", ["teams", "", { kind: "T", id: "1" }]],
    [Team, "T#1", "T!2", undefined],
    [Team, "T#1", "U!1", undefined],
    [Team, "T#1", "T!1/2#T", ["teams", "members", { kind: "T", id: "1", n: "2" }]],
    [Team, "T#1", "T!1/2#U", undefined],
    [Team, "T#1", "T!3/2#T", undefined]
  ])("has one value in all of them (%#): %j %s / %s", (aggregate, partition, sort, expected) =>
    assert.deepStrictEqual(claimed(tableOf(aggregate), partition, sort), expected)
  )

  it("a row that one aggregate leaves for that may be another's", () => {
    const Follow = Aggregate.make("follows", {
      key: "{from}",
      root: Aggregate.root("USER#{to}#OF#{from}", { since: S })
    })
    const table = tableOf(User, Follow)
    assert.deepStrictEqual(claimed(table, "USER#ann", "USER#bob#OF#USER#ann"), [
      "follows",
      "",
      { from: "USER#ann", to: "bob" }
    ])
    assert.deepStrictEqual(claimed(table, "USER#ann", "USER#ann"), ["users", "", { userId: "ann" }])
  })

  it("is one name of the key: the id is its value", () => {
    const pair = Aggregate.make("pairs", { key: ["U#{u}", "P#{u}"], root: Aggregate.root({ u: S }) })
    assert.deepStrictEqual(Shape.of(pair).names, ["u"])
    assert.strictEqual(Shape.idText(Shape.of(pair), { u: "7" }), "7")
    assert.deepStrictEqual(Shape.of(Team).names, ["kind", "id"])
    assert.strictEqual(Shape.idText(Shape.of(Team), { kind: "T", id: "7" }), "T#7|T!7")
  })
})

describe("an earlier definition", () => {
  const S = Schema.String
  const count = (by: number) => () => ({ count: by })
  const make = (by: number, options: object = {}, name = "orders"): Aggregate.Any =>
    Aggregate.make(name, { key: "O#{id}", root: Aggregate.root("D", { id: S }), ...options } as never).pipe(
      Aggregate.derive({ count: Schema.Int } as never, count(by) as never)
    ) as Aggregate.Any
  const both = (now: Aggregate.Any, before: Aggregate.Any) =>
    Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [now], previous: [before] })

  it.each<[string, Aggregate.Any]>([
    ["other code alone", make(2)],
    ["what an index does not hold", make(1, { index: {} })],
    ["nothing", make(1)]
  ])("that differs in %s would write the generation of the current one", (_, before) =>
    assert.throws(
      () => both(make(1), before),
      /previous holds a definition of "orders".*raise the current one's `revision`/
    )
  )

  it("that differs in its revision, or in its fields, has a generation of its own", () => {
    assert.isDefined(both(make(1, { revision: 1 }), make(1)).previous)
    assert.isDefined(both(make(1), make(1, { root: Aggregate.root("D", { id: S, note: S }) })).previous)
  })

  it("of another name, or that can't be used, is named with all that is wrong", () => {
    const problems = (before: Aggregate.Any) => {
      try {
        both(make(1), before)
      } catch (error) {
        if (error instanceof Table.DefinitionError) return error.problems
      }
      return []
    }
    assert.deepStrictEqual(problems(make(1, {}, "others")), [
      'previous holds "others", but no aggregate has that name now'
    ])
    assert.deepStrictEqual(problems(make(1, { key: "O#{id" })), [
      'aggregate "orders": key template "O#{id" has a brace without its pair'
    ])
  })
})

it("isTable knows a table from other values", () => {
  assert.isTrue(Table.isTable(table))
  for (const other of [undefined, null, {}, [], "table", table.aggregates[0]]) assert.isFalse(Table.isTable(other))
})

describe("the text of an aggregate's key", () => {
  const [order, , basket] = table.aggregates.map(Shape.of)

  it("is the value of its only name as an id, and the whole key as a text", () => {
    assert.strictEqual(Shape.idText(order!, { orderId: "7" }), "7")
    assert.strictEqual(Shape.keyText(order!, { orderId: "7" }), "ORDER#7")
  })

  it("never is one for two pairs", () => {
    const halves = [
      "a",
      "|",
      "\\",
      "a|",
      "|a",
      "a\\",
      "\\|",
      "a|b",
      "a\\|b",
      "BASKET#",
      "|BASKET#a",
      "b|BASKET#a",
      "a|BASKET#b"
    ]
    const texts = halves.flatMap((shop) => halves.map((name) => Shape.idText(basket!, { shop, basket: name })))
    assert.strictEqual(new Set(texts).size, halves.length ** 2)
  })

  it("has a shape of its own, made once", () => assert.strictEqual(Shape.of(order!.aggregate), order))
})
