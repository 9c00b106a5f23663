/** Writes patches: in groups, each round after round until all is settled or the time budget ends. */
import { Clock, Data, Duration, Effect } from "effect"
import type * as Patch from "../../fold/Patch.ts"
import * as Attempt from "../Attempt.ts"
import type { Origin, Outcome } from "../Sink.ts"
import { cut } from "./bulk.ts"
import type { Pending } from "./gather.ts"
import { Budget } from "./retry.ts"
import { type Books, type Memory, type Options, round } from "./round.ts"

/** Something is to be tried again. */
class Again extends Data.TaggedError("Again")<{}> {}

/** Patches prepared and sent together; while one group waits for its answer the next is prepared. */
const groupMax = 250

/** Makes `write`. A writer keeps what it learns from call to call: known documents, how often others interfere. */
export const make = (options: Options) => {
  const memory: Memory = { conflictShare: 0 }
  return Effect.fnUntraced(function* (patches: ReadonlyArray<Patch.Patch>, origins: ReadonlyArray<Origin>) {
    const books: Books = { outcomes: patches.map(() => undefined), conflicts: 0 }
    const reason = "the time budget ended before OpenSearch answered"
    const pending = patches.map((patch, index): Pending => {
      return { index, attempt: Attempt.start(patch), mustRead: false, outdated: 0, reason }
    })
    const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(yield* Budget)
    yield* Effect.forEach(
      cut(pending, () => 1, Number.POSITIVE_INFINITY, groupMax),
      (group) => writeGroup(options, memory, group, origins, books, until),
      { concurrency: options.requestsMax, discard: true }
    )
    const outdated = pending.reduce((sum, { outdated }) => sum + outdated, 0)
    return { outcomes: books.outcomes as ReadonlyArray<Outcome>, conflicts: books.conflicts, outdated }
  })
}

/** Tries a group again and again, by the retry policy; what is open at `until` (epoch milliseconds) is unsettled. */
const writeGroup = Effect.fnUntraced(function* (
  options: Options,
  memory: Memory,
  group: ReadonlyArray<Pending>,
  origins: ReadonlyArray<Origin>,
  books: Books,
  until: number
) {
  let pending = group
  const rounds = Effect.gen(function* () {
    const later: Array<Pending> = []
    while (pending.length > 0) {
      const open = yield* round(options, memory, pending, origins, books)
      later.push(...open.later)
      pending = open.atOnce
    }
    pending = later
    if (pending.length > 0) return yield* new Again()
  })
  const left = Math.max(0, until - (yield* Clock.currentTimeMillis))
  yield* rounds.pipe(
    Effect.retry({ schedule: options.retry, while: (error) => error._tag === "Again" }),
    Effect.catchTag("Again", () => Effect.void),
    Effect.timeoutOption(Duration.millis(left))
  )
  for (const { index, reason } of group) books.outcomes[index] ??= { _tag: "Unsettled", reason }
})
