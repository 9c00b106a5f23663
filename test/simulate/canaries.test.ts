/**
 * The simulation must notice what is broken: each canary is caught within some seeds, counted from the first that does.
 * Where a change of the code moves what a seed means, the next ones are tried.
 */
import { assert, describe, it } from "@effect/vitest"
import { canaries } from "./canaries.ts"
import { simulate } from "./simulate.ts"
import type { Event } from "./Weather.ts"

interface Expectation {
  readonly canary: keyof typeof canaries
  readonly from: number
  readonly seedsMax: number
  readonly says: RegExp
  readonly weather?: Event
}

const expectations: ReadonlyArray<Expectation> = [
  { canary: "unconditional", from: 1, seedsMax: 20, says: /shows other fields|keeps other rows|is not there|live/ },
  { canary: "forgetful", from: 17, seedsMax: 40, says: /shows other fields|keeps other rows|live/ },
  { canary: "acknowledging", from: 1, seedsMax: 20, says: /acknowledged, though|is not there|other|live/ },
  { canary: "withoutEpoch", from: 7, seedsMax: 40, says: /shows other fields|keeps other rows|is not there|live/ },
  { canary: "givingUp", from: 1, seedsMax: 20, says: /a dead letter about .* must be taken/ },
  {
    canary: "sameWriteAlias",
    from: 32,
    seedsMax: 400,
    says: /nobody said|is not there|other|live/,
    weather: "index lost"
  }
]

describe("canaries", () => {
  it.each(expectations)("notices $canary", async ({ canary, from, says, seedsMax, weather }) => {
    const sure = weather === undefined ? [] : [weather]
    for (let seed = from; seed < from + seedsMax; seed++) {
      const { problems } = await simulate(seed, canaries[canary], sure)
      if (problems.length === 0) continue
      assert.match(problems.join("\n"), says)
      assert.deepStrictEqual((await simulate(seed, {}, sure)).problems, [], "it fails without the canary, too")
      return
    }
    assert.fail(`${seedsMax} seeds did not notice it`)
  })
})
