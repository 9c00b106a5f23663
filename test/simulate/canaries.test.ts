/**
 * The simulation must notice what is broken: each canary is caught within some seeds, counted from the first that does.
 * Where a change of the code moves what a seed means, the next ones are tried.
 */
import { assert, describe, it } from "@effect/vitest"
import { canaries } from "./canaries.ts"
import { type Happening, simulate } from "./simulate.ts"

interface Expectation {
  readonly canary: keyof typeof canaries
  readonly from: number
  readonly seedsMax: number
  readonly says: RegExp
  readonly sure?: Happening
}

const expectations: ReadonlyArray<Expectation> = [
  { canary: "unconditional", from: 1, seedsMax: 20, says: /shows other fields|keeps other rows|is not there|live/ },
  { canary: "forgetful", from: 23, seedsMax: 40, says: /shows other fields|keeps other rows|live/ },
  { canary: "forgetful", from: 1, seedsMax: 40, says: /(projects|tasks|feeds) /, sure: "board" },
  { canary: "acknowledging", from: 1, seedsMax: 20, says: /acknowledged.*, though|is not there|other|live/ },
  { canary: "withoutEpoch", from: 8, seedsMax: 40, says: /shows other fields|keeps other rows|is not there|live/ },
  { canary: "givingUp", from: 1, seedsMax: 20, says: /a dead letter about .* must be taken/ },
  { canary: "sameWriteAlias", from: 6, seedsMax: 400, says: /nobody said|other|live/, sure: "index lost" },
  {
    canary: "remembering",
    from: 144,
    seedsMax: 300,
    says: /acknowledged since .* restored/,
    sure: "restored after delete"
  },
  { canary: "trusting", from: 59, seedsMax: 100, says: /other|is not there|live/, sure: "dropping pipeline" },
  { canary: "overlooking", from: 38, seedsMax: 60, says: /other|is not there|live/, sure: "closed" },
  { canary: "blaming", from: 8, seedsMax: 60, says: /must be taken/, sure: "blocked" },
  { canary: "unchecked", from: 1, seedsMax: 20, says: /settle|other|is not there|live/, sure: "made under a template" },
  { canary: "unmarked", from: 20, seedsMax: 40, says: /nothing says .* restored/, sure: "restored after delete" },
  { canary: "unmarked", from: 1, seedsMax: 20, says: /nothing says .* never read/, sure: "standstill" },
  { canary: "stateUnconditional", from: 3, seedsMax: 60, says: /the state of \S+ forgot/, sure: "rollout" },
  { canary: "unmarking", from: 126, seedsMax: 40, says: /orders-\d+ of revision/, sure: "rollout" },
  { canary: "unwritten", from: 11, seedsMax: 60, says: /though no index is its own/, sure: "rollout" },
  { canary: "indifferent", from: 3, seedsMax: 20, says: /of another table|shows other fields/, sure: "other table" },
  { canary: "hasty", from: 1, seedsMax: 20, says: /other|is not there|live/, sure: "tail" }
]

describe("canaries", () => {
  it.each(expectations)("notices $canary", async ({ canary, from, says, seedsMax, sure: happening }) => {
    const sure = happening === undefined ? [] : [happening]
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
