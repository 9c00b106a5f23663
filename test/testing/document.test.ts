/** The document of events whose derived field can't be computed is the stored one: without it. */
import { assert, it } from "@effect/vitest"
import { Equal, Option, Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import { deliveries, document, put } from "../../src/testing/index.ts"

const Basket = Aggregate.make("baskets", {
  key: "BASKET#{id}",
  root: Aggregate.root("HEAD", { currency: Schema.String }),
  parts: { lines: Aggregate.many("LINE#{n}", { quantity: Schema.Int, price: Schema.Finite }) }
}).pipe(
  Aggregate.derive({ pieces: Schema.Finite }, ({ lines }) => ({
    pieces: lines.reduce((sum, { quantity }) => sum + quantity, 0)
  })),
  Aggregate.derive({ total: Schema.Finite }, ({ lines }) => ({
    total: lines.reduce((sum, { price, quantity }) => sum + price * quantity, 0)
  })),
  Aggregate.derive({ half: Schema.Finite }, ({ total }) => ({ half: total / 2 }))
)

it("goes without it and those after it, and not without those before it", () => {
  const key = { id: "1" }
  const line = (price: number) =>
    document(Basket, [
      put(Basket).root(key, { currency: "EUR" }),
      put(Basket).lines({ ...key, n: "1" }, { quantity: 3, price })
    ])
  assert.deepInclude(Option.getOrThrow(line(1)), { pieces: 3, total: 3, half: 1.5 })
  const found = Option.getOrThrow(line(Number.MAX_VALUE))
  assert.strictEqual(found.pieces, 3)
  assert.doesNotHaveAnyKeys(found, ["total", "half"])
})

it.prop(
  "is a function of the rows",
  [deliveries(Basket)],
  ([{ delivered, inOrder }]) => Equal.equals(document(Basket, delivered), document(Basket, inOrder)),
  { arbitrary: { runs: 1000 } }
)
