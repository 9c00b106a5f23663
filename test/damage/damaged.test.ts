/** What is fed may be damaged in any way: the handler throws no exception of the language, and loses nothing. */
import { it } from "@effect/vitest"
import { feed, seed } from "./feed.ts"
import { often } from "../often.ts"

it(
  `records damaged at random are settled, refused or come again, each by itself (seed ${seed})`,
  { timeout: 180_000 },
  async () => {
    await feed(seed, often(20_000))
  }
)
