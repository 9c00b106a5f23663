/**
 * Writes patches: in groups as they are pulled, each round after round until all is settled or the time budget ends.
 */
import { type Array as Arr, Clock, Data, Duration, Effect, Stream } from "effect"
import type * as Patch from "../../fold/Patch.ts"
import * as Attempt from "../Attempt.ts"
import * as measures from "../../metrics/measures.ts"
import { observe } from "../../metrics/observe.ts"
import type { Origin, Settled, SinkError } from "../Sink.ts"
import { unsettle } from "./attempts.ts"
import type { Pending } from "./gather.ts"
import * as groups from "./groups.ts"
import { Budget } from "../../Budget.ts"
import { type Memory, type Options as RoundOptions, round } from "./round.ts"
import type { Transport } from "./Transport.ts"

/** Something is to be tried again. */
class Again extends Data.TaggedError("Again")<{}> {}

export interface Options extends RoundOptions {
  /**
   * The bytes that the documents of the groups on their way may take, as far as their size is foreseen. The process
   * needs a multiple of it: each is read as a text, becomes values and rows, and is sent as a text in a request.
   */
  readonly workBytesMax: number
}

/** The facts that one call of `write` knows. */
interface Call {
  readonly origins: ReadonlyArray<Origin>
  /** The time at which the time budget ends, in epoch milliseconds. */
  readonly until: number
}

/**
 * Makes `write`. A writer keeps what it learns from call to call: known documents, how often others interfere, how
 * large documents are.
 */
export const make = (options: Options) => {
  const memory: Memory = { conflictShare: 0 }
  const bytesMax = options.workBytesMax / options.requestsMax
  return <P extends Patch.Patch>(
    patches: Stream.Stream<P>,
    origins: ReadonlyArray<Origin>
  ): Stream.Stream<Settled<P>, SinkError, Transport> =>
    Stream.unwrap(
      Effect.gen(function* () {
        const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(yield* Budget)
        return patches.pipe(
          Stream.mapAccumArray(
            (): groups.Waiting<P> => groups.none,
            (waiting, more) => groups.add(waiting, more, options.known.bytesMean, bytesMax),
            { onHalt: groups.rest }
          ),
          // Lets the request of the group before get on its way before this one is prepared.
          Stream.mapEffect((group, i) => (i === 0 ? Effect.succeed(group) : Effect.as(Effect.yieldNow, group))),
          Stream.mapEffect((group) => writeGroup(options, memory, { origins, until }, group), {
            concurrency: options.requestsMax
          }),
          Stream.flattenArray
        )
      })
    )
}

/** Tries a group again and again, by the retry policy; what is open when the time budget ends is unsettled. */
const writeGroup = Effect.fnUntraced(function* <P extends Patch.Patch>(
  options: Options,
  memory: Memory,
  call: Call,
  group: Arr.NonEmptyReadonlyArray<P>
) {
  const all = group.map(begin)
  const pending = all.filter(({ outcome }) => outcome === undefined)
  const left = Math.max(0, call.until - (yield* Clock.currentTimeMillis))
  yield* rounds(options, memory, call, { pending }).pipe(
    Effect.retry({ schedule: options.retry, while: (error) => error._tag === "Again" }),
    Effect.catchTag("Again", () => Effect.void),
    Effect.timeoutOption(Duration.millis(left))
  )
  const now = yield* Clock.currentTimeMillis
  for (const one of pending) if (one.outcome === undefined) unsettle(options, one, one.reason, now)
  return all.map(({ conflicts, outcome, outdated }, i): Settled<P> => {
    return { patch: group[i]!, outcome: outcome!, conflicts, outdated }
  }) as unknown as Arr.NonEmptyReadonlyArray<Settled<P>>
})

const begin = (patch: Patch.Patch): Pending => {
  const attempt = Attempt.start(patch)
  return {
    attempt,
    mustRead: false,
    isRechecked: false,
    target: undefined,
    outdated: 0,
    conflicts: 0,
    reason: "the time budget ended before OpenSearch answered",
    outcome: Attempt.outcome(attempt)
  }
}

/** Rounds until nothing is left that can be tried at once; fails where `open` has what is to be tried after a wait. */
const rounds = Effect.fnUntraced(function* (
  options: Options,
  memory: Memory,
  { origins }: Call,
  open: { pending: ReadonlyArray<Pending> }
) {
  const later: Array<Pending> = []
  while (open.pending.length > 0) {
    const next = yield* round(options, memory, open.pending, origins)
    later.push(...next.later)
    open.pending = next.atOnce
  }
  open.pending = later
  if (later.length === 0) return
  yield* observe([measures.retries, [later.length]])
  return yield* new Again()
})
