/** Kinds whose fields are a union: alternatives that can't stand in one mapping have their sentence. */
import { assert, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import { problemsOf } from "../../src/define/problems.ts"

const S = Schema.String
const names = { partitionKey: "PK", sortKey: "SK", typeAttribute: undefined }
const root = Aggregate.root("X", { id: S })

it.each<[string, object, string]>([
  [
    "alternatives that map one field differently",
    {
      parts: {
        rows: Aggregate.many(
          "R#{n}",
          Schema.Union([
            Schema.Struct({ kind: Schema.Literal("card"), amount: Schema.Finite, same: S }),
            Schema.Struct({ kind: Schema.Literals(["sepa", "wire"]), amount: Schema.Int, same: S })
          ])
        )
      }
    },
    'part "rows" maps "amount" as {"type":"double"} where kind is "card", and as {"type":"long"} where kind is ' +
      '"sepa" or "wire": give both one mapping, or one of them another name'
  ],
  [
    "alternatives that nothing tells apart",
    { root: Aggregate.root("X", Schema.Union([Schema.Struct({ a: S }), Schema.Struct({ a: Schema.Boolean })])) },
    'the root maps "a" as {"ignore_above":8191,"type":"keyword"} in alternative 1, ' +
      'and as {"type":"boolean"} in alternative 2: give both one mapping, or one of them another name'
  ],
  [
    "a union that is not of structs alone",
    { root: Aggregate.root("X", Schema.Union([Schema.Struct({ a: S }), S]) as never) },
    "the root is not a struct or class, nor a union of these: give a value the name of an attribute, { name: schema }"
  ]
])("%s", (_, options, sentence) => {
  const things = Aggregate.make("things", { key: "T#{id}", root, ...options } as never)
  assert.deepStrictEqual(problemsOf(names, [things]), [`aggregate "things": ${sentence}`])
})

it("that map their fields alike are no problem, nor is a field of one alone", () => {
  const card = Schema.Struct({ kind: Schema.Literal("card"), at: Schema.Date, last4: S })
  const sepa = Schema.Struct({ kind: Schema.Literal("sepa"), at: Schema.DateTimeUtc, iban: S })
  const payment = Aggregate.make("payments", { key: "P#{id}", root: Aggregate.root("X", Schema.Union([card, sepa])) })
  assert.deepStrictEqual(problemsOf(names, [payment]), [])
})
