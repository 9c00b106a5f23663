/**
 * Some dozens of seeds; `npm run simulate -- --seeds 1000` runs more. A seed is a whole run: what a failing one met is
 * told by `npm run simulate -- --seed N`.
 */
import { assert, describe, it } from "@effect/vitest"
import { simulate } from "./simulate.ts"
import { often } from "../often.ts"

describe("simulate", () => {
  const seeds = Array.from({ length: often(10) }, (_, i) => i * 10 + 1)

  it.each(seeds)("nothing is lost and nothing is wrong in ten seeds from %i on", async (from) => {
    for (let seed = from; seed < from + 10; seed++) {
      const { problems } = await simulate(seed)
      assert.deepStrictEqual(problems, [], `replay it with: npm run simulate -- --seed ${seed}`)
    }
  })

  it("the same seed gives the same run", async () => {
    for (const seed of [3, 14, 27]) {
      const [first, second] = [await simulate(seed), await simulate(seed)]
      assert.isAbove(first.lines.length, 20)
      assert.deepStrictEqual(second.lines, first.lines)
    }
  })
})
