import { assert, it } from "@effect/vitest"
import { median, quantile } from "./statistics.ts"

it("the median is the value in the middle, whatever the order", () => {
  assert.strictEqual(median([9, 1, 5]), 5)
  assert.strictEqual(median([10, 1, 9, 2]), 5.5)
  assert.strictEqual(median([7]), 7)
})

it("a quantile is a value that was measured", () => {
  const values = Array.from({ length: 200 }, (_, i) => 200 - i)
  assert.strictEqual(quantile(values, 0.5), 100)
  assert.strictEqual(quantile(values, 0.99), 198)
  assert.strictEqual(quantile(values, 1), 200)
  assert.strictEqual(quantile([3], 0.99), 3)
})
