/** Writes patches: in groups, each round after round until all is settled or the time budget ends. */
import { Clock, Data, Duration, Effect } from "effect"
import type * as Patch from "../../fold/Patch.ts"
import * as Attempt from "../Attempt.ts"
import type { Origin, Outcome } from "../Sink.ts"
import { type Tally, unsettle } from "./attempts.ts"
import type { Pending } from "./gather.ts"
import { bytesOf, type DocumentCache } from "./DocumentCache.ts"
import { Budget } from "./retry.ts"
import { type Memory, type Options as RoundOptions, round } from "./round.ts"

/** Something is to be tried again. */
class Again extends Data.TaggedError("Again")<{}> {}

/**
 * Patches prepared and sent together. While one group waits for its answer the next is prepared, and the server takes
 * several at one time, so a batch goes in three requests rather than one (measured: a fifth faster for 180 documents;
 * four are no faster). The first of them is half as large as the others: until it leaves, the server has nothing to do
 * (measured with the server on cores of its own: 4 to 8 % faster). What a request costs by itself is not worth it below
 * some thirty documents, nor one more where there are many.
 */
const groupMax = 250
const groupMin = 32
const groupShare = 2 / 5

export interface Options extends RoundOptions {
  /**
   * What the documents of the groups on their way may take, as far as their size is foreseen. The process needs a
   * multiple of it: each is read as a text, becomes values and rows, and is sent as a text in a request.
   */
  readonly workBytesMax: number
}

/** What one call of `write` works on. */
interface Call {
  readonly origins: ReadonlyArray<Origin>
  readonly tally: Tally
  readonly nextGroup: () => ReadonlyArray<Placed>
  /** When the time budget ends, in epoch milliseconds. */
  readonly until: number
  outdated: number
}

/**
 * Makes `write`. A writer keeps what it learns from call to call: known documents, how often others interfere, how
 * large documents are.
 */
export const make = (options: Options) => {
  const memory: Memory = { conflictShare: 0 }
  return Effect.fnUntraced(function* (patches: ReadonlyArray<Patch.Patch>, origins: ReadonlyArray<Origin>) {
    const call: Call = {
      origins,
      tally: { outcomes: patches.map(() => undefined), conflicts: 0 },
      nextGroup: grouper(options.known, patches, options.workBytesMax / options.requestsMax),
      until: (yield* Clock.currentTimeMillis) + Duration.toMillis(yield* Budget),
      outdated: 0
    }
    yield* Effect.all(
      Array.from({ length: options.requestsMax }, (_, turns) => lane(options, memory, call, turns)),
      { concurrency: "unbounded", discard: true }
    )
    const { tally, outdated } = call
    return { outcomes: tally.outcomes as ReadonlyArray<Outcome>, conflicts: tally.conflicts, outdated }
  })
}

/**
 * Writes one group after the other. It starts after some turns of the event loop, in which the requests of the lanes
 * before it get on their way.
 */
const lane = Effect.fnUntraced(function* (options: Options, memory: Memory, call: Call, turns: number) {
  for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
  for (let group = call.nextGroup(); group.length > 0; group = call.nextGroup()) {
    const pending = group.flatMap(({ index, patch }): Pending | [] => {
      const attempt = Attempt.start(patch)
      const outcome = Attempt.outcome(attempt)
      if (outcome === undefined)
        return {
          index,
          attempt,
          mustRead: false,
          isRechecked: false,
          target: undefined,
          outdated: 0,
          reason: outOfTime
        }
      call.tally.outcomes[index] = outcome
      return []
    })
    yield* writeGroup(options, memory, call, pending)
    for (const one of pending) call.outdated += one.outdated
  }
})

const outOfTime = "the time budget ended before OpenSearch answered"

/** Gives groups one after the other, as large as documents are thought to be small: each is one patch at least. */
const grouper = (known: DocumentCache, patches: ReadonlyArray<Patch.Patch>, bytesMax: number) => {
  const share = Math.ceil(patches.length * groupShare)
  const sizes = share > groupMax ? { first: groupMax, later: groupMax } : { first: share / 2, later: share }
  let at = 0
  return (): ReadonlyArray<Placed> => {
    const most = Math.max(groupMin, at === 0 ? sizes.first : sizes.later)
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

/** Tries a group again and again, by the retry policy; what is open when the time budget ends is unsettled. */
const writeGroup = Effect.fnUntraced(function* (
  options: Options,
  memory: Memory,
  call: Call,
  group: ReadonlyArray<Pending>
) {
  const left = Math.max(0, call.until - (yield* Clock.currentTimeMillis))
  yield* rounds(options, memory, call, { pending: group }).pipe(
    Effect.retry({ schedule: options.retry, while: (error) => error._tag === "Again" }),
    Effect.catchTag("Again", () => Effect.void),
    Effect.timeoutOption(Duration.millis(left))
  )
  const now = yield* Clock.currentTimeMillis
  for (const pending of group) {
    if (call.tally.outcomes[pending.index] === undefined) unsettle(options, pending, pending.reason, call.tally, now)
  }
})

/** Rounds until nothing is left that can be tried at once; fails where `open` has what is to be tried after a wait. */
const rounds = Effect.fnUntraced(function* (
  options: Options,
  memory: Memory,
  { tally, origins }: Call,
  open: { pending: ReadonlyArray<Pending> }
) {
  const later: Array<Pending> = []
  while (open.pending.length > 0) {
    const next = yield* round(options, memory, open.pending, origins, tally)
    later.push(...next.later)
    open.pending = next.atOnce
  }
  open.pending = later
  if (later.length > 0) return yield* new Again()
})
