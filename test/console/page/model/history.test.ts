/** A history holds the last of what came, in order, and no more. */
import { assert, it } from "@effect/vitest"
import { Schema } from "effect"
import * as History from "../../../../src/console/page/model/history.ts"

it.prop("is the end of all that came", [Schema.Array(Schema.Array(Schema.Int))], ([batches]) => {
  const history = History.make<number>(3)
  for (const batch of batches) history.push(batch)
  const all = batches.flat()
  const held = Array.from({ length: history.size() }, (_, i) => history.at(i))
  assert.deepStrictEqual(held, all.slice(-3).toReversed())
  assert.strictEqual(history.total(), all.length)
  assert.isUndefined(history.at(history.size()))
})
