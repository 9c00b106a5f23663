/** Writes patches: in groups, each round after round until all is settled or the time budget ends. */
import { Clock, Data, Duration, Effect } from "effect"
import type * as Patch from "../../fold/Patch.ts"
import * as Attempt from "../Attempt.ts"
import type { Origin, Outcome } from "../Sink.ts"
import type { Pending } from "./gather.ts"
import { bytesOf, type KnownDocuments } from "./known.ts"
import { Budget } from "./retry.ts"
import { type Books, type Memory, type Options as RoundOptions, round } from "./round.ts"

/** Something is to be tried again. */
class Again extends Data.TaggedError("Again")<{}> {}

/**
 * Patches prepared and sent together. While one group waits for its answer the next is prepared, and the server takes
 * several at one time, so a batch goes in three requests rather than one (measured: a fifth faster for 180 documents;
 * four are no faster). What a request costs by itself is not worth it below some thirty documents.
 */
const groupMax = 250
const groupMin = 32
const groupsWanted = 3

export interface Options extends RoundOptions {
  /**
   * What the documents of the groups on their way may take, as far as their size is foreseen. The process needs a
   * multiple of it: each is read as a text, becomes values and rows, and is sent as a text in a request.
   */
  readonly workBytesMax: number
}

/**
 * Makes `write`. A writer keeps what it learns from call to call: known documents, how often others interfere, how
 * large documents are.
 */
export const make = (options: Options) => {
  const memory: Memory = { conflictShare: 0 }
  return Effect.fnUntraced(function* (patches: ReadonlyArray<Patch.Patch>, origins: ReadonlyArray<Origin>) {
    const books: Books = { outcomes: patches.map(() => undefined), conflicts: 0 }
    const reason = "the time budget ended before OpenSearch answered"
    const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(yield* Budget)
    const nextGroup = grouper(options.known, patches, options.workBytesMax / options.requestsMax)
    let outdated = 0
    // A turn of the event loop between lanes, in which the requests of those before get on their way.
    const lane = Effect.fnUntraced(function* (turns: number) {
      for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
      for (let group = nextGroup(); group.length > 0; group = nextGroup()) {
        const pending = group.flatMap(({ index, patch }): Pending | [] => {
          const attempt = Attempt.start(patch)
          const outcome = Attempt.outcome(attempt)
          if (outcome === undefined) return { index, attempt, mustRead: false, outdated: 0, reason }
          books.outcomes[index] = outcome
          return []
        })
        yield* writeGroup(options, memory, pending, origins, books, until)
        for (const one of pending) outdated += one.outdated
      }
    })
    yield* Effect.all(
      Array.from({ length: options.requestsMax }, (_, i) => lane(i)),
      { concurrency: "unbounded", discard: true }
    )
    return { outcomes: books.outcomes as ReadonlyArray<Outcome>, conflicts: books.conflicts, outdated }
  })
}

/** Gives groups one after the other, as large as documents are thought to be small: each is one patch at least. */
const grouper = (known: KnownDocuments, patches: ReadonlyArray<Patch.Patch>, bytesMax: number) => {
  const most = Math.min(groupMax, Math.max(groupMin, Math.ceil(patches.length / groupsWanted)))
  let at = 0
  return (): ReadonlyArray<Placed> => {
    const group: Array<Placed> = []
    let bytes = 0
    while (at < patches.length && group.length < most && (group.length === 0 || bytes < bytesMax)) {
      const patch = patches[at]!
      group.push({ index: at++, patch })
      bytes += Math.max(bytesOf(patch.registers.values()), known.bytesMean)
    }
    return group
  }
}

interface Placed {
  readonly index: number
  readonly patch: Patch.Patch
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
