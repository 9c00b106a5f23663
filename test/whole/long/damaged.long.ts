/** A million records damaged at random through the handler, as `test/damage` has it for some thousands. */
import { it } from "@effect/vitest"
import { feed, seed } from "../../damage/feed.ts"

it(`a million records, damaged at random (seed ${seed})`, { timeout: 600_000 }, async () => {
  const tally = await feed(seed, 1_000_000)
  console.log(JSON.stringify(tally))
})
